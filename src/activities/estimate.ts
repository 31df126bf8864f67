import { isFinal } from '../base/activity.js';
import { MISSING } from '../base/outcome.js';
import type { NodeProgress, ProgressEstimate } from '../base/progress.js';

/** What is yet to be started in a roll. */
export interface RollAhead {
  /** How many nodes may be underway at once. */
  window: number;
  /** Between the completion of a node and the next one, ms. */
  pauseMs: number;
  /** Whether more nodes are started at all. */
  goesOn: boolean;
}

/**
 * When all of it may be over, if every node takes as long as usual; nothing where the usual time is not known.
 * @param usualMs how long it usually takes a node
 * @param now monotonic clock, ms
 */
export function estimate(
  nodes: readonly NodeProgress[],
  usualMs: number | null,
  now: number,
  roll: RollAhead | null = null,
): ProgressEstimate {
  if (usualMs === null) return {};
  const left = nodes.filter(isUnderway).map(({ since }) => Math.max((since ?? now) + usualMs - now, 0));
  const waiting = roll?.goesOn === true ? nodes.filter(({ stage }) => stage === 'waiting').length : 0;
  if (left.length === 0 && waiting === 0) return { usualMs };
  const places = Math.min(roll?.window ?? Infinity, left.length + waiting);
  const work = sum(left) + waiting * (usualMs + (roll?.pauseMs ?? 0));
  return { usualMs, endsAt: now + Math.max(work / places, ...left) };
}

/** An entry that goes on; or, in a roll, a node whose entry has yet to appear. */
function isUnderway({ status, stage }: NodeProgress): boolean {
  if (stage === 'waiting' || stage === 'done') return false;
  return status === null ? stage === 'running' : status !== MISSING && !isFinal(status);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
