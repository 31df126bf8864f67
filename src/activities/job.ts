import type { Action, Runtime } from '../base/activity.js';
import type { Clock, Random } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/old-journal.js';
import type { JobEvent } from '../base/progress.js';
import type { Supervisor } from '../base/supervisor.js';

/** Everything a job needs from outside: the API, time, chance, and the user's wish to stop. */
export interface JobTools {
  supervisor: Supervisor;
  clock: Clock;
  random: Random;
  /** Aborted with an `Interrupted`. */
  signal: AbortSignal;
  /** Where triggers with a caller's key are remembered; null: by the server alone. */
  journal: RunJournal | null;
  /** Where this run is one of many: waits until it may post. False when nothing more may be sent. */
  mayPost?: (signal: AbortSignal) => Promise<boolean>;
  /** Turns what is left to do into the command that does it. */
  resumeCommand(resume: Resume): string;
}

/** What goes on until its last event, the result. */
export type Job = AsyncGenerator<JobEvent, void>;

/** How long to follow, and how often to poll. Milliseconds; null for no deadline, or an adaptive interval. */
export interface FollowLimits {
  timeoutMs: number | null;
  intervalMs: number | null;
  appearTimeoutMs: number;
}

/** What a later `activities wait` has to know. */
export type Resume = { ids: readonly Id[] } | ResumeAfter;

/** A trigger whose entries are above this id of the log. */
export interface ResumeAfter {
  after: Id;
  runtime: Runtime;
  action: Action;
  nodes: readonly Id[] | null;
  expectNodes: number | null;
}
