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
} as const satisfies Record<string, ExitName>;

/** An interrupt's exit code depends on the signal, so it is not in the table. */
export type Outcome = keyof typeof OUTCOMES | 'interrupted';

/** Which nodes a trigger is about: those named, as many as `--expect-nodes` says, or those the log shows. */
export type TargetKind = 'named' | 'expected' | 'observed';

/** What is known of one target. */
export interface NodeResult {
  /** Null for a node that was counted (`--expect-nodes`) and never seen. */
  node_id: Id | null;
  /** Null as long as none was seen. */
  activity_id: Id | null;
  /** The log's, such as `completed`; `missing` where no entry appeared, `not_started` where a roll did not come to it. */
  status: string | null;
  created_at: string | null;
  finished_at: string | null;
  /** Two entries fit this node, and which one is this trigger's cannot be told. */
  ambiguous: boolean;
  /** In a roll only: when the node's trigger was begun, RFC 3339 UTC by this machine's clock; null when it was not. */
  started_at?: string | null;
  /** In a roll only: how the gate after the node ended; null when none was run. */
  gate?: GateResult | null;
}

/** How a gate ended. */
export interface GateResult {
  /** Null when it was ended before it could exit. */
  exit_code: number | null;
  timed_out: boolean;
  took_ms: number;
}

/** Whether it did not let the roll go on. */
export function isFailedGate(gate: GateResult | null | undefined): gate is GateResult {
  return gate !== undefined && gate !== null && gate.exit_code !== 0;
}

export const MISSING = 'missing';
export const NOT_STARTED = 'not_started';

/** A target of which no entry is known. */
export function emptyNodeResult(
  target: { node_id?: Id | null; activity_id?: Id | null },
  status: typeof MISSING | typeof NOT_STARTED | null,
): NodeResult {
  const { node_id = null, activity_id = null } = target;
  return { node_id, activity_id, status, created_at: null, finished_at: null, ambiguous: false };
}

/** What `trigger` and `wait` print, in this order, after the outcome. What is not known, or not shared by several triggers, is null. */
export interface ResultFacts {
  runtime: string | null;
  action: string | null;
  deployment_id: Id;
  /** The caller's own, or the random one: what a later run needs to follow this one. */
  idempotency_key: string | null;
  targets: TargetKind;
  /** The API answered from its memory of the key: an earlier run had sent it. */
  replayed: boolean | null;
  /** No answer came, and the log told that it was carried out; or an earlier run's record did. */
  recovered: boolean | null;
  /** The API's `ld-request` of the POST: support asks for it. */
  request_id: string | null;
  nodes: NodeResult[];
  /** The command that takes it up again; null when there is nothing left to follow. */
  resume: string | null;
}

export type ResultFields = ResultFacts & { outcome: Outcome };
