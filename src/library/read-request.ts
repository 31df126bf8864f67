import type * as v from 'valibot';
import { checkAction, type ActivityFilter } from '../log/list.js';
import type { IfBusy } from '../activities/if-busy.js';
import type { FollowLimits } from '../activities/job.js';
import { parseMaxUnavailable, type RollPlan } from '../activities/roll/plan.js';
import type { TriggerPlan } from '../activities/trigger-plan.js';
import type { WaitPlan } from '../activities/wait.js';
import { checkIdempotencyKey } from '../activities/wire-key.js';
import { parseAction, type Runtime } from '../base/activity.js';
import { UsageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import * as schemas from './request-schemas.js';
import type {
  ActivitiesRequest,
  FollowRequest,
  RollGate,
  RollRequest,
  TriggerRequest,
  WaitRequest,
} from './old-requests.js';

/*
 * What a program asks for, as what a job does. Every function throws UsageError for a request that is wrong. `newKey` gives a
 * key that no other trigger has.
 */

export function readTrigger(
  request: TriggerRequest,
  deploymentId: Id,
  newKey: () => string,
): { plan: TriggerPlan; ifBusy: IfBusy } {
  const given = schemas.check(schemas.triggerSchema, 'trigger', request);
  const { ifBusy, wait } = given;
  const plan = {
    deploymentId,
    ...readAction(given, newKey),
    ...readTargets('trigger', given),
    wait,
    limits: readLimits(given),
  };
  if (ifBusy === 'join' && (!wait || plan.nodes === null)) {
    throw refused("trigger: ifBusy 'join' follows what it finds, node by node: it needs nodes, and no wait: false");
  }
  return { plan, ifBusy };
}

/** What a roll is, and the gate as it was given. */
export interface RollInput {
  plan: Omit<RollPlan, 'gate'>;
  gate: RollGate | null;
  /** Milliseconds, `Infinity` for no limit. */
  gateTimeoutMs: number;
}

export function readRoll(request: RollRequest, deploymentId: Id, newKey: () => string): RollInput {
  const given = schemas.check(schemas.rollSchema, 'roll', request);
  const { nodes, pauseMs, continueOnError, nodeTimeoutMs, ifBusy, maxUnavailable } = given;
  const plan = {
    ...{ deploymentId, nodes, pauseMs, continueOnError, nodeTimeoutMs, ifBusy },
    ...readAction(given, newKey),
    limits: readLimits(given),
    maxUnavailable: parseMaxUnavailable(String(maxUnavailable), 'roll: maxUnavailable')(nodes.length),
  };
  return {
    plan: { ...plan, options: optionsOf(plan) },
    gate: request.gate ?? null,
    gateTimeoutMs: given.gateTimeoutMs ?? Infinity,
  };
}

export function readWait(request: WaitRequest, deploymentId: Id): WaitPlan {
  const asked: unknown = request;
  if (typeof asked === 'object' && asked !== null && 'ids' in asked) {
    const given = schemas.check(schemas.waitForIdsSchema, 'wait', asked);
    return { deploymentId, ids: given.ids, limits: readLimits(given) };
  }
  const given = schemas.check(schemas.waitAfterSchema, 'wait', asked);
  const { after } = given;
  return { deploymentId, after, ...readWhat(given), ...readTargets('wait', given), limits: readLimits(given) };
}

/** @returns what to list; a limit of 0 for all */
export function readActivities(request: ActivitiesRequest): {
  filter: ActivityFilter;
  limit: number;
  after: Id | null;
} {
  const given = schemas.check(schemas.activitiesSchema, 'activities', request);
  const { limit, since, until, after = null } = given;
  return { filter: { ...readFilter(given), since, until }, limit, after };
}

export function readFollow(request: FollowRequest): { filter: ActivityFilter; after: Id | null } {
  const given = schemas.check(schemas.followSchema, 'follow', request);
  return { filter: readFilter(given), after: given.after ?? null };
}

function readAction(
  given: v.InferOutput<typeof schemas.triggerSchema> | v.InferOutput<typeof schemas.rollSchema>,
  newKey: () => string,
) {
  const { idempotencyKey: key, claimWindowMs } = given;
  return {
    ...readWhat(given),
    claimWindowMs,
    idempotencyKey: key === undefined ? newKey() : checkIdempotencyKey(key, 'idempotencyKey'),
    callersKey: key !== undefined,
  };
}

function readWhat({ runtime, action }: { runtime: Runtime; action: string }) {
  return { runtime, action: parseAction(action) };
}

function readTargets(
  call: string,
  { nodes = null, expectNodes = null }: { nodes?: Id[] | null; expectNodes?: number | null },
) {
  if (nodes === null || expectNodes === null) return { nodes, expectNodes };
  throw refused(`${call}: expectNodes does not go with nodes: those that are named are the ones expected`);
}

function readLimits({
  timeoutMs,
  appearTimeoutMs,
  intervalMs = null,
}: Omit<FollowLimits, 'intervalMs'> & { intervalMs?: number | null }): FollowLimits {
  return { timeoutMs, appearTimeoutMs, intervalMs };
}

function readFilter(given: { status?: string[]; runtime?: string[]; action?: string[]; nodes?: Id[] }): ActivityFilter {
  const { status: statuses, runtime: runtimes, action, nodes } = given;
  return { statuses, runtimes, actions: action?.map(checkAction), nodes };
}

function refused(message: string): UsageError {
  return new UsageError(`${message}; nothing was sent`, { code: 'invalid_request' });
}

/** How a roll goes, in the words of the command line, for the command that takes it up. */
function optionsOf(plan: Omit<RollPlan, 'gate' | 'options'>): RollPlan['options'] {
  const { limits, nodeTimeoutMs, ifBusy } = plan;
  const ms = (value: number | null): string => `${value ?? 0}ms`;
  return {
    'max-unavailable': String(plan.maxUnavailable),
    pause: ms(plan.pauseMs),
    'node-timeout': ms(nodeTimeoutMs),
    timeout: ms(limits.timeoutMs),
    ...(limits.intervalMs !== null && { interval: ms(limits.intervalMs) }),
    'appear-timeout': ms(limits.appearTimeoutMs),
    'claim-window': ms(plan.claimWindowMs),
    'if-busy': ifBusy,
    ...(plan.continueOnError && { 'continue-on-error': 'true' }),
  };
}
