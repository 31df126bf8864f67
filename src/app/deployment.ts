/*
 * A deployment as a program has it. Each method checks its request, and does what a command does.
 */

import { setMaxListeners } from 'node:events';
import type { Activity } from '../base/activity.js';
import { onAbort } from '../base/clock.js';
import { errorDocument, Interrupted, type ErrorDocument } from '../base/errors.js';
import type { ExitCode } from '../base/exit-codes.js';
import type { Outcome, ResultFacts } from '../base/outcome.js';
import { shownStep, type ShownStep } from '../job/events.js';
import { followLog } from './follow.js';
import { listAfter, listNewest } from '../log/list.js';
import { openLog } from '../log/log.js';
import { nodeStates, type NodeState } from '../log/nodes.js';
import * as jobs from './jobs.js';
import type { Connection } from './open.js';
import * as requests from './requests.js';

export interface RunOptions {
  /**
   * If it is aborted before anything was sent, the call throws. After that the result is
   * `interrupted`, with the command that continues.
   */
  signal?: AbortSignal;
  /**
   * Called with each event; the run does not wait for it. If it throws or rejects, the run ends as
   * if it was aborted.
   */
  onEvent?: (event: RunEvent) => unknown;
}

export type ReadOptions = Pick<RunOptions, 'signal'>;

export interface RollOptions extends RunOptions {
  /** Abort it to stop gently: no more nodes start, and the running ones finish. */
  stopping?: AbortSignal;
}

/**
 * One deployment, made by `connect` or `connectProfile`. Any number of calls may run at once. As
 * long as nothing was sent, a call throws an `LdctlError`. Its exit code is 2 for a wrong request,
 * and for a journal that cannot be read or written, 4, 5 or 6 by what the API says, 7 for a broken
 * record in the journal, and 130 for an abort. Once something may have been sent, the call returns
 * a result.
 */
export interface Deployment {
  readonly id: bigint;
  /**
   * Acts on some or all nodes at once, and follows each to its end. The action runs at most once,
   * whatever the network does. No one is asked for consent.
   */
  trigger(request: requests.TriggerRequest, options?: RunOptions): Promise<RunResult>;
  /**
   * Acts on one node at a time, or on `maxUnavailable` at once, until one does not complete. With
   * the same `idempotencyKey` it continues where an earlier call ended.
   */
  roll(request: requests.RollRequest, options?: RollOptions): Promise<RunResult>;
  /** Follows an earlier trigger to its end. Never sends. */
  wait(request: requests.WaitRequest, options?: RunOptions): Promise<RunResult>;
  /**
   * The log, newest first, or oldest first with `after`: each entry once, and none missing. It
   * reads pages as entries are asked for.
   */
  activities(
    request?: requests.ActivitiesRequest,
    options?: ReadOptions,
  ): AsyncGenerator<Activity, void>;
  /** The nodes that the log lists, by id, and whether each runtime is running by the log. */
  nodes(request?: requests.NodesRequest, options?: ReadOptions): Promise<NodeState[]>;
  /**
   * Every new entry and every change of one, as they come, until the signal is aborted or the loop
   * is left.
   */
  follow(request?: requests.FollowRequest, options?: ReadOptions): AsyncGenerator<Activity, void>;
}

/**
 * How a run ended, with the fields of a command's JSON. Only `completed` means that every target
 * is done.
 */
export interface RunResult extends ResultFacts {
  outcome: Exclude<Outcome, 'dry_run'>;
  /** What a command would have ended with. */
  exitCode: ExitCode;
  /** Why following was given up, or what the caller's own gate or listener threw. */
  error?: ErrorDocument;
}

/**
 * What a listener gets during a run, as a line of `-o ndjson` has it; the result is the
 * last.
 */
export type RunEvent = ShownStep | ({ event: 'result' } & RunResult);

/** How far back nodes are looked for: what is older says little of a node. */
const NODES_SINCE_MS = 30 * 24 * 60 * 60_000;

/** @internal @param assertConsent throws UsageError where acting on it was not consented to */
export function deploymentOn(
  origin: Omit<Connection, 'log'>,
  assertConsent = (): void => undefined,
): Deployment {
  const { deploymentId, supervisor, clock } = origin;
  // Each call opens the log anew: a program may run for days.
  const openNow = () => ({
    ...origin,
    log: openLog(supervisor, deploymentId, clock),
  });
  return {
    id: deploymentId,
    ...readingOf(openNow),

    async trigger(request, options = {}) {
      const checked = requests.check(requests.triggerRequest, 'trigger', request);
      assertConsent();
      return runForProgram(options, (tools) => jobs.trigger(openNow(), checked, tools));
    },

    async roll(request, options = {}) {
      const { gate, ...checked } = requests.check(requests.rollRequest, 'roll', request);
      assertConsent();
      const stopping = interruptOf(options.stopping);
      return runForProgram(options, (tools, onThrow) =>
        jobs.roll(openNow(), checked, {
          ...tools,
          stopping,
          gate: gate && functionGate(gate, onThrow),
        }),
      );
    },

    async wait(request, options = {}) {
      const checked = requests.check(requests.waitRequest, 'wait', request);
      return runForProgram(options, (tools) => jobs.wait(openNow(), checked, tools));
    },
  };
}

