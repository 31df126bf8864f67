/*
 * What is known of a deployment before anything is sent: its nodes, how many there are, who is busy.
 */

import type { Activity } from '../base/activity.js';
import { optional } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { count } from '../base/text.js';
import { nodesOf, notOurs } from '../job/entries.js';
import { busyError, busyOf } from '../job/run-read.js';
import type { Connection, Place } from './open.js';
import type { CheckedTrigger } from './requests.js';

type Surveyor = Pick<Connection, 'deploymentId' | 'log' | 'tenant' | 'clock' | 'counter'>;

/** What is known of a deployment before anything is sent. */
export interface Findings {
  /** The nodes that the log lists: `here` for this runtime, `elsewhere` for others only. */
  listed: { here: readonly Id[]; elsewhere: readonly Id[] };
  /** How many nodes Core counts; null where that is not known. */
  core: number | null;
  /** What keeps the targets busy. */
  busy: readonly Activity[];
  /** The server's clock, ms UTC; null where it does not say. */
  serverTime: number | null;
}

export type SurveyRequest = Pick<CheckedTrigger, 'runtime' | 'nodes' | 'expectNodes' | 'ifBusy'>;

/**
 * Reads the log until it has shown all nodes that are meant, and asks Core how many there are.
 * @throws LdctlError for another's log, a count that is not the expected one, or a busy node with
 * `ifBusy: 'fail'` (exit 5); as `Supervisor.list` does; for `expectNodes: 'deployment'` as Core does
 */
export async function survey(
  surveyor: Surveyor,
  { runtime, nodes, expectNodes, ifBusy }: SurveyRequest,
  signal: AbortSignal,
): Promise<Findings> {
  const { log, deploymentId, tenant } = surveyor;
  const counting = nodes ? null : startCounting(surveyor, expectNodes === 'deployment', signal);
  const nodesHere = (entries: readonly Activity[]): Id[] =>
    nodesOf(entries.filter((entry) => entry.runtime === runtime));
  const isEnough = async (entries: readonly Activity[]): Promise<boolean> => {
    const here = nodesHere(entries);
    if (nodes) return nodes.every((node) => here.includes(node));
    const counted = await counting?.count(entries);
    return typeof counted === 'number' && here.length >= counted;
  };
  const { entries, serverTime } = await log.known({ signal, isEnough });
  const problem = notOurs(entries, deploymentId, tenant);
  if (problem) throw problem;
  const here = nodesHere(entries);
  const elsewhere = nodesOf(entries).filter((node) => !here.includes(node));
  const core = (await counting?.atEnd(entries)) ?? null;
  const busy = busyOf(entries, runtime, nodes ? new Set(nodes) : null);
  if (ifBusy === 'fail' && busy.length > 0) throw busyError(busy);
  return { listed: { here, elsewhere }, core, busy, serverTime };
}

/**
 * Asks Core how many nodes there are: beside the first page of the log if it is known where the
 * deployment stands, else once that page has said so.
 */
function startCounting({ counter, clock }: Surveyor, isDemanded: boolean, signal: AbortSignal) {
  if (!counter || !(isDemanded || counter.isCertain)) return null;
  let counted: Promise<number | null> | null = null;
  const askCore = (place: Place): Promise<number | null> => {
    const asked = (by: AbortSignal): Promise<number> => counter.count(place, by);
    return isDemanded ? asked(signal) : optional({ clock, signal }, asked);
  };
  const start = (place: Place | null): void => {
    counted = place ? askCore(place) : Promise.resolve(null);
    // It may fail while a page is on its way, before anyone waits for it.
    counted.catch(() => undefined);
  };
  const begun = counter.place().then((known) => known && start(known));
  /** How many nodes there are; null where that is not known, or Core counts none. */
  const count = async (entries: readonly Activity[]): Promise<number | null> => {
    await begun;
    if (!counted) start(placeOf(entries, counter.tenantId));
    return (await counted) || null;
  };
  return {
    count,
    /** @throws LdctlError where it was demanded, and cannot be known */
    async atEnd(entries: readonly Activity[]): Promise<number | null> {
      const nodes = await count(entries);
      if (nodes === null && isDemanded) throw notCounted(entries.length > 0);
      return nodes;
    },
  };
}

/** Every entry says where the deployment stands, and who may read the log may read that. */
function placeOf([entry]: readonly Activity[], tenant: Id | undefined): Place | null {
  const { tenant_id, division_id: divisionId, environment_id: environmentId } = entry ?? {};
  const tenantId = tenant ?? tenant_id;
  return tenantId && divisionId && environmentId ? { tenantId, divisionId, environmentId } : null;
}

function notCounted(wasAsked: boolean): LdctlError {
  const what = wasAsked
    ? 'Core counts no nodes in this deployment'
    : 'the log is empty, so ldctl cannot ask Core about this deployment';
  return new LdctlError('refused', 'no_nodes_counted', `${what}; nothing was sent`, {
    hint: 'Name the nodes, or say how many there must be.',
  });
}

/**
 * How many nodes an every-node trigger must reach.
 * @returns undefined where the log decides
 * @throws LdctlError (exit 5) where the number is neither Core's nor the log's; without Core's,
 * where the log lists more
 */
export function expectedNodes(
  { listed, core }: Findings,
  expected: SurveyRequest['expectNodes'],
): number | undefined {
  if (expected === undefined) return undefined;
  if (expected === 'deployment') return core ?? undefined;
  const { length } = listed.here;
  const isRight = core === null ? expected >= length : [core, length].includes(expected);
  if (isRight) return expected;
  throw otherCount(listsText(length, core), expected);
}

/**
 * The nodes of a roll that names none: those that the log lists, exactly as many as are expected.
 * @throws LdctlError (exit 5)
 */
export function nodesOfRoll(
  { listed, core }: Findings,
  expected: SurveyRequest['expectNodes'],
): readonly Id[] {
  const { here } = listed;
  if (here.length === 0) {
    throw new LdctlError('refused', 'no_nodes_known', 'the log lists no node; nothing was sent', {
      hint: 'Name the nodes.',
    });
  }
  const wanted = expected === 'deployment' ? core : expected;
  if (typeof wanted === 'number' && wanted !== here.length) {
    throw otherCount(listsText(here.length, expected === 'deployment' ? null : core), wanted);
  }
  return here;
}

function listsText(listed: number, core: number | null): string {
  const lists = `the log lists ${count(listed, 'node')}`;
  return core === null || core === listed ? lists : `${lists} and Core counts ${core}`;
}

function otherCount(lists: string, expected: number): LdctlError {
  const what = `${lists}, not the ${expected} expected; nothing was sent`;
  return new LdctlError('refused', 'other_node_count', what, {
    hint: 'Check that this is the right deployment, or name the nodes.',
  });
}
