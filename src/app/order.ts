/*
 * An order: one action on nodes of a deployment, with all that has to be known before anything is
 * sent. It is made once. What is asked, said, shown and done are functions of it, so that they agree.
 */

import type * as v from 'valibot';
import { describeTrigger } from '../api/supervisor-api.js';
import type { ActionName, Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import { unsentFacts, type ResultFields, type TargetKind } from '../base/outcome.js';
import type { Agreed } from '../job/run/state.js';
import { countMeant, inLog } from '../job/census.js';
import { wireKey } from '../job/wire-key.js';
import { fromRecords, keptRun, roll, trigger, type JobResult, type Tools } from './jobs.js';
import type { OpenDeployment } from './open.js';
import type { CheckedTrigger, rollHow, triggerHow } from './requests.js';
import { nodesOfRoll } from './roll-nodes.js';
import { surveyInTime, type Findings } from './survey.js';

/** Which nodes, and who says so. */
export type Whom =
  /**
   * `name`: a person or a script, by their ids or names. `list`: a person has picked them. `record`:
   * a roll with this key. `log`: it lists them, and a roll acts on no others.
   */
  | { readonly by: 'name' | 'list' | 'record' | 'log'; readonly nodes: readonly Id[] }
  /** Every node; of a trigger also those that nothing lists. `expect`: how many there must be. */
  | {
      readonly by: 'all';
      readonly nodes?: undefined;
      readonly expect: CheckedTrigger['expectNodes'];
    };

/** All at once. */
export type HowOfTrigger = { readonly is: 'trigger' } & v.InferOutput<typeof triggerHow>;
/** One after the other. */
export interface HowOfRoll extends v.InferOutput<typeof rollHow> {
  readonly is: 'roll';
  /** A command; null for none. */
  readonly gate: string | null;
}
export type How = HowOfTrigger | HowOfRoll;

/** What is wanted, before the deployment is looked at. */
export interface Draft<H extends How = How> {
  readonly runtime: Runtime;
  readonly action: ActionName;
  readonly whom: Whom;
  readonly how: H;
  /** A person has chosen some of it from lists: they are asked about it, whatever flags say. */
  readonly isChosen: boolean;
}

export interface Order<H extends How = How> extends Draft<H> {
  readonly deployment: OpenDeployment;
  /** Null where nothing has to be known, or the record of an earlier run says it. */
  readonly found: Findings | null;
  /** Those of its nodes that an earlier run with the same key has sent to. */
  readonly sentBefore: readonly Id[];
  /** The nodes of a question that was answered with yes; null where none was asked. */
  readonly agreed: Agreed | null;
}

/** How an order is prepared. */
export interface Look {
  signal: AbortSignal;
  /** A person is asked about it, or would be. */
  isAsked: boolean;
  /** A person is asked, or shown what would be done, and has to know all nodes. */
  isShown: boolean;
  /** The nodes of a roll with this key, by its record; null for none. */
  nodesOfRecord: (key: string) => readonly Id[] | null;
  /** The command of a roll with these nodes; without any, one that says what is known of them. */
  command: (nodes: ReadonlyArray<Id | 'ID'>) => string;
}

/** An order of which nothing is known, or has to be. */
export const orderOf = <H extends How>(deployment: OpenDeployment, draft: Draft<H>): Order<H> => ({
  ...draft,
  deployment,
  found: null,
  sentBefore: [],
  agreed: null,
});

/**
 * Looks at the deployment, unless an earlier run has left a record: that is followed as it is. If the
 * look fails, the record is read again, here and once the job starts: another process may have
 * written one meanwhile.
 * @throws as `surveyInTime` and `nodesOfRoll` do
 */
export async function prepare<H extends How>(
  deployment: OpenDeployment,
  draft: Draft<H>,
  look: Look,
): Promise<Order<H>> {
  const { whom, how, runtime } = draft;
  const order = orderOf(deployment, draft);
  // For named nodes, only a question or a dry run shows what keeps them busy.
  if (whom.nodes && !look.isShown) return order;
  return fromRecords(
    () => [recordOf(order, look)],
    look,
    async ([record = null]) => {
      if (record) return record;
      const found = await surveyInTime(deployment, { ...surveyed(draft), ...look }, look.signal);
      if (whom.nodes || how.is === 'trigger') return { ...order, found };
      const asked = { runtime, expectNodes: whom.expect, now: deployment.clock.now(), ...look };
      return { ...order, found, whom: { by: 'log' as const, nodes: nodesOfRoll(found, asked) } };
    },
  );
}

/** What the record of an earlier run with the key makes of it; null without one. */
function recordOf<H extends How>(order: Order<H>, { nodesOfRecord }: Look): Order<H> | null {
  const { deployment, whom, how } = order;
  const { idempotencyKey: key } = how;
  if (how.is === 'trigger') {
    return keptRun(deployment, { ...order, ...how, nodes: whom.nodes }) && order;
  }
  const nodes = key === undefined ? null : nodesOfRecord(key);
  return nodes && { ...order, whom: whom.nodes ? whom : { by: 'record', nodes } };
}

const surveyed = ({ runtime, whom, how }: Draft) => ({
  runtime,
  nodes: whom.nodes,
  expectNodes: whom.by === 'all' ? whom.expect : undefined,
  ifBusy: how.ifBusy,
  isRoll: how.is === 'roll',
});

/** The nodes of each POST; undefined for every node. */
const postsOf = ({ whom, how }: Draft): ReadonlyArray<readonly Id[] | undefined> =>
  how.is === 'roll' ? (whom.nodes ?? []).map((node) => [node]) : [whom.nodes];

/**
 * Those of its nodes that a roll with the same key has sent to.
 * @param journal of its own: reading through that of the deployment would note them as sent now
 */
export const sentBefore = (order: Order, journal: RunJournal): readonly Id[] =>
  (order.whom.nodes ?? []).filter((node) =>
    keptOf({ ...order.deployment, journal }, order, [node])?.marks.has('accepted'),
  );

/** Whether its key was used before, for any of its POSTs. */
export const isRepeated = (order: Order): boolean =>
  postsOf(order).some((nodes) => keptOf(order.deployment, order, nodes) !== null);

const keptOf = (at: Parameters<typeof keptRun>[0], draft: Draft, nodes?: readonly Id[]) =>
  keptRun(at, { ...draft, ...draft.how, nodes });

/** Those that are meant, as far as they are known. */
export const nodesIn = ({ whom, found }: Order): readonly Id[] =>
  whom.nodes ?? found?.listed.here ?? [];

/** Those that the log lists, for whatever runtime. */
export const listedFor = ({ found }: Pick<Order, 'found'>): readonly Id[] =>
  found ? [...found.listed.here, ...found.listed.elsewhere] : [];

/** Only these of its nodes: a person has picked them, which is no consent yet. */
export function picking<H extends How>(order: Order<H>, nodes: readonly Id[]): Order<H> {
  const { found } = order;
  const busy = found?.busy.filter(({ node_id: node }) => nodes.includes(node)) ?? [];
  return { ...order, whom: { by: 'list', nodes }, found: found && { ...found, busy } };
}

/** It waits for what keeps nodes busy. */
export const waiting = <H extends How>(order: Order<H>): Order<H> => ({
  ...order,
  how: { ...order.how, ifBusy: 'wait' },
});

/** A person has said yes to it: to all that the question was about, and to no other node. */
export function agreedTo<H extends How>(order: Order<H>): Order<H> {
  const { found, whom } = order;
  if (whom.nodes || !found) return order;
  const most = Math.max(inLog(found.listed), countMeant(found));
  return { ...order, agreed: { nodes: listedFor(order), most } };
}

/** What would be sent: the requests without the API key, and the result of not sending them. */
export function planOf(order: Order, key: string) {
  const { deployment, runtime, action, whom, found } = order;
  const { deploymentId, profile, supervisorUrl } = deployment;
  const requests = postsOf(order).map((nodes) => {
    const identity = { deploymentId, runtime, action, nodes };
    const wire = { ...identity, nodes: nodes ?? null, wireKey: wireKey(key, identity) };
    return describeTrigger(supervisorUrl.value, wire);
  });
  const known = {
    ...{ runtime, action, deployment_id: deploymentId, profile, idempotency_key: key },
    targets: targetsOf(whom),
    core_count: found?.coreCount ?? null,
  };
  const isOpen = whom.by === 'all' || whom.by === 'log';
  const result: ResultFields = {
    outcome: 'dry_run',
    ...unsentFacts(known, nodesIn(order)),
    not_acted_on: isOpen ? (found?.listed.elsewhere ?? []) : [],
  };
  return { result, requests };
}

function targetsOf(whom: Whom): TargetKind {
  if (whom.nodes) return 'named';
  return whom.expect === undefined ? 'observed' : 'expected';
}

/**
 * Does it, and follows it to its end.
 * @param again the command that does it again, for the error of a run that is refused
 * @throws LdctlError when nothing was sent
 */
export function perform(order: Order, tools: Tools, again: string): Promise<JobResult> {
  const { deployment, runtime, action, whom, how, found } = order;
  const what = { runtime, action };
  if (how.is === 'roll') {
    return roll(deployment, { ...how, ...what, nodes: nodesIn(order) }, tools, found);
  }
  const whichOnes = whom.nodes ? { nodes: whom.nodes } : { expectNodes: whom.expect };
  const known = { found, agreed: order.agreed ?? undefined, again };
  return trigger(deployment, { ...how, ...what, ...whichOnes }, tools, known);
}
