import type { KeptRun } from '../base/journal.js';
import type { Job } from './job.js';
import { eventsOfRoll, eventsOfRun, resultOfRoll, resultOfRun } from './result.js';
import { createRoll, type RollPlan } from './roll-state.js';
import { gateEnded, interruptRoll, nextOfRoll, takeOfRoll, tickRoll, windDown } from './roll.js';
import { interrupt, takeLateCount } from './run-moves.js';
import type { Run, RunPlan, WaitPlan } from './run-state.js';
import { createRun, createWait, nextOfRun, takeOfRun, tickRun } from './run.js';

function jobOf(run: Run): Job {
  return {
    tick: (now) => tickRun(run, now),
    next: (now) => nextOfRun(run, now),
    take: (step, fact, now) => takeOfRun(run, step, fact, now),
    interrupt: (reason, now) => interrupt(run, reason, now),
    counted: (core, now) => takeLateCount(run, core, now),
    events: () => eventsOfRun(run),
    result: () => resultOfRun(run),
  };
}

export function runJob(plan: RunPlan, kept: KeptRun | null, now: number): Job {
  return jobOf(createRun(plan, kept, now));
}

export function waitJob(plan: WaitPlan, now: number): Job {
  return jobOf(createWait(plan, now));
}

export function rollJob(plan: RollPlan, kept: ReadonlyArray<KeptRun | null>, now: number): Job {
  const roll = createRoll(plan, kept, now);
  return {
    tick: (at) => tickRoll(roll, at),
    next: (at) => nextOfRoll(roll, at),
    take: (step, fact, at) => takeOfRoll(roll, step, fact, at),
    interrupt: (reason, at) => interruptRoll(roll, reason, at),
    windDown: (reason) => windDown(roll, reason),
    gateEnded: (node, gate, at) => gateEnded(roll, node, gate, at),
    events: () => eventsOfRoll(roll),
    result: () => resultOfRoll(roll),
  };
}
