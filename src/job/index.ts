import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import type { Job } from './job.js';
import { newsOfRoll, newsOfRun, resultOfRoll, resultOfRun, type ResumeText } from './result.js';
import { nextOfRoll, Roll, takeOfRoll, type RollPlan } from './roll.js';
import { createRun, createWait, nextOfRun, takeOfRun } from './run.js';
import type { Run, RunPlan, WaitPlan } from './run-read.js';

export type { ResumeText } from './result.js';

function jobOf(run: Run, text: ResumeText): Job {
  return {
    next: (now) => nextOfRun(run, now),
    take: (fact, now) => takeOfRun(run, fact, now),
    news: () => newsOfRun(run),
    result: () => resultOfRun(run, text),
  };
}

export function runJob(plan: RunPlan, kept: KeptRun | null, now: number, text: ResumeText): Job {
  return jobOf(createRun(plan, kept, now), text);
}

export function waitJob(plan: WaitPlan, now: number, text: ResumeText): Job {
  return jobOf(createWait(plan, now), text);
}

export function rollJob(
  plan: RollPlan,
  kept: ReadonlyMap<Id, KeptRun>,
  now: number,
  text: ResumeText,
): Job {
  const roll = new Roll(plan, kept, now);
  return {
    next: (at) => nextOfRoll(roll, at),
    take: (fact, at) => takeOfRoll(roll, fact, at),
    news: () => newsOfRoll(roll),
    result: () => resultOfRoll(roll, text),
  };
}
