import type { Id } from './ids.js';

/** What a gate gets in its environment; the key is not among it. */
export interface GateFacts {
  nodeId: Id;
  activityId: Id | null;
  deploymentId: Id;
  runtime: string;
  action: string;
}

/** Where a node of a roll stands, for displays. */
export type RollStage = 'waiting' | 'running' | 'pause' | 'gate' | 'done';
