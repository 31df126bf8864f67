/*
 * A run as data: one POST, and all that follows it. Here are its states, what it knows in any of
 * them, and what can be asked of it. run-moves.ts has the moves that several facts share, run.ts
 * says which step comes next, run-answer.ts what a record or an answer means, run-read.ts,
 * run-check.ts and run-end.ts what a read means.
 */

import type { ActionName, Runtime } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { Outcome } from '../base/outcome.js';
import type { Accepted } from '../base/supervisor.js';
import { Entries, type Known, type Wanted } from './entries.js';
import type { ExpectedTenant } from './foreign.js';
import type { JobEvent } from './events.js';
import type { StepOf } from './job.js';
import { BEFORE_POST, MINUTE, newPace, SECOND, type Pace } from './pace.js';

/**
 * Where a run stands. Each state holds what only it needs. Times are milliseconds of the job's
 * clock. `docs/rules.md` has the diagram.
 */
export type State =
  /**
   * Before a POST, or after one that had no effect. The log is read for the nodes, the busy ones
   * and the baseline. `deep`: the next read goes far back.
   */
  | { name: 'checking'; deep: boolean; notBefore: number }
  /** Before a POST, too: `--if-busy wait` waits until these entries are final. */
  | { name: 'blocked'; blockers: Entries }
  /** Its record, if the key is kept, is being written. The POST follows at once. */
  | { name: 'sending' }
  /** The record is written, and the POST is running: it may leave at any moment. */
  | { name: 'posting' }
  /** A POST may have left: the log decides. ldctl does not send again before this time. */
  | { name: 'unknown'; notBefore: number }
  /** Accepted. `decidesAt`: all entries are final; if no other shows up by then, the run ends. */
  | { name: 'following'; deadline: number; decidesAt: number | null }
  /**
   * `error`: why it was given up, an interrupt included; null where the answer or the log has
   * decided. No outcome: there is nothing to report but the error.
   */
  | { name: 'ended'; outcome: Outcome | null; error: LdctlError | null };

/**
 * The newest end of the log right before the POST: only what comes after may belong to this run.
 */
export interface Baseline {
  /** The highest id in the log; 0 before it was read. */
  id: Id;
  /** The server's clock then, ms UTC; null when it did not say. */
  date: number | null;
  /** When that read started; -Infinity where the baseline comes from a record. */
  readAt: number;
}

/** The POSTs of a run, whether they left or not. */
interface Attempts {
  /** How many backoffs there have been: the next one is longer. */
  backoffs: number;
  /** When the first one started, by the job's clock. */
  firstAt: number | null;
  /** The same moment by the wall clock, ms UTC: for the journal, and for people. */
  postedAt: number | null;
  /** How long after the first one the last may start, ms; -Infinity: none may (`sendNoMore`). */
  windowMs: number;
}

/** A POST that may have left: of this run, or of another one with its key. */
export interface Sent {
  /**
   * When its fate was last found unknown: a read that starts 5 s later shows it. Not used after
   * that.
   */
  lostAt: number;
  /**
   * This run sent it, or the one that it continues: its entries are above the baseline. A `202`
   * that is a replay is then of this very POST.
   */
  isOurs: boolean;
  /** The age of the record that this run continues from; null where this run sent it. */
  earlier: { ageMs: number } | null;
  /**
   * Its `202`. Null: none has come. Then the log or a record shows that it was accepted, if it was.
   */
  accepted: Accepted | null;
}

/**
 * Someone else has sent a POST with this key: the `202` is a replay of theirs, or theirs was in
 * progress. Its entries may be below the baseline: replay.ts says which ones count.
 */
export interface Replay {
  /** They were created at this time of the job's clock, or later. */
  since: number;
  /** The same by the server's clock, ms UTC; null until a read has shown that. */
  period: { from: number; to: number } | null;
  /** All of them are above this id; null before the first read after the run was accepted. */
  floor: Id | null;
}

/** What both a run and a wait are given. */
interface Plan extends Known {
  deploymentId: Id;
  /** A log of another one is refused. */
  tenant: ExpectedTenant | null;
  /** For all that follows the POST, ms. */
  timeoutMs: number;
  /** It ends at this time of the job's clock at the latest: then its roll does. */
  endsBy?: number;
}

export interface RunPlan extends Plan {
  runtime: Runtime;
  action: ActionName;
  /** Never empty; every node without it. */
  nodes?: readonly Id[] | undefined;
  /** How many nodes an every-node run must reach; without it the log decides. */
  expect?: number | undefined;
  idempotencyKey: string;
  /**
   * Whether the journal keeps the key, for a later run with it: a caller's own, or one of a
   * command's roll.
   */
  keepsKey: boolean;
  /** How much of the time before the POST has passed already, ms. */
  spentMs?: number | undefined;
  /** 8 digits of the hash of the API key: the server keeps idempotency keys by API key. */
  apiKeyHash: string;
  /** False: it ends as soon as it is accepted. */
  wait: boolean;
  ifBusy: 'ignore' | 'wait' | 'fail';
}

