/*
 * A run as data: one POST, and all that follows it. Here are its states, the moves between them, and
 * what a run knows in each of them. Each of the other files says what happens in one or two states.
 */

import type { ActionName, Runtime } from '../../base/activity.js';
import type { LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { Mark } from '../../base/journal.js';
import type { Outcome } from '../../base/outcome.js';
import type { Accepted } from '../../base/supervisor.js';
import type { IdEntries, Known, NodeEntries, Wanted } from '../entries.js';
import type { JobEvent } from '../events.js';
import type { ExpectedTenant } from '../../log/foreign.js';
import type { StepName, StepOf } from '../job.js';
import { SECOND, type Pace } from '../pace.js';

/**
 * What each state holds, which step it asks for, and which states may follow once that is done. Not
 * here: what time alone does (`tickRun`), and what comes from outside in any state (run.ts), such as
 * an interrupt. docs/rules.md draws it all, and says why a run goes each way. Times are ms of the
 * job's clock.
 */
interface States {
  /**
   * Before a POST, or after one that had no effect. The log is read for the nodes, the busy ones
   * and the baseline. `deep`: the next read goes far back.
   */
  checking: {
    is: { deep: boolean; notBefore: number };
    asks: 'read';
    next: 'checking' | 'blocked' | 'sending' | 'ended';
  };
  /** Also before a POST: `--if-busy wait` waits until these entries are final. */
  blocked: {
    is: { blockers: IdEntries };
    asks: 'read';
    next: 'blocked' | 'checking' | 'ended';
  };
  /**
   * The POST comes next, after its record if the key is kept. `before`: an earlier POST that may
   * have left, although the log shows no entry of it. The next one is then the same again. It waits
   * until `notBefore`, where the server limits requests.
   */
  sending: {
    is: { before: Sent | null; notBefore: number };
    asks: 'record';
    next: 'posting' | 'unknown' | 'following' | 'ended';
  };
  /** The record is written, and the POST is running: it may leave at any moment. */
  posting: {
    is: { sent: Sent; before: Sent | null };
    asks: 'post';
    next: 'checking' | 'unknown' | 'following' | 'ended';
  };
  /**
   * A POST may have left: the log decides. ldctl does not send again before `notBefore`, nor while
   * its roll has no room for another POST.
   */
  unknown: {
    is: { sent: Sent; notBefore: number; isHeldBack: boolean };
    asks: 'read';
    next: 'unknown' | 'sending' | 'following' | 'ended';
  };
  /**
   * It was accepted: its time limits count from then. `sent`: null for a wait. `decidesAt`: all
   * entries are final, and if no other shows up by then, the run ends.
   */
  following: {
    is: { sent: Sent | null; acceptedAt: number; deadline: number; decidesAt: number | null };
    asks: 'read';
    next: 'following' | 'ended';
  };
  ended: { is: Reported | Unreported; asks: never; next: never };
}

type StateName = keyof States;
/** A run that is in one of these states. */
export type In<N extends StateName> = { [P in N]: { name: P } & States[P]['is'] }[N];
export type State = In<StateName>;
/** One that waits for a read. */
export type Reading = In<
  { [N in StateName]: 'read' extends States[N]['asks'] ? N : never }[StateName]
>;
/** The state that follows once a run has the fact that it asked for. */
export type Then<N extends StateName> = In<States[N]['next']>;
/** What a state asks for. */
export type Ask<N extends StateName> = StepOf<States[N]['asks'] & StepName> | Wait;
type Wait = { do: 'wait'; until: number };

/**
 * `error`: why it was given up, an interrupt included; null where the answer or the log has
 * decided. `acceptedAt`: null where nothing shows that it was.
 */
export interface Reported {
  outcome: Outcome;
  error: LdctlError | null;
  sent: Sent | null;
  acceptedAt: number | null;
}

/** There is nothing to report but the error. */
interface Unreported {
  outcome: null;
  error: LdctlError;
}

/**
 * The newest end of the log right before the POST: only what comes after may belong to this run.
 */
interface Baseline {
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
  /** How long the next one waits after the read before it, ms. */
  spacingMs: number;
  /** When the first one started, by the job's clock. */
  firstAt: number | null;
  /** The same moment by the wall clock, ms UTC: for the journal, and for people. */
  postedAt: number | null;
  /** How long after the first one the last may start, ms; -Infinity: none may start. */
  windowMs: number;
}

/** A POST that may have left: of this run, or of another one with its key. */
export interface Sent {
  /**
   * When no answer came, or a record said that none had come: a read that starts `READ_AFTER` later
   * shows what it did. Only `unknown` uses it.
   */
  lostAt: number;
  /**
   * Null: this run sent it, or the one that it continues, so its entries are above the baseline. It
   * stays null then: a later `202` that is a replay is of this very POST.
   */
  replay: Replay | null;
  /** It is of the record that this run continues from. */
  isEarlier: boolean;
  /**
   * Its `202`. Null: none has come. Then the log or a record shows that it was accepted, if it was.
   */
  accepted: Accepted | null;
}

/**
 * Someone else has sent a POST with this key: the `202` is a replay of theirs, or theirs was in
 * progress. Its entries may be below the baseline: whose.ts says which ones count.
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
export interface Plan extends Known {
  deploymentId: Id;
  /** Only shown. */
  profile: string | null;
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
  /**
   * What a person has agreed to on every node. Before each POST the log is held against it, as it is
   * against `expect`; without either, every node is meant, whichever those are.
   */
  agreed?: Agreed | undefined;
  /** The command that does it again, for a run that is refused; a program has none. */
  again?: string | undefined;
  /** False: it ends as soon as it is accepted. */
  wait: boolean;
  ifBusy: 'ignore' | 'wait' | 'fail';
}

