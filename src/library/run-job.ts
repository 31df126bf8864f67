import type { Job } from '../activities/job.js';
import { shownStep, type ResultEvent } from '../core/progress.js';
import { JobSignal } from './job-signal.js';
import type { RunOptions } from './deployment.js';
import { runResultOf, type CallerFault } from './results.js';
import type { RunEvent, RunResult } from './run-result.js';

/** What a job is started with. */
export interface RunControl {
  signal: AbortSignal;
  /** Takes what the caller's own code threw, for the result; the first counts. */
  onFault: (fault: CallerFault) => void;
}

/** Runs a job to its end. @throws what it throws, when nothing was sent */
export async function runJob(start: (control: RunControl) => Job, { signal, onEvent }: RunOptions): Promise<RunResult> {
  const own = new JobSignal(signal);
  const faults: CallerFault[] = [];
  const onFault = (fault: CallerFault): void => void faults.push(fault);
  let isHeard = onEvent !== undefined;
  const emit = (event: RunEvent): void => {
    if (!isHeard) return;
    try {
      onEvent?.(event);
    } catch (thrown) {
      isHeard = false;
      onFault({ code: 'listener_threw', thrown });
      own.abort('aborted, since onEvent threw', thrown);
    }
  };
  try {
    let last: ResultEvent | null = null;
    for await (const event of start({ signal: own.signal, onFault })) {
      if (event.event === 'result') last = event;
      else {
        const shown = shownStep(event);
        if (shown) emit(shown);
      }
    }
    if (last === null) throw new Error('the job ended without a result');
    emit({ event: 'result', ...runResultOf(last, faults[0] ?? null) });
    return runResultOf(last, faults[0] ?? null);
  } finally {
    own.release();
  }
}
