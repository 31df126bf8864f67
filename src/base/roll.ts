import type { Id } from './ids.js';
import type { GateResult } from './outcome.js';

/** What a gate gets in its environment; the key is not among it. */
export interface GateFacts {
  nodeId: Id;
  activityId: Id | null;
  deploymentId: Id;
  runtime: string;
  action: string;
}

/** Decides after each node whether the roll goes on: 0 lets it. Given by the command line, so that jobs start nothing. */
export type Gate = (facts: GateFacts, tools: GateTools) => Promise<GateResult>;

export interface GateTools {
  /** @throws its reason, after the gate has been ended */
  signal: AbortSignal;
  /** How long the roll has left; ms, `Infinity` for no end. A gate that takes longer is ended as one that timed out. */
  timeLeftMs: number;
  /** Takes what the gate writes, line by line; wait for it before the next. */
  onLine: (line: string) => Promise<void>;
}

/** Where a node of a roll stands, for displays. */
export type RollStage = 'waiting' | 'running' | 'pause' | 'gate' | 'done';
