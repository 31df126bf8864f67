import type { Output } from './streams.js';
import {
  plainRunView,
  plainWatchView,
  type RunView,
  type RunViewOptions,
  type WatchView,
  type WatchViewOptions,
} from './views/plain.js';

/** A live table where stderr is a terminal, else lines. Elapsed times count from this call. */
export async function createRunView(output: Output, shown: RunViewOptions): Promise<RunView> {
  const { quiet, format } = output.options;
  const isLive = output.stderr.canRedraw && !quiet && format !== 'ndjson';
  if (!isLive) return plainRunView(output, shown);
  const { liveRunView } = await import('./views/live.js');
  return liveRunView(output, shown);
}

/**
 * With `--follow` the changes are data on stdout, except at a terminal, which shows them as a live
 * table.
 */
export async function createWatchView(output: Output, shown: WatchViewOptions): Promise<WatchView> {
  const { quiet, format } = output.options;
  const isData = format === 'ndjson' || (shown.follow && format === 'csv');
  const isTerminal = output.stderr.canRedraw && (output.stdout.isTTY || !shown.follow);
  if (!isTerminal || quiet || isData) return plainWatchView(output, shown);
  const { liveWatchView } = await import('./views/live.js');
  return liveWatchView(output, shown);
}
