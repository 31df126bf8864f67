/*
 * A run as data: one POST, and all that follows it. Here are its states, what is certain beside them,
 * and the moves that several facts have in common. run.ts says which step comes next, run-answer.ts
 * what a record or an answer means, run-read.ts what a read means.
 */

import type { ActionName, Runtime } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { Mark } from '../base/journal.js';
import type { Outcome } from '../base/outcome.js';
import type { Accepted } from '../base/supervisor.js';
import { Entries, type ExpectedTenant, type Listed, type Wanted } from './entries.js';
import type { JobEvent } from './events.js';
import type { StepOf } from './job.js';
import { newPace, quicken, SECOND, type Pace } from './pace.js';

/**
 * Where a run stands. Each state holds what only it needs. Times are milliseconds of the job's
 * clock. `docs/rules.md` has the diagram.
 */
export type State =
  /**
   * Nothing was sent. The log says which nodes there are, which are busy, and the baseline. `deep`:
   * it has not been read far back yet. `deadline`: for all waiting with `--if-busy wait`.
   */
  | { name: 'checking'; deep: boolean; notBefore: number; deadline: number }
  /** Nothing was sent. `--if-busy wait`: until these entries are final. */
  | { name: 'blocked'; by: Entries; deadline: number }
  /** Nothing was sent. This ends it, unless another run has used the key meanwhile. */
  | { name: 'failing'; error: LdctlError }
  /** The record of the next POST is due at this time. */
  | { name: 'sending'; notBefore: number }
  /** The record is written and the POST is running: it may be sent at any moment. */
  | { name: 'posting' }
  /** A POST may have run: the log decides. ldctl does not send again before this time. */
  | { name: 'unknown'; notBefore: number }
  /** Accepted. `decidesAt`: all entries are final, and until then another may show up. */
  | { name: 'following'; deadline: number; decidesAt: number | null }
  /** No outcome: nothing was sent, because of the error. An interrupt is an error, too. */
  | { name: 'ended'; outcome: Outcome | null; error: LdctlError | null };

/** How the log was right before the POST: what is newer may be of this run. */
interface Baseline {
  /** The highest id; 0 before it was read. */
  id: Id;
  /** The server's clock then, ms UTC; null when it did not say. */
  date: number | null;
  /** When that read started; -Infinity where a record says it. */
  readAt: number;
}

/** The POSTs of a run, whether they were sent or not. */
export interface Attempts {
  /** How many were put off. */
  count: number;
  /** The first one: by the job's clock, and by the wall clock (ms UTC). */
  firstAt: number | null;
  postedAt: number | null;
  /** How long after the first one the last may be made, ms. -Infinity: none is made again. */
  until: number;
}

/** What may have been sent. */
export interface Sent {
  /** Since when its fate is unknown: a read that started 5 s later shows it. */
  lostAt: number;
  /** Sent by this run, or by the one that left the record: a replay is of that. */
  isOurs: boolean;
  redirected: boolean;
  /** The age of the record that this run continues from. */
  earlier: { ageMs: number } | null;
  accepted: Accepted | null;
  /** Known from the log or a record, not from a `202`. */
  recovered: boolean;
}

/**
 * A `202` was a replay of what someone else sent. `reach`: how long before the next read its
 * entries can have been created, ms. That read turns it into times of the server's clock (ms UTC),
 * and into the id that they are above.
 */
export interface Replay {
  reach: number;
  from: number;
  to: number;
  floor: Id | null;
}

interface Limits {
  deploymentId: Id;
  /** For all that follows the POST, ms. */
  timeoutMs: number;
  /** How long an entry may take to show up in the log, ms. */
  appearMs: number;
}

