import { type Action, type Runtime } from '../../src/base/activity.js';
import { type Id } from '../../src/base/ids.js';
import { type SandboxOptions } from './sandbox.js';
import { type Timing, type Trouble } from './sandbox.js';

/**
 * One story of a trigger: the server, the wire, the client's lives, the other operators. All of it follows from the
 * seed. Times are ms; "after" means after the first run began.
 */
export interface Scenario {
  seed: number;
  server: ServerTraits;
  trigger: TriggerTraits;
  wire: WireTraits;
  /** The runs of the client, one after the other; all but the last are killed. */
  lives: Life[];
  /** SIGINT for the last run, this long after it began; null: none. */
  interruptMs: number | null;
  /** The laptop is shut for a while; null: it is not. */
  sleep: { afterMs: number; ms: number } | null;
  /** The client's wall clock is set forward, or (below 0) back; null: it is not. */
  wallJump: { afterMs: number; ms: number } | null;
  rivals: Rival[];
  /** Whether what is left to follow is followed by the command that the report gives. */
  resumes: boolean;
}

export interface ServerTraits {
  nodes: readonly [Id, ...Id[]];
  order: 'asc' | 'desc';
  history: number;
  idempotency: NonNullable<SandboxOptions['idempotency']>;
  storedReconfigure: NonNullable<SandboxOptions['storedReconfigure']>;
  unfinished: NonNullable<SandboxOptions['unfinished']>;
  answerMs: number;
  /** The server's clock minus the client's. */
  skewMs: number;
  timings: ReadonlyMap<Id, Timing>;
  troubles: ReadonlyMap<Id, Trouble>;
}

export interface TriggerTraits {
  runtime: Runtime;
  action: Action;
  kind: 'named' | 'observed' | 'expected';
  /** The nodes it is to reach. */
  targets: readonly Id[];
  wait: boolean;
  timeoutMs: number;
  intervalMs: number | null;
  callersKey: boolean;
}

export interface WireTraits {
  /** How likely a POST, or a read, meets a fault. */
  postFaults: number;
  readFaults: number;
  /** The longest that a request, or an answer, is on its way. */
  delayMs: number;
  /** Spans in which the log cannot be read at all. */
  unreadable: Array<{ fromMs: number; toMs: number; how: 'lost' | 'unavailable' | 'denied' }>;
  /** The first POST is turned away for this long. */
  throttledMs: number | null;
  /** How likely the journal fails to note the acceptance. */
  journalFaults: number;
}

export interface Life {
  /** Killed this long after it began; null: lives to its end. */
  killMs: number | null;
  /** From the death of the one before to its beginning. */
  pauseMs: number;
  /** Whose journal it has: that of the machine it runs on. */
  machine: number;
}

/** Another operator's doing. Kept out is only what no client could tell apart from its own. */
export interface Rival {
  /** Below 0: before the first run began. */
  afterMs: number;
  runtime: Runtime;
  action: Action;
  /** Null: every node. */
  nodes: readonly Id[] | null;
  /**
   * What tells it apart: another action, runtime or node (`other`); or, for the same on a target, that its entry shows
   * up before the first run begins, after the target's own has shown up, or while the POST is still turned away.
   */
  apart: 'other' | 'before' | 'afterwards' | 'throttled';
}

/** The longest that an entry takes to appear (issue 3). Later ones are tried with `--expect-nodes` only. */
export const LATEST_ENTRY_MS = 3000;
