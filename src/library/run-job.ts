import type { Job } from '../activities/job.js';
import { shownStep, type ResultEvent } from '../base/progress.js';
import { JobSignal } from './job-signal.js';
import type { RunOptions } from './deployment.js';
import { copyOf, Listener } from './listener.js';
import { runResultOf, type CallerFault } from './results.js';
import type { RunResult } from './run-result.js';

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
  const listener = new Listener(onEvent, (thrown) => {
    onFault({ code: 'listener_threw', thrown });
    own.abort('aborted, since onEvent threw', thrown);
  });
  try {
    let last: ResultEvent | null = null;
    for await (const event of start({ signal: own.signal, onFault })) {
      if (event.event === 'result') last = event;
      else {
        const shown = shownStep(event);
        if (shown) listener.emit(copyOf(shown));
      }
    }
    if (last === null) throw new Error('the job ended without a result');
    listener.emit({ event: 'result', ...runResultOf(last, faults[0] ?? null) });
    return runResultOf(last, faults[0] ?? null);
  } finally {
    own.release();
  }
}