export interface RunPlan extends Limits {
  runtime: Runtime;
  action: ActionName;
  /** Null: every node. Never empty. */
  nodes: readonly Id[] | null;
  /** How many nodes an every-node run must reach; null when the log decides. */
  expect: number | null;
  /** The nodes that the log lists; null: the run reads it for them. */
  listed: Listed | null;
  /** How many nodes there are by Core; null when that is not known. */
  core: number | null;
  idempotencyKey: string;
  /** Whether a later run with the key follows this one: a caller's own key, or a roll's. */
  kept: boolean;
  /** 8 digits of the hash of the API key: the server keeps idempotency keys by API key. */
  apiKey: string;
  /** False: it ends once it was accepted. */
  wait: boolean;
  ifBusy: 'ignore' | 'wait' | 'fail';
  tenant: ExpectedTenant | null;
}

/** Following without sending. */
export interface WaitPlan extends Limits {
  wanted: Wanted;
  /** As in a run. */
  listed?: Listed | null;
  core?: number | null;
  /** Entries above it count; for ids, it is below the lowest. */
  after: Id;
}

export type Trigger = RunPlan & { wireKey: string };

/** Plain data, changed only by the functions of run-state, run, run-answer and run-read. */
export interface Run {
  readonly plan: Limits;
  /** Null where nothing is ever sent. */
  readonly trigger: Trigger | null;
  readonly entries: Entries;
  readonly pace: Pace;
  state: State;
  readonly attempts: Attempts;
  /** Null: certainly nothing. */
  sent: Sent | null;
  /** The time limits count from it; null before it was accepted. */
  acceptedAt: number | null;
  baseline: Baseline;
  /** The record that it continues from, its own or another run's; 0 for none. */
  generation: number;
  replay: Replay | null;
  lastError: LdctlError;
  /** For the journal, before anything else is done; also after the end. */
  marks: Array<StepOf<'note'>>;
  events: JobEvent[];
  /** Whether the rows have changed since they were last emitted. */
  changed: boolean;
}

/**
 * How long after the first POST of this process the last may be made, and how long failing reads
 * are tolerated while its fate is unknown.
 */
export const TRIES = 120 * SECOND;

/** A read that started this long after a POST was lost shows what it did. */
export const READ_AFTER = 5 * SECOND;

const NO_TRACE = 'a run with this key was not answered, and the log shows nothing of it';

export function newRun(plan: Limits, trigger: Trigger | null, wanted: Wanted, now: number): Run {
  const entries = new Entries(wanted, plan.appearMs);
  entries.listed ??= trigger?.listed ?? null;
  entries.core = trigger?.core ?? null;
  const deep = entries.listed === null || (trigger !== null && trigger.ifBusy !== 'ignore');
  return {
    plan,
    trigger,
    entries,
    pace: newPace(now),
    state: { name: 'checking', deep, notBefore: now, deadline: Infinity },
    attempts: { count: 0, firstAt: null, postedAt: null, until: TRIES },
    sent: null,
    acceptedAt: null,
    baseline: { id: 0n, date: null, readAt: -Infinity },
    generation: 0,
    replay: null,
    lastError: new LdctlError('unconfirmed', 'fate_unknown', NO_TRACE),
    marks: [],
    events: [],
    changed: false,
  };
}

/** From now on something may have been sent. */
export function noteSent(run: Run, now: number): Sent {
  run.sent ??= {
    lostAt: now,
    isOurs: false,
    redirected: false,
    earlier: null,
    accepted: null,
    recovered: false,
  };
  return run.sent;
}

/** A POST may have run: the log is read before the run sends again. */
export function lose(run: Run, now: number, { notBefore = now, lostAt = now } = {}): void {
  noteSent(run, now).lostAt = lostAt;
  run.state = { name: 'unknown', notBefore };
  quicken(run.pace, now, now + SECOND / 2);
}

/**
 * `recovered`: the log or a record shows it, not a `202`. `isCertain`: false where a run that does
 * not wait has to look at the log first.
 */
export function accept(run: Run, now: number, { recovered = false, isCertain = true } = {}): void {
  const sent = noteSent(run, now);
  sent.recovered = recovered;
  run.changed = true;
  follow(run, now);
  run.events.push(dispatchedBy(sent));
  if (run.trigger?.wait === false && isCertain) {
    run.state = { name: 'ended', outcome: 'accepted', error: null };
  }
}

