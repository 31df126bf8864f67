import type { JobTools } from '../activities/job.js';
import { guardLog, type ExpectedTenant } from '../activities/tenant-guard.js';
import type { Clock, Random } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { RollJournal, RunJournal } from '../base/old-journal.js';
import type { Supervisor } from '../base/supervisor.js';
import { resumeCommand, type LaterCommand, type NodeKeeper } from './resume-command.js';

/** One deployment, and what its jobs are done with, whoever asks for them: a command, or a program. */
export interface DeploymentTools {
  deploymentId: Id;
  supervisor: Supervisor;
  /** The tenant that it is known to belong to; null where nothing is known of that. */
  expectedTenant: ExpectedTenant | null;
  clock: Clock;
  random: Random;
  /** Null: the server alone remembers a caller's key. */
  journals: Journals | null;
  /** For the commands that are to act on the same deployment later, as the same user. */
  later: LaterCommand;
  /** Null where there is no place for files. */
  keepNodes: NodeKeeper | null;
}

/** Opens the run journal for one job, which is aborted by the job's signal while it waits for others. */
export interface Journals {
  /** Whether commands, too, keep their records there, so that one can take up what this began. */
  isOfCommands: boolean;
  runs(signal: AbortSignal): RunJournal;
  rolls(signal: AbortSignal): RollJournal;
}

/** For jobs that only read. @param signal aborted with an `Interrupted` */
export function readingTools(tools: DeploymentTools, signal: AbortSignal): JobTools {
  const { supervisor, clock, random, journals, later, keepNodes } = tools;
  return {
    ...{ supervisor, clock, random, signal },
    journal: journals && journals.runs(signal),
    resumeCommand: (resume) => resumeCommand(resume, later, keepNodes),
  };
}

/** For jobs that send something: they stop before that when the log is not what is known of the target. */
export function actingTools(tools: DeploymentTools, signal: AbortSignal): JobTools {
  return { ...readingTools(tools, signal), supervisor: guardedSupervisor(tools) };
}

/** One that shows no log of another tenant or deployment. */
export function guardedSupervisor({
  supervisor,
  expectedTenant,
}: Pick<DeploymentTools, 'supervisor' | 'expectedTenant'>): Supervisor {
  return guardLog(supervisor, expectedTenant);
}
