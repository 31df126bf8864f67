import type { ExitName } from './exit-codes.js';
import type { Id } from './ids.js';

/** How a trigger, or the following of one, ended, and its exit code. */
export const OUTCOMES = {
  completed: 'done',
  accepted: 'done',
  dry_run: 'done',
  rejected: 'rejected',
  timed_out: 'timedOut',
  unconfirmed: 'unconfirmed',
  halted: 'halted',
  /** Or by the exit of another signal. */
  interrupted: 'sigint',
} as const satisfies Record<string, ExitName>;

export type Outcome = keyof typeof OUTCOMES;

/**
 * Which nodes a trigger is about: those named, as many as `--expect-nodes` says, or those the log
 * shows.
 */
export type TargetKind = 'named' | 'expected' | 'observed';

/** What is known of one target. */
export interface NodeResult {
  /** Null for a node that was counted, by `--expect-nodes` or Core, and never seen. */
  node_id: Id | null;
  /** Null before one was seen. */
  activity_id: Id | null;
  /**
   * From the log, such as `completed`; `missing` without an entry; of a roll `not_started` where it
   * ended before the node, `unconfirmed` where a POST of unknown fate is too old to be sent again.
   */
  status: string | null;
  created_at: string | null;
  finished_at: string | null;
  /** Several entries may be the one of this trigger. */
  ambiguous: boolean;
  /**
   * In a roll only: when the node was started, RFC 3339 UTC by this machine's clock; null when it
   * was not.
   */
  started_at?: string | null;
  /** In a roll only; null when no gate was run after the node. */
  gate?: GateResult | null;
  /** In a roll that was resumed: its gate passed then, and is not run again. */
  passed_earlier?: true;
}

/** How a gate ended. */
export interface GateResult {
  /** Null when it was ended before it could exit. */
  exit_code: number | null;
  timed_out: boolean;
  /** An interrupt ended it. */
  cut_off: boolean;
  took_ms: number;
}

/** A gate that failed halts the roll. */
export function isFailedGate(gate: GateResult | null | undefined): gate is GateResult {
  return gate !== undefined && gate !== null && gate.exit_code !== 0;
}

export const MISSING = 'missing';
export const NOT_STARTED = 'not_started';
export const UNCONFIRMED = 'unconfirmed';

/** A target of which no entry is known. */
export function emptyNodeResult(
  target: { node_id?: Id | null; activity_id?: Id | null },
  status: typeof MISSING | typeof NOT_STARTED | null,
): NodeResult {
  const { node_id = null, activity_id = null } = target;
  return { node_id, activity_id, status, created_at: null, finished_at: null, ambiguous: false };
}

/**
 * What is printed after the outcome, in this order. Null is what is not known, or differs between
 * several triggers.
 */
export interface ResultFacts {
  runtime: string | null;
  action: string | null;
  deployment_id: Id;
  /** The profile that it was reached by; null without one. */
  profile: string | null;
  /** The caller's own, or a random one. */
  idempotency_key: string | null;
  targets: TargetKind;
  /** How many nodes the deployment has by Core; null where it was not asked, or did not say. */
  core_count: number | null;
  /** Whether it was sent now. If not, all that this command followed was sent by an earlier one. */
  sent: boolean;
  /** The API knew the key: an earlier run had sent this trigger. */
  replayed: boolean | null;
  /**
   * The answer was lost. The log, or the record of an earlier run, showed that the action ran.
   */
  recovered: boolean | null;
  /** The API's `ld-request` of the POST: support asks for it. */
  request_id: string | null;
  nodes: NodeResult[];
  /**
   * Of every node: those that the log lists, and that have not acted. Core no longer counts them,
   * or they were only ever acted on in another runtime. `nodes` does not hold them.
   */
  not_acted_on: readonly Id[];
  /** The command that resumes it; null when nothing is left to follow. */
  resume: string | null;
}

export type ResultFields = ResultFacts & { outcome: Outcome };

/** The facts of a run that has sent nothing. */
export const unsentFacts = (
  known: Pick<
    ResultFacts,
    | 'runtime'
    | 'action'
    | 'deployment_id'
    | 'profile'
    | 'idempotency_key'
    | 'targets'
    | 'core_count'
  >,
  nodes: readonly Id[],
): ResultFacts => ({
  ...known,
  sent: false,
  replayed: null,
  recovered: null,
  request_id: null,
  nodes: nodes.map((node_id) => emptyNodeResult({ node_id }, NOT_STARTED)),
  not_acted_on: [],
  resume: null,
});