function dispatchedBy({ accepted, recovered, earlier }: Sent): JobEvent {
  const { requestId = null, replayed = false } = accepted ?? {};
  const known = earlier && (recovered || replayed) && { earlier };
  return { event: 'dispatched', request_id: requestId, replayed, recovered, ...known };
}

export function follow(run: Run, now: number): void {
  run.acceptedAt = now;
  run.state = { name: 'following', deadline: now + run.plan.timeoutMs, decidesAt: null };
  quicken(run.pace, now, now + SECOND / 2);
}

/** What may have been sent is unconfirmed, or was interrupted; all else failed by the error. */
export function giveUp(run: Run, error: LdctlError): void {
  const isInterrupt = error instanceof Interrupted;
  const hasStarted = run.trigger
    ? run.sent !== null
    : run.entries.readAt > -Infinity || isInterrupt;
  const outcome = isInterrupt ? 'interrupted' : 'unconfirmed';
  run.state = { name: 'ended', outcome: hasStarted ? outcome : null, error };
}

/** What a read says against the run. Before a POST it may have been sent by another process. */
export function fail(run: Run, error: LdctlError): void {
  if (run.trigger && (run.state.name === 'checking' || run.state.name === 'blocked')) {
    run.state = { name: 'failing', error };
  } else {
    giveUp(run, error);
  }
}

export function interrupt(run: Run, reason: Interrupted, now: number): void {
  if (run.state.name === 'posting') {
    noteSent(run, now);
  }
  if (run.state.name !== 'ended') {
    giveUp(run, reason);
  }
}

/** A roll is over: nothing more is sent, not even again. What may have been sent is looked for. */
export function callOff(run: Run, error: LdctlError): void {
  if (run.state.name === 'following' || run.state.name === 'ended') {
    return;
  }
  run.attempts.until = -Infinity;
  if (run.state.name === 'posting') {
    // It may leave at any moment: its answer decides.
    return;
  }
  if (!run.sent) {
    giveUp(run, error);
  } else if (run.state.name === 'sending') {
    run.state = { name: 'unknown', notBefore: -Infinity };
  }
}

/**
 * What was created more than 10 s before the baseline was read is not an entry of this run. Some clocks
 * of a server may differ by a few seconds, and its date is cut to whole ones.
 */
const EARLIER = 10 * SECOND;

export function setBaseline(run: Run, baseline: Baseline): void {
  run.baseline = baseline;
  run.entries.createdFrom = baseline.date === null ? null : baseline.date - EARLIER;
}

/** The server may have forgotten the key by now, and would do it twice. */
export function isTooLate({ attempts }: Run, now: number): boolean {
  return now - (attempts.firstAt ?? now) > attempts.until;
}

/**
 * Whether only a look at the log stands between a POST whose fate is unknown and the next one. That
 * look goes as deep as for nodes: one that ends sooner could miss what the server hides.
 */
export function maySendAgain({ state, sent }: Run, now: number): boolean {
  return (
    state.name === 'unknown' &&
    now >= state.notBefore &&
    sent !== null &&
    !sent.redirected &&
    now - sent.lostAt >= READ_AFTER
  );
}

/** Without a record there is nothing to mark. */
export function addMark(run: Run, mark: Mark): void {
  const { generation, trigger } = run;
  if (trigger && generation > 0) {
    run.marks.push({ do: 'note', key: trigger.wireKey, generation, mark });
  }
}

export function deadlineOf({ state }: Run): number {
  return state.name === 'blocked' || state.name === 'following' ? state.deadline : Infinity;
}

/** How it ended; null while it runs. */
export function endOf({ state }: Run): (State & { name: 'ended' }) | null {
  return state.name === 'ended' ? state : null;
}

/** Whether the log has something to say about what this run has sent. */
export function isPosted({ state: { name } }: Run): boolean {
  return name === 'unknown' || name === 'following';
}
