import { isFailedGate } from '../base/outcome.js';
import { type NodeProgress } from '../base/progress.js';
import { isFailed, isSettled, statusRank } from './status.js';

/** Whether it has gone wrong; of a roll, also when it was given up, or its gate did not let the roll go on. */
export function hasFailed(node: NodeProgress): boolean {
  return isFailed(node.status) || (node.stage === 'done' && (!isSettled(node.status) || isFailedGate(node.gate)));
}

/** Whether nothing more will come of it; of a roll, whether it has had its turn. */
export function isOver({ status, stage }: NodeProgress): boolean {
  return stage === undefined ? isSettled(status) : stage === 'done';
}

/** Whether a node of a roll has its turn just now. */
export function isUnderway({ stage }: NodeProgress): boolean {
  return stage !== undefined && stage !== 'waiting' && stage !== 'done';
}

/** Which rows a full screen keeps: what went wrong, then what is going on. */
export function progressRank(node: NodeProgress): number {
  if (hasFailed(node)) return 0;
  return isUnderway(node) ? 1 : statusRank(node.status);
}
