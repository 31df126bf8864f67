import { formatOf } from './formats.js';
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
export async function createRunView(output: Output, options: RunViewOptions): Promise<RunView> {
  const isLive = output.stderr.canRedraw && !options.quiet && !formatOf(options.format).events;
  if (!isLive) return plainRunView(output, options);
  const { liveRunView } = await import('./views/live.js');
  return liveRunView(output.stderr, options);
}

/**
 * With `--follow` the changes are data on stdout, except at a terminal, which shows them as a live
 * table.
 */
export async function createWatchView(
  output: Output,
  options: WatchViewOptions,
): Promise<WatchView> {
  const isData = formatOf(options.format).events || (options.follow && options.format === 'csv');
  const isTerminal = output.stderr.canRedraw && (output.stdout.isTTY || !options.follow);
  if (!isTerminal || options.quiet || isData) return plainWatchView(output, options);
  const { liveWatchView } = await import('./views/live.js');
  return liveWatchView(output.stderr, options);
}