/** What only reads the log. */
function readingOf(openNow: () => Connection): Pick<Deployment, 'activities' | 'nodes' | 'follow'> {
  return {
    async *activities(request = {}, options = {}) {
      const { activitiesRequest } = requests;
      const { limit, after, ...filter } = requests.check(activitiesRequest, 'activities', request);
      const { log, clock } = openNow();
      const reading = { clock, signal: interruptOf(options.signal) };
      const list =
        after === undefined
          ? listNewest(log, { filter, limit }, reading)
          : listAfter(log, { filter, limit, after }, reading);
      for await (const { entries } of list) yield* entries;
    },

    async nodes(request = {}, options = {}) {
      const checked = requests.check(requests.nodesRequest, 'nodes', request);
      const { log, clock } = openNow();
      const filter = { since: clock.now() - NODES_SINCE_MS, ...checked };
      const signal = interruptOf(options.signal);
      return nodeStates(listNewest(log, { filter, limit: 0 }, { signal }));
    },

    async *follow(request = {}, options = {}) {
      const { after, ...filter } = requests.check(requests.followRequest, 'follow', request);
      const tools = { ...openNow(), signal: interruptOf(options.signal) };
      try {
        for await (const event of followLog({ after, filter }, tools)) {
          if (event.event === 'activity') yield event.activity;
        }
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
      }
    },
  };
}

/**
 * Runs a job for a program, whose own code may throw, and whose signal may be aborted.
 * @param start starts the job; `onThrow` is for what the gate of a roll throws
 */
async function runForProgram(
  { signal: outer, onEvent }: RunOptions,
  start: (tools: jobs.Tools, onThrow: (thrown: unknown) => void) => Promise<jobs.JobResult>,
): Promise<RunResult> {
  const controller = new AbortController();
  const interrupt = interruptOf(outer);
  const release = onAbort(interrupt, () => controller.abort(interrupt.reason));
  /** What the program's gate and listener threw: the first is reported. */
  const thrownByCaller: ErrorDocument[] = [];
  const note = (code: string, who: string, thrown: unknown) => {
    const document = errorDocument(thrown);
    thrownByCaller.push({ ...document, code, message: `${who} threw: ${document.message}` });
  };
  let listens = true;
  const report = async (event: RunEvent): Promise<void> => {
    try {
      // A copy: what a listener changes is its own.
      if (listens) await onEvent?.(structuredClone(event));
    } catch (thrown) {
      listens = false;
      note('listener_threw', 'onEvent', thrown);
      controller.abort(
        new Interrupted('SIGINT', { message: 'aborted, since onEvent threw', cause: thrown }),
      );
    }
  };
  const emit: jobs.Tools['emit'] = (event) => {
    const shown = shownStep(event);
    if (shown) void report(shown);
  };
  try {
    const end = await start({ signal: controller.signal, emit }, (thrown) =>
      note('gate_threw', 'the gate', thrown),
    );
    const [thrown] = thrownByCaller;
    const failure = end.error
      ? errorDocument(end.error)
      : thrown && { ...thrown, exit_code: end.exitCode };
    // None of a program's jobs is a dry run.
    const result = {
      ...end.result,
      exitCode: end.exitCode,
      ...(failure && { error: failure }),
    } as RunResult;
    void report({ event: 'result', ...result });
    return result;
  } finally {
    release();
  }
}

const interrupts = new WeakMap<AbortSignal, AbortSignal>();

/**
 * @internal A signal that is aborted with an `Interrupted` when the outer one is; without an outer
 * one, never. All that have the same outer one share a listener, which stays: one for each signal,
 * not for each call, since Node warns of more than ten.
 */
export function interruptOf(outer: AbortSignal | undefined): AbortSignal {
  const own = new AbortController();
  if (!outer) return own.signal;
  const known = interrupts.get(outer);
  if (known) return known;
  setMaxListeners(0, own.signal);
  interrupts.set(outer, own.signal);
  onAbort(outer, () =>
    own.abort(new Interrupted('SIGINT', { message: 'aborted by the caller', cause: outer.reason })),
  );
  return own.signal;
}

/**
 * Only `true` lets the roll continue, and a gate that was cut off has not passed: 0, 1 and null are
 * what a gate that is a command ends with.
 */
function functionGate(
  ask: requests.RollGate,
  onThrow: (thrown: unknown) => void,
): jobs.Tools['gate'] {
  return async (node_id, activity_id, { signal }) => {
    const cut = new Promise<null>((resolve) => onAbort(signal, () => resolve(null)));
    const answer = async (): Promise<unknown> => ask({ node_id, activity_id }, { signal });
    const asked = answer().catch((thrown: unknown) => {
      // A gate that throws because its signal was aborted has done nothing wrong.
      if (!signal.aborted) onThrow(thrown);
    });
    return Promise.race([asked.then((passed) => (passed === true ? 0 : 1)), cut]);
  };
}
