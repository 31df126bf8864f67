/*
 * What is known of a deployment before anything is sent: its nodes, how many there are, who is
 * busy.
 */

import type { Activity } from '../base/activity.js';
import { within } from '../base/clock.js';
import { refusedError, UsageError, type LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { count } from '../base/text.js';
import { listedIn, type Listed } from '../job/entries.js';
import { foreignLog } from '../job/foreign.js';
import { busyError, busyOf } from '../job/busy.js';
import { BEFORE_POST } from '../job/pace.js';
import type { Connection, Counting } from './open.js';
import type { CheckedTrigger } from './requests.js';

/** What a deployment is surveyed with. */
export type Surveyor = Pick<Connection, 'deploymentId' | 'log' | 'tenant' | 'clock' | 'counter'>;

/** What is known of a deployment before anything is sent. */
export interface Findings {
  listed: Listed;
  /** How many nodes Core counts, where that is known. */
  core: number | undefined;
  /** How many nodes must be reached, where none are named; undefined where the log decides. */
  expect: number | undefined;
  /** What keeps the targets busy. */
  busy: readonly Activity[];
  /** The server's clock, ms UTC; null where it does not say. */
  serverTime: number | null;
  /** How long all this took to find out, ms. */
  spentMs: number;
}

export type SurveyRequest = Pick<CheckedTrigger, 'runtime' | 'nodes' | 'expectNodes' | 'ifBusy'>;

/**
 * `survey` as it comes before a POST: in a minute at most.
 * @throws as that does; after it, exit 6
 */
export const surveyInTime = (
  surveyor: Surveyor,
  request: SurveyRequest,
  signal: AbortSignal,
): Promise<Findings> =>
  within(BEFORE_POST, { ...surveyor, signal }, (limited) => survey(surveyor, request, limited));

/**
 * Reads the log until it has shown all nodes that are meant, and asks Core how many there are.
 * @throws LdctlError for another's log, a count that is not the expected one, or a busy node with
 * `ifBusy: 'fail'` (exit 5); as `Supervisor.list` does; for `expectNodes: 'deployment'` as Core
 * does
 */
export async function survey(
  surveyor: Surveyor,
  { runtime, nodes, expectNodes, ifBusy }: SurveyRequest,
  signal: AbortSignal,
): Promise<Findings> {
  const { log, deploymentId, tenant, clock } = surveyor;
  const startedAt = clock.elapsed();
  const countInCore = nodes ? notCounting : startCounting(surveyor, expectNodes, signal);
  let isWhole = true;
  const isEnough = async (entries: readonly Activity[]): Promise<boolean> => {
    const { here } = listedIn(entries, runtime, false);
    isWhole = nodes
      ? !nodes.every((node) => here.includes(node))
      : here.length < ((await countInCore(entries)) ?? Infinity);
    return !isWhole;
  };
  const { entries, serverTime } = await log.forNodes({ signal, isEnough });
  const problem = foreignLog(entries, deploymentId, tenant);
  if (problem) throw problem;
  const core = await countInCore(entries);
  const busy = busyOf(entries, runtime, nodes ? new Set(nodes) : null);
  if (ifBusy === 'fail' && busy.length > 0) throw busyError(busy);
  const listed = listedIn(entries, runtime, isWhole);
  const expect = nodes ? undefined : expectedOf(listed.here.length, core, expectNodes);
  return { listed, core, expect, busy, serverTime, spentMs: clock.elapsed() - startedAt };
}

const notCounting: Counting = () => Promise.resolve(undefined);

/** Has Core count the nodes, if that is demanded, or it certainly knows the deployment. */
function startCounting(
  { counter }: Surveyor,
  expectNodes: SurveyRequest['expectNodes'],
  signal: AbortSignal,
): Counting {
  const isDemanded = expectNodes === 'deployment';
  if (counter) {
    return isDemanded || counter.isCertain ? counter.start(isDemanded, signal) : notCounting;
  }
  if (!isDemanded) return notCounting;
  throw new UsageError('ldctl does not know which Core API counts the nodes of this deployment', {
    hint: 'Give a number, or use connectProfile.',
  });
}

/**
 * How many nodes must be reached; undefined where that was not said.
 * @throws LdctlError (exit 5) where `expected` is neither what Core counts nor what the log lists;
 * if Core's number is not known, where the log lists more
 */
function expectedOf(
  listed: number,
  core: number | undefined,
  expected: SurveyRequest['expectNodes'],
): number | undefined {
  if (expected === 'deployment') return core;
  if (expected === undefined || expected === core || expected === listed) return expected;
  if (core === undefined && expected > listed) return expected;
  throw otherCount(listed, core, expected);
}

/**
 * How many nodes a question or a headline speaks of: those named, else those expected, counted or
 * listed; 0 if none was looked at, as when an earlier run is continued.
 */
export const nodeCountOf = (named: readonly Id[] | undefined, found: Findings | null): number =>
  named?.length ?? found?.expect ?? found?.core ?? found?.listed.here.length ?? 0;

/**
 * The nodes of a roll that names none: those that the log lists, exactly as many as are expected.
 * @throws LdctlError (exit 5)
 */
export function nodesOfRoll({ listed: { here }, core, expect }: Findings): readonly Id[] {
  if (here.length === 0) {
    throw refusedError('no_nodes_known', 'the log lists no node', 'Name the nodes.');
  }
  if (expect !== undefined && expect !== here.length) throw otherCount(here.length, core, expect);
  return here;
}

function otherCount(listed: number, core: number | undefined, expected: number): LdctlError {
  const isNews = core !== undefined && core !== listed && core !== expected;
  const counts = isNews ? ` and Core counts ${core}` : '';
  const what = `the log lists ${count(listed, 'node')}${counts}, not the ${expected} expected`;
  const hint = 'Check that this is the right deployment, or name the nodes.';
  return refusedError('other_node_count', what, hint);
}