/** The nodes of a question that was answered with yes. */
export interface Agreed {
  /** Those that it was about, for whatever runtime. */
  nodes: readonly Id[];
  /** How many it said; more than these where Core counts more than the log lists. */
  most: number;
}

/** Following without sending. */
export interface WaitPlan extends Plan {
  wanted: Wanted;
  /** Only entries above this id count; not given for a wait by ids. */
  after?: Id;
}

/** With the key as the header has it, which also covers the action and the nodes. */
export type Trigger = RunPlan & { wireKey: string };

/** Data, changed only by the functions of this folder and, in a roll, by those of roll/. */
export interface Run {
  /** What a run and a wait both have. */
  readonly plan: Plan;
  /** The same plan, with what only a run has; null for a wait, which sends nothing. */
  readonly trigger: Trigger | null;
  readonly entries: NodeEntries | IdEntries;
  readonly pace: Pace;
  readonly attempts: Attempts;
  /** Set by run.ts alone; the functions of the states return the next one. */
  state: State;
  /**
   * This process has made a POST of it that may have had an effect; also one that was answered that
   * such a request is in progress, which a gateway may have made of it.
   */
  hasPosted: boolean;
  /**
   * It has waited for a busy node, or its roll has acted on another one. Then a failed read before
   * its POST does not end it at once.
   */
  isUnderway: boolean;
  /** When `--if-busy wait` gives up; Infinity until it first waits. Later waits share it. */
  busyDeadline: number;
  baseline: Baseline;
  /** When all reads before a POST must have ended. Waiting for a busy node does not count. */
  readBy: number;
  /** The records of a key are numbered. This is the newest that the run knows of; 0 for none. */
  generation: number;
  /** The highest id in the log when an earlier run with its record was settled; null for none. */
  newestWhenSettled: Id | null;
  /** What it ends with if the fate of its POST stays unknown: what the POST met last. */
  fateError: LdctlError;
  /** To be written to the journal before any other step; also after the end. */
  marks: Array<StepOf<'note'>>;
  events: JobEvent[];
  /** Whether the rows have changed since they were last emitted. */
  changed: boolean;
}

/** A run that sends. A wait is only ever `following`, and then `ended`. */
export type Sender = Run & { readonly trigger: Trigger };

/**
 * How long after the first POST of this process the last may start, and how long failing reads are
 * tolerated while its fate is unknown.
 */
export const RETRY_WINDOW = 120 * SECOND;

/** @throws Error where only a run that sends can be */
export function senderOf(run: Run): Sender {
  if (!sends(run)) throw new Error(`a wait is ${run.state.name}`);
  return run;
}

const sends = (run: Run): run is Sender => run.trigger !== null;

/** A POST that may have left now. */
export const newSent = (now: number): Sent => ({
  lostAt: now,
  replay: null,
  isEarlier: false,
  accepted: null,
});

/**
 * What may have been sent; null: nothing was. A POST that is running does not count here:
 * `mayHaveLeft` counts it, at its end.
 */
export function sentOf({ state }: Run): Sent | null {
  switch (state.name) {
    case 'sending':
    case 'posting':
      return state.before;
    case 'unknown':
    case 'following':
      return state.sent;
    case 'ended':
      return state.outcome === null ? null : state.sent;
    case 'checking':
    case 'blocked':
      return null;
  }
}

/** Since when it is known to be accepted, by the job's clock; null where it is not. */
export function acceptedAtOf({ state }: Run): number | null {
  return 'acceptedAt' in state ? state.acceptedAt : null;
}

/** How it ended; null while it runs. */
export function endOf({ state }: Run): In<'ended'> | null {
  return state.name === 'ended' ? state : null;
}

/**
 * No more POSTs may start: the server may have forgotten the key, and would act twice; something
 * else forbids it (`sendNoMore`); or the roll is over.
 */
export function isTooLate(run: Run, now: number): boolean {
  const { firstAt, windowMs } = run.attempts;
  return isRollOver(run, now) || now - (firstAt ?? now) > windowMs;
}

export const isRollOver = ({ plan }: Run, now: number): boolean => now >= (plan.endsBy ?? Infinity);

/** From now on `isTooLate`: a run that is `unknown` only looks. */
export function sendNoMore({ attempts }: Run): void {
  attempts.windowMs = -Infinity;
}

/** Marks the record of this run, if it has one. */
export function addMark({ generation, trigger, marks }: Run, mark: Mark, newest?: Id): void {
  if (!trigger || generation === 0) return;
  marks.push({
    do: 'note',
    key: trigger.wireKey,
    generation,
    mark,
    ...(newest !== undefined && { newest }),
  });
}
