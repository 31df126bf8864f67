import type { ErrorDocument } from '../base/errors.js';
import type { ResultFacts } from '../base/outcome.js';
import type { ShownStep } from '../base/shown-step.js';

/** How a run can end, with the exit code that a command would have ended with. */
export interface Endings {
  completed: 0;
  accepted: 0;
  rejected: 3;
  unconfirmed: 7;
  timed_out: 8;
  halted: 9;
  interrupted: 130;
}

/**
 * How a run ended (design, "Output shapes"): the fields of a command's JSON, by the same names, ids as bigint. `completed` is
 * the only outcome that says that every target is done. With `accepted`, it was sent and not followed.
 */
export type RunResult = { [Name in keyof Endings]: RunResultOf<Name> }[keyof Endings];

export interface RunResultOf<Name extends keyof Endings> extends ResultFacts {
  outcome: Name;
  exitCode: Endings[Name];
  /** Why following was given up, or what the caller's own gate or listener threw. */
  error?: ErrorDocument;
}

/** What a listener gets while a run goes on, as a line of `-o ndjson` has it; the result is the last. */
export type RunEvent = ShownStep | ({ event: 'result' } & RunResult);
