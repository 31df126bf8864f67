/*
 * What is known of a deployment before anything is sent: its nodes, how many there are, who is busy.
 */

import type { Activity } from '../base/activity.js';
import { optional } from '../base/clock.js';
import { refusedError, type LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { count } from '../base/text.js';
import { listedIn, type Listed } from '../job/entries.js';
import { foreignLog } from '../job/foreign.js';
import { busyError, busyOf } from '../job/busy.js';
import type { Connection, KnownPlace, Place } from './open.js';
import type { CheckedTrigger } from './requests.js';

type Surveyor = Pick<Connection, 'deploymentId' | 'log' | 'tenant' | 'clock' | 'counter'>;

/** What is known of a deployment before anything is sent. */
export interface Findings {
  listed: Listed;
  /** How many nodes Core counts, where that is known. */
  core: number | undefined;
  /** What keeps the targets busy. */
  busy: readonly Activity[];
  /** The server's clock, ms UTC; null where it does not say. */
  serverTime: number | null;
  /** How long all this took to find out, ms. */
  spentMs: number;
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
  const { log, deploymentId, tenant, clock } = surveyor;
  const startedAt = clock.elapsed();
  const isDemanded = !nodes && expectNodes === 'deployment';
  const countInCore = nodes ? notCounting : startCounting(surveyor, isDemanded, signal);
  const isEnough = async (entries: readonly Activity[]): Promise<boolean> => {
    const { here } = listedIn(entries, runtime);
    if (nodes) return nodes.every((node) => here.includes(node));
    return here.length >= ((await countInCore(entries)) ?? Infinity);
  };
  const { entries, serverTime } = await log.forNodes({ signal, isEnough });
  const problem = foreignLog(entries, deploymentId, tenant);
  if (problem) throw problem;
  const core = await countInCore(entries);
  if (core === undefined && isDemanded) throw notCounted(entries.length > 0);
  const busy = busyOf(entries, runtime, nodes ? new Set(nodes) : null);
  if (ifBusy === 'fail' && busy.length > 0) throw busyError(busy);
  const spentMs = clock.elapsed() - startedAt;
  return { listed: listedIn(entries, runtime), core, busy, serverTime, spentMs };
}

/** How many nodes Core counts; undefined where that is not known, or it counts none. */
type Counting = (entries: readonly Activity[]) => Promise<number | undefined>;

const notCounting: Counting = () => Promise.resolve(undefined);

/**
 * Has Core count the nodes, once. It needs the division and environment of the deployment. If they
 * are known, it asks now, beside the first page of the log, else after that page, which names them.
 */
function startCounting(
  { counter, clock }: Surveyor,
  isDemanded: boolean,
  signal: AbortSignal,
): Counting {
  if (!counter || !(isDemanded || counter.isCertain)) return notCounting;
  const count = async (known: Place | null): Promise<number | undefined> => {
    // An empty log names no division and environment.
    const place = known ?? (isDemanded ? placeOf(await counter.lookUp()) : null);
    if (!place) return undefined;
    const ask = (limited: AbortSignal) => counter.count(place, limited);
    // Only a count that was demanded may fail the survey.
    const nodes = await (isDemanded ? ask(signal) : optional({ clock, signal }, ask));
    return nodes || undefined;
  };
  const place = placeOf(counter.place());
  let counted = place ? count(place) : undefined;
  // It may fail while the page is on its way, before anyone waits for it.
  counted?.catch(() => undefined);
  return (entries) => (counted ??= count(placeOf(counter.place(), entries[0])));
}

/** Every entry says where the deployment stands, and who may read the log may read that. */
function placeOf(known: KnownPlace, entry?: Activity): Place | null {
  const tenantId = known.tenantId ?? entry?.tenant_id;
  const divisionId = known.divisionId ?? entry?.division_id;
  const environmentId = known.environmentId ?? entry?.environment_id;
  return tenantId && divisionId && environmentId ? { tenantId, divisionId, environmentId } : null;
}

function notCounted(wasAsked: boolean): LdctlError {
  const what = wasAsked
    ? 'Core counts no nodes in this deployment'
    : 'the log is empty, so ldctl does not know where Core has this deployment';
  const hint = 'Name the nodes, or say how many there must be.';
  return refusedError('no_nodes_counted', what, hint);
}

/**
 * How many nodes an every-node trigger must reach.
 * @returns undefined where the log decides
 * @throws LdctlError (exit 5) where the number is neither what Core counts nor what the log lists;
 * if Core's number is not known, where the log lists more
 */
export function expectedNodes(
  { listed, core }: Findings,
  expected: SurveyRequest['expectNodes'],
): number | undefined {
  if (expected === undefined) return undefined;
  if (expected === 'deployment') return core;
  const { length } = listed.here;
  const isRight = core === undefined ? expected >= length : [core, length].includes(expected);
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
    throw refusedError('no_nodes_known', 'the log lists no node', 'Name the nodes.');
  }
  const wanted = expected === 'deployment' ? core : expected;
  if (typeof wanted === 'number' && wanted !== here.length) {
    throw otherCount(listsText(here.length, expected === 'deployment' ? undefined : core), wanted);
  }
  return here;
}

function listsText(listed: number, core: number | undefined): string {
  const lists = `the log lists ${count(listed, 'node')}`;
  return core === undefined || core === listed ? lists : `${lists} and Core counts ${core}`;
}

function otherCount(lists: string, expected: number): LdctlError {
  const what = `${lists}, not the ${expected} expected`;
  const hint = 'Check that this is the right deployment, or name the nodes.';
  return refusedError('other_node_count', what, hint);
}
