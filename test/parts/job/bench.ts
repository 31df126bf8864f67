import type { KeptRun, RunJournal, RunRecord } from '../../../src/base/journal.js';
import { TransportError } from '../../../src/base/errors.js';
import { drive, type DriveTools } from '../../../src/job/drive.js';
import type { JobEvent } from '../../../src/job/events.js';
import { rollJob } from '../../../src/job/roll/roll.js';
import { runJob } from '../../../src/job/run/run.js';
import type { Job, JobEnd } from '../../../src/job/job.js';
import type { RollPlan } from '../../../src/job/roll/state.js';
import type { RunPlan } from '../../../src/job/run/state.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';

/*
 * What the tests of jobs have in common: a server with a clock, jobs against it, and what they say.
 * `beforeEach(setUp)` makes them anew.
 */

export let clock: VirtualClock;
export let server: VirtualServer;
export let events: JobEvent[];

/** @param nodes those of the deployment; by default 1, 2 and 3 */
export function setUp(...nodes: bigint[]): void {
  clock = new VirtualClock();
  server = new VirtualServer(clock, nodes.length > 0 ? { nodes } : {});
  events = [];
}

const SHARED = {
  deploymentId: DEPLOYMENT,
  profile: null,
  runtime: 'iggy',
  action: 'restart',
  tenant: null,
  idempotencyKey: 'k',
  apiKeyHash: '0f1e2d3c',
  ifBusy: 'ignore',
  appearTimeoutMs: 30_000,
} as const;
const RUN: RunPlan = {
  ...SHARED,
  nodes: [1n],
  keepsKey: false,
  wait: true,
  timeoutMs: 600_000,
};
export const ROLL: Omit<RollPlan, 'nodes'> = {
  ...SHARED,
  keepsKey: true,
  timeoutMs: Infinity,
  pauseMs: 0,
  gateTimeoutMs: Infinity,
  nodeTimeoutMs: Infinity,
  maxUnavailable: 2,
  gated: false,
};

export type More = Partial<DriveTools>;

/** Drives a job in the time that passes. */
export function start(
  job: Job,
  more: More = {},
  told: (event: JobEvent) => void | Promise<void> = (event) => void events.push(event),
): Promise<JobEnd> {
  const { signal } = new AbortController();
  const log = openLog(server, DEPLOYMENT, clock);
  return drive(job, { supervisor: server, log, journal: null, clock, signal, ...more }, told);
}

export const runOf = (plan: Partial<RunPlan> = {}, kept: KeptRun | null = null): Job =>
  runJob({ ...RUN, ...plan }, kept, clock.elapsed());

/** A restart of node 1, unless the plan says otherwise, to its end. */
export const run = (
  plan: Partial<RunPlan> = {},
  kept: KeptRun | null = null,
  journal: RunJournal | null = null,
): Promise<JobEnd> => clock.run(start(runOf(plan, kept), { journal }));

/** A roll to its end. @param kept what an earlier process left of node 1 */
export function roll(
  plan: Partial<RollPlan> & Pick<RollPlan, 'nodes'>,
  more: More = {},
  kept?: KeptRun,
): Promise<JobEnd> {
  const records = kept ? [kept] : [];
  return clock.run(start(rollJob({ ...ROLL, ...plan }, records, clock.elapsed()), more));
}

/** What an earlier process left half a minute ago: the record of a POST, with no answer noted. */
export function keptRun(
  record: Partial<RunRecord> = {},
  more: Partial<KeptRun> = {},
  ageMs = 30_000,
): KeptRun {
  const found = { baseline: 0n, date: null, expect: null, core: null };
  const whose = { key: 'k', apiKey: SHARED.apiKeyHash, listed: { here: [], elsewhere: [] } };
  return {
    record: { ...found, ...whose, postedAt: clock.now() - ageMs, ...record },
    ...{ generation: 1, ageMs, marks: new Set(), newestWhenSettled: null, ...more },
  };
}

/** What was said under a code. */
export const warnings = (code: string): string[] =>
  events.flatMap((event) =>
    event.event === 'warning' && event.code === code ? [event.message] : [],
  );

/** Nobody listens: the POST was certainly not sent. */
export const connectionRefused = (): TransportError =>
  new TransportError('ECONNREFUSED', 'refused', { sent: 'no' });

/** Which node has which status. */
export const statuses = ({ result }: JobEnd): Array<string | null> =>
  result.nodes.map(({ status }) => status);
