/*
 * What is known of a deployment before anything is sent: its nodes, how many there are, who is
 * busy.
 */

import type { Activity } from '../base/activity.js';
import { OPTIONAL_MS, within } from '../base/clock.js';
import { refusedError, UsageError } from '../base/errors.js';
import { count } from '../base/text.js';
import { inLog, listedIn, type Listed } from '../job/census.js';
import { refuseForeign } from '../log/foreign.js';
import { busyError, busyOf } from '../job/busy.js';
import { BEFORE_POST } from '../job/pace.js';
import type { Connection, Counting } from './open.js';
import type { CheckedTrigger } from './requests.js';

/** What a deployment is surveyed with. */
export type Surveyor = Pick<Connection, 'deploymentId' | 'log' | 'tenant' | 'clock' | 'counter'>;

/** What is known of a deployment before anything is sent. */
export interface Findings {
  listed: Listed;
  /** What was read of the log, the newest first, and is not older than 30 days. */
  entries: readonly Activity[];
  /** How many nodes Core counts; null where that is not known. */
  coreCount: number | null;
  /**
   * Where Core did not answer in time: asks it once more. Null if it does not say. Never
   * rejects.
   */
  countAgain: ((signal: AbortSignal) => Promise<number | null>) | null;
  /** How many nodes must be reached, where none are named; undefined where the log decides. */
  expect: number | undefined;
  /** What keeps the targets busy. */
  busy: readonly Activity[];
  /** The server's clock, ms UTC; null where it does not say. */
  serverTime: number | null;
  /** How long all this took to find out, ms. */
  spentMs: number;
}

export interface SurveyRequest extends Pick<
  CheckedTrigger,
  'runtime' | 'nodes' | 'expectNodes' | 'ifBusy'
> {
  /** A person is asked or shown what would be done, and has to know all nodes. */
  isShown?: boolean;
  /** A roll acts on what the log lists, so it waits longer for Core, and `nodesOfRoll` checks N. */
  isRoll?: boolean;
}

/** How long Core has where a roll depends on it, or while a run is followed. */
const PATIENCE_MS = 15_000;

/**
 * `survey` as it comes before a POST: in a minute at most.
 * @throws as `survey`; exit 6 once the minute is over
 */
export const surveyInTime = (
  surveyor: Surveyor,
  request: SurveyRequest,
  signal: AbortSignal,
): Promise<Findings> =>
  within(BEFORE_POST, { ...surveyor, signal }, (limited) => survey(surveyor, request, limited));

/**
 * Reads the log and asks Core, to find out which nodes there are. Before a trigger that shows
 * nothing to anyone, it has read enough once it has seen as many as Core counts.
 * @throws LdctlError for another's log, a count that is not the expected one, or a busy node with
 * `ifBusy: 'fail'` (exit 5); as `Supervisor.list` does; for `expectNodes: 'deployment'` as Core
 * does
 */
export async function survey(
  surveyor: Surveyor,
  request: SurveyRequest,
  signal: AbortSignal,
): Promise<Findings> {
  const { log, clock } = surveyor;
  const { runtime, nodes, ifBusy } = request;
  const startedAt = clock.elapsed();
  const ask = nodes ? null : startCounting(surveyor, request, signal);
  const needsAll = isAllNeeded(request);
  const seen = { all: false };
  const isEnough = async (entries: readonly Activity[]): Promise<boolean> => {
    const counted = ask?.(entries);
    if (needsAll) return false;
    const { here } = listedIn(entries, runtime, false);
    return (seen.all = nodes
      ? nodes.every((node) => here.includes(node))
      : here.length >= ((await counted) ?? Infinity));
  };
  const { entries, recent, total, serverTime } = await log.forNodes({ signal, isEnough });
  refuseForeign(entries, surveyor);
  const coreCount = (await ask?.(entries)) ?? null;
  const busy = busyOf(entries, runtime, nodes ? new Set(nodes) : null);
  if (ifBusy === 'fail' && busy.length > 0) throw busyError(busy);
  const listed = listedIn(recent, runtime, !seen.all || entries.length >= total);
  return {
    listed,
    entries: recent,
    coreCount,
    countAgain: ask && coreCount === null ? countingAgain(surveyor, entries) : null,
    expect: expectedOf(listed, coreCount, request),
    busy,
    serverTime,
    spentMs: clock.elapsed() - startedAt,
  };
}

/** Whether the log is read to its end, however many nodes it has shown by then. */
const isAllNeeded = ({ nodes, expectNodes, ifBusy, isShown, isRoll }: SurveyRequest): boolean =>
  ifBusy === 'fail' ||
  (!nodes && (isShown === true || isRoll === true || expectNodes !== undefined));

export const countingAgain = (
  { counter }: Surveyor,
  entries: readonly Activity[],
): Findings['countAgain'] =>
  counter &&
  ((signal) =>
    counter
      .start(
        PATIENCE_MS,
        signal,
      )(entries)
      .catch(() => null));

/** Has Core count the nodes, if that is demanded, or it certainly knows the deployment. */
function startCounting(
  { counter }: Surveyor,
  { expectNodes, isRoll }: SurveyRequest,
  signal: AbortSignal,
): Counting | null {
  const isDemanded = expectNodes === 'deployment';
  if (counter) {
    if (isDemanded) return counter.start('demanded', signal);
    return counter.isCertain ? counter.start(isRoll ? PATIENCE_MS : OPTIONAL_MS, signal) : null;
  }
  if (!isDemanded) return null;
  throw new UsageError('ldctl does not know which Core API counts the nodes of this deployment', {
    hint: 'Give a number, or use connectProfile.',
  });
}

/**
 * Whether this number may be expected: Core's count; or that of the nodes listed, if the log
 * lists every node that Core counts, for whatever runtime.
 */
export const mayExpect = (expected: number, listed: Listed, coreCount: number | null): boolean =>
  expected === coreCount || (expected === listed.here.length && (coreCount ?? 0) <= inLog(listed));

/**
 * How many nodes must be reached; undefined where that was not said.
 * @throws LdctlError (exit 5) where that number may not be expected; without Core, where the log lists
 * more
 */
function expectedOf(
  listed: Listed,
  coreCount: number | null,
  { nodes, isRoll, expectNodes: expected }: SurveyRequest,
): number | undefined {
  if (nodes || isRoll) return undefined;
  if (expected === 'deployment') return coreCount ?? undefined;
  if (expected === undefined || mayExpect(expected, listed, coreCount)) return expected;
  if (coreCount === null && expected > listed.here.length) return expected;
  throw refusedError(
    'other_node_count',
    otherCountText(expected, listed, coreCount),
    'Check that this is the right deployment, or name the nodes.',
  );
}

export const otherCountText = (expected: number, listed: Listed, coreCount: number | null) =>
  `${count(expected, 'node')} expected: ${numbersText(listed, coreCount)}`;

/** `the log lists 3 nodes for this runtime and 1 for others only, and Core counts 5` */
export function numbersText({ here, elsewhere }: Listed, coreCount: number | null): string {
  const nodes = `the log lists ${count(here.length, 'node')}`;
  const others = ` for this runtime and ${elsewhere.length} for others only`;
  const all = elsewhere.length > 0 ? `${nodes}${others},` : nodes;
  return coreCount === null ? all.replace(/,$/, '') : `${all} and Core counts ${coreCount}`;
}