/** Following without sending. */
export interface WaitPlan extends Plan {
  wanted: Wanted;
  /** Only entries above this id count; not given for a wait by ids. */
  after?: Id;
}

/** With the key as the header has it, which also covers the action and the nodes. */
export type Trigger = RunPlan & { wireKey: string };

/** Data, changed only by the functions of run*.ts, replay.ts and, in a roll, roll-read.ts. */
export interface Run {
  /** What a run and a wait both have. */
  readonly plan: Plan;
  /** The same plan, with what only a run has; null for a wait, which sends nothing. */
  readonly trigger: Trigger | null;
  readonly entries: Entries;
  readonly pace: Pace;
  state: State;
  readonly attempts: Attempts;
  /** Null: certainly nothing was. */
  sent: Sent | null;
  /** A POST of it was made by this process. */
  hasPosted: boolean;
  /** The time limits count from then; null before it was accepted. */
  acceptedAt: number | null;
  /**
   * It has waited for a busy node, or its roll has acted on another one: too much was done by then
   * for a log that cannot be read to end it at once.
   */
  isUnderway: boolean;
  /** When `--if-busy wait` gives up; Infinity until it first waits. Later waits share it. */
  busyDeadline: number;
  baseline: Baseline;
  /** When all reads before a POST must have ended. Waiting for a busy node does not count. */
  readBy: number;
  /** The records of a key are numbered. This is the newest that the run knows of; 0 for none. */
  generation: number;
  replay: Replay | null;
  /** What it ends with if the fate of its POST stays unknown: what the POST met last. */
  fateError: LdctlError;
  /** To be written to the journal before any other step; also after the end. */
  marks: Array<StepOf<'note'>>;
  events: JobEvent[];
  /** Whether the rows have changed since they were last emitted. */
  changed: boolean;
}

/**
 * How long after the first POST of this process the last may start, and how long failing reads are
 * tolerated while its fate is unknown.
 */
export const RETRY_WINDOW = 120 * SECOND;

/**
 * How long after the first POST of a record the last may start: servers keep keys for 10 minutes.
 */
export const RESEND = 9 * MINUTE;

/** A read that started this long after a POST was lost shows what it did. */
export const READ_AFTER = 5 * SECOND;

const NO_TRACE = 'a run with this key was not answered, and the log shows nothing of it';

export function newRun(plan: Plan, trigger: Trigger | null, wanted: Wanted, now: number): Run {
  const entries = new Entries(wanted, plan);
  // Only a read from far back shows the nodes, and which of them have been busy for long.
  const deep = entries.listed === null || (trigger !== null && trigger.ifBusy !== 'ignore');
  return {
    plan,
    trigger,
    entries,
    pace: newPace(now),
    state: { name: 'checking', deep, notBefore: now },
    attempts: { backoffs: 0, firstAt: null, postedAt: null, windowMs: RETRY_WINDOW },
    sent: null,
    hasPosted: false,
    acceptedAt: null,
    isUnderway: false,
    busyDeadline: Infinity,
    baseline: { id: 0n, date: null, readAt: -Infinity },
    readBy: now + BEFORE_POST - (trigger?.spentMs ?? 0),
    generation: 0,
    replay: null,
    fateError: new LdctlError('unconfirmed', 'fate_unknown', NO_TRACE),
    marks: [],
    events: [],
    changed: false,
  };
}

/**
 * No more POSTs may start: the server may have forgotten the key, and would act twice; something
 * else has closed the window (`sendNoMore`); or the roll is over.
 */
export function isTooLate(run: Run, now: number): boolean {
  const { firstAt, windowMs } = run.attempts;
  return isRollOver(run, now) || now - (firstAt ?? now) > windowMs;
}

/** It was never seen to be accepted, and no process will ever send it again. */
export const isForgotten = ({ acceptedAt, attempts: { firstAt } }: Run, now: number): boolean =>
  acceptedAt === null && firstAt !== null && now - firstAt > RESEND;

export const isRollOver = ({ plan }: Run, now: number): boolean => now >= (plan.endsBy ?? Infinity);

/**
 * Whether the next read may let the run send again. It then goes as deep as the read for nodes:
 * only that notices if a server that sorts without a tie-breaker has left an entry out.
 */
export function maySendAgain(run: Run, now: number): boolean {
  const { state, sent } = run;
  return (
    state.name === 'unknown' &&
    now >= state.notBefore &&
    sent !== null &&
    now - sent.lostAt >= READ_AFTER &&
    !isTooLate(run, now)
  );
}

/** When what it waits for must have come; Infinity if there is no deadline. */
export function deadlineOf({ state, busyDeadline }: Run): number {
  if (state.name === 'blocked') {
    return busyDeadline;
  }
  return state.name === 'following' ? state.deadline : Infinity;
}

/** How it ended; null while it runs. */
export function endOf({ state }: Run): (State & { name: 'ended' }) | null {
  return state.name === 'ended' ? state : null;
}

/** Whether the log may show entries of this run by now. */
export function mayShowEntries({ state: { name } }: Run): boolean {
  return name === 'unknown' || name === 'following';
}
