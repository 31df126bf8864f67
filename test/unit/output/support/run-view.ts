import { memoryOutput, type MemoryOutput, type Terminal } from '../../../../src/output/memory-output.js';
import { createRunView } from '../../../../src/output/views.js';
import { type RunView, type RunViewOptions } from '../../../../src/output/views/run-view.js';
import { ManualTime } from './time.js';

export interface RunStage {
  view: RunView;
  output: MemoryOutput;
  time: ManualTime;
}

/** A view of a run, what it writes, and a clock to turn by hand. Off a terminal, unless one is given. */
export function showRun(options: Partial<RunViewOptions> = {}, terminal: Partial<Terminal> = {}): RunStage {
  const output = memoryOutput({ stderr: terminal });
  const time = new ManualTime();
  const view = createRunView(output, {
    format: 'table',
    quiet: false,
    numberIds: true,
    title: { what: 'restarting iggy', deployment: { id: 42n, name: 'prod' } },
    clock: time.clock,
    every: time.every,
    onSuspend: time.onSuspend,
    ...options,
  });
  return { view, output, time };
}

/** Nothing has been seen of it yet. */
export const awaited = { activity_id: null, status: null, created_at: null, finished_at: null, since: null };
