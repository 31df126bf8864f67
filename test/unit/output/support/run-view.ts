import { memoryOutput, type MemoryOutput, type Terminal } from '../../../helpers/memory-output.js';
import { type RunView, type RunViewOptions } from '../../../../src/output/views/plain.js';
import { createRunView } from '../../../../src/output/views.js';
import { Screen } from './screen.js';
import { ManualTime } from './time.js';

export interface RunStage {
  view: RunView;
  output: MemoryOutput;
  screen: Screen;
  time: ManualTime;
}

/** A view of a run, what it writes, and a clock to turn by hand. Off a terminal, unless one is given. */
export async function showRun(
  options: Partial<RunViewOptions> = {},
  terminal: Partial<Terminal> = {},
): Promise<RunStage> {
  const output = memoryOutput({ stderr: { colour: false, ...terminal } });
  const time = new ManualTime();
  const view = await createRunView(output, {
    format: 'table',
    quiet: false,
    numberIds: false,
    title: { doing: 'Restarting iggy', place: 'platform/production/sandbox', nodes: null },
    clock: time.clock,
    every: time.every,
    onSuspend: time.onSuspend,
    ...options,
  });
  return { view, output, screen: new Screen(output.stderr), time };
}

/** Nothing has been seen of it yet. */
export const awaited = { activity_id: null, status: null, created_at: null, finished_at: null, since: null };
