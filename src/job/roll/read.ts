/*
 * The reads of a roll: one serves all of its nodes. run/run.ts says what it means for each.
 */

import type { DownTo } from '../../log/log.js';
import type { FactOf, Step, StepOf } from '../job.js';
import { readGap } from '../pace.js';
import { sharedReadOf, takeOfRun } from '../run/run.js';
import { hasSent, runOf, type Roll } from './state.js';

/** As deep as any node needs, and cut off at the earliest cut-off. */
export function widenForAll(roll: Roll, step: StepOf<'read'>, now: number): Step {
  let { downTo, cutAt } = step;
  for (const node of roll.nodes) {
    const run = runOf(node);
    const shared = run && sharedReadOf(run, now);
    if (shared) {
      downTo = deeper(downTo, shared.downTo);
      cutAt = Math.min(cutAt, shared.cutAt);
    }
  }
  return { ...step, downTo, cutAt };
}

function deeper(a: DownTo, b: DownTo): DownTo {
  if (a === 'forNodes' || b === 'forNodes') return 'forNodes';
  // Down to an id may be less than the newest page: `moveBaseline` takes that into account.
  if (a === 'newest') return b;
  return b === 'newest' || a < b ? a : b;
}

/**
 * A node to which nothing was sent takes only the read that it asked for: its baseline is read
 * right before its POST.
 */
export function takeReadOfRoll(
  roll: Roll,
  step: StepOf<'read'>,
  fact: FactOf<'read'>,
  now: number,
): void {
  if (fact.is === 'read') roll.nextReadAt = now + readGap(fact.read.requests);
  for (const node of roll.nodes) {
    const run = runOf(node);
    if (run && (node.id === step.node || sharedReadOf(run, now))) {
      run.isUnderway ||= hasSent(roll);
      takeOfRun(run, step, fact, now);
      // Where the server limits requests, no other one comes between a read and its POST.
      if (run.state.name === 'sending') {
        roll.nextReadAt = Math.max(roll.nextReadAt, run.state.notBefore);
      }
    }
  }
}
