import type { Action, Runtime } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { type Outcome } from '../base/outcome.js';
import { type EarlierRun, type JobEvent } from '../base/progress.js';
import type { Accepted } from '../base/supervisor.js';
import { Entries, type ExpectedTenant, type Wanted } from './entries.js';
import type { Note } from './job.js';
import { newPace, quicken, SECOND, type Pace } from './pace.js';

/** So long after the first POST it may be sent again. */
const TRIES = 120 * SECOND;

export interface Limits {
  /** For all that comes after the dispatch; milliseconds, null for none. */
  timeoutMs: number | null;
  /** How long an entry may take to show up in the log, milliseconds. */
  appearMs: number;
}

export interface RunPlan extends Limits {
  deploymentId: Id;
  runtime: Runtime;
  action: Action;
  /** Null: every node. Never empty. */
  nodes: readonly Id[] | null;
  /** How many nodes an every-node run must reach; null when the log decides. */
  expect: number | null;
  idempotencyKey: string;
  /** Whether a later run with the key follows this one: a caller's own key, or a roll's. */
  kept: boolean;
  /** False: it ends when it was accepted. */
  wait: boolean;
  ifBusy: 'ignore' | 'wait' | 'fail';
  tenant: ExpectedTenant | null;
}

/** Following without sending. */
export interface WaitPlan extends Limits {
  deploymentId: Id;
  wanted: Wanted;
  /** Entries above it count; of ids, it is below the lowest. */
  after: Id;
}

/** What a later command has to know to go on. */
export type Resume =
  | { ids: readonly Id[] }
  | { after: Id; runtime: string; action: string; nodes: readonly Id[] | null; expect: number | null }
  | { roll: string };

/** One run: plain data, changed by `nextOfRun` and `takeOfRun` only. Times are ms of the job's clock. */
export class Run {
  phase: 'blocked' | 'ready' | 'uncertain' | 'following' = 'ready';
  /** The log's highest id right before the POST; null before it was read. */
  baseline: Id | null = null;
  baselineAt = -Infinity;
  /** The baseline of the record that this run has made. */
  noted: Id | null = null;
  marks: Note[] = [];
  blockedBy: readonly Id[] = [];
  firstPost: number | null = null;
  /** The wall clock of it, ms UTC. */
  postedAt: number | null = null;
  lostAt = -Infinity;
  resendUntil = TRIES;
  maybeSent = false;
  tries = 0;
  waitUntil = -Infinity;
  redirected = false;
  lastError: LdctlError | null = null;
  earlier: EarlierRun | null = null;
  accepted: Accepted | null = null;
  recovered = false;
  /** Null before; what the limits of the log count from. */
  acceptedAt: number | null = null;
  deadline = Infinity;
  /** A replay without a record: since when its entries can have been created (server's clock, ms UTC), and above which id. */
  replay: { from: number | null; floor: Id | null } | null = null;
  entries: Entries;
  pace: Pace;
  settlesAt: number | null = null;
  end: { outcome: Outcome | null; error: LdctlError | null; interrupted: Interrupted | null } | null = null;
  /** Whether there is something new about its targets. */
  moved = false;
  news: JobEvent[] = [];

  /** @param key null where nothing is ever sent */
  constructor(
    public plan: RunPlan | WaitPlan,
    readonly key: string | null,
    wanted: Wanted,
    now: number,
  ) {
    this.entries = new Entries(wanted, null);
    this.pace = newPace(now);
  }
}

export const isTrigger = (run: Run): run is Run & { plan: RunPlan; key: string } => run.key !== null;

export function begin(run: Run, now: number): void {
  run.acceptedAt = now;
  run.deadline = run.plan.timeoutMs === null ? Infinity : now + run.plan.timeoutMs;
  quicken(run.pace, now, now + SECOND / 2);
}

export function accept(run: Run, now: number, how: { recovered?: boolean; noted?: boolean }): void {
  const { recovered = false, noted = false } = how;
  Object.assign(run, { phase: 'following', maybeSent: true, recovered, moved: true });
  begin(run, now);
  if (isTrigger(run) && !noted) run.marks.push({ state: 'accepted', key: run.key });
  run.news.push({
    event: 'dispatched',
    request_id: run.accepted?.requestId ?? null,
    replayed: run.accepted?.replayed ?? false,
    recovered,
    ...(run.earlier && (recovered || run.accepted?.replayed === true) && { earlier: run.earlier }),
  });
  if (isTrigger(run) && !run.plan.wait) run.end = { outcome: 'accepted', error: null, interrupted: null };
}

/** A POST may have been carried out: the log is read before anything is sent again. */
export function lose(run: Run, lostAt: number, now = lostAt): void {
  Object.assign(run, { phase: 'uncertain', maybeSent: true, lostAt });
  quicken(run.pace, now, now + SECOND / 2);
}

/** Nothing more is done: what may have been sent is unconfirmed, all else failed by this error. */
export function giveUp(run: Run, error: LdctlError): void {
  if (!run.maybeSent || (!isTrigger(run) && run.entries.readAt === -Infinity)) return refuse(run, error);
  run.end = { outcome: 'unconfirmed', error, interrupted: null };
}

/** Nothing was sent, and nothing will be. */
export function refuse(run: Run, error: LdctlError): void {
  run.end = { outcome: null, error, interrupted: error instanceof Interrupted ? error : null };
  run.marks = run.noted !== null && run.key !== null ? [{ state: 'refused', key: run.key }] : [];
}

/** Whether nothing may be sent again: the server may have forgotten the key, so that it would be carried out twice. */
export function isTooLate({ firstPost, resendUntil }: Run, now: number): boolean {
  return now - (firstPost ?? now) > resendUntil;
}

export function lost(): LdctlError {
  return new LdctlError(
    'unconfirmed',
    'fate_unknown',
    'a run with this key was not answered, and the log shows nothing of it',
  );
}
