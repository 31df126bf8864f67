import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import type { ResultEvent } from './events.js';
import type { Job } from './job.js';
import { nextOfRoll, Roll, takeOfRoll, type RollPlan } from './roll.js';
import { newsOfRoll, resultOfRoll } from './roll-result.js';
import { createRun, createWait, newsOfRun, nextOfRun, resultOfRun, takeOfRun } from './run.js';
import type { Resume, Run, RunPlan, WaitPlan } from './run-read.js';

/** The command that goes on where a job ended; its text is for the caller to say. */
export type ResumeText = (resume: Resume) => string | null;

function finished({ resume, ...event }: ResultEvent & { resume: Resume | null }, text: ResumeText): ResultEvent {
  return { ...event, result: { ...event.result, resume: resume && text(resume) } };
}

function jobOf(run: Run, text: ResumeText): Job {
  return {
    next: (now) => nextOfRun(run, now),
    take: (fact, now) => takeOfRun(run, fact, now),
    news: () => newsOfRun(run),
    result: () => finished(resultOfRun(run), text),
  };
}

export function runJob(plan: RunPlan, kept: KeptRun | null, now: number, text: ResumeText): Job {
  return jobOf(createRun(plan, kept, now), text);
}

export function waitJob(plan: WaitPlan, now: number, text: ResumeText): Job {
  return jobOf(createWait(plan, now), text);
}

export function rollJob(plan: RollPlan, kept: ReadonlyMap<Id, KeptRun>, now: number, text: ResumeText): Job {
  const roll = new Roll(plan, kept, now);
  return {
    next: (at) => nextOfRoll(roll, at),
    take: (fact, at) => takeOfRoll(roll, fact, at),
    news: () => newsOfRoll(roll),
    result: () => finished(resultOfRoll(roll), text),
  };
}
