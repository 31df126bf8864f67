import { formatOf } from './formats.js';
import { type Output } from './streams.js';
import {
  plainRunView,
  plainWatchView,
  type RunView,
  type RunViewOptions,
  type WatchView,
  type WatchViewOptions,
} from './views/plain.js';

/** A live table where stderr is a terminal, lines where it is not. Times count from here. */
export async function createRunView(output: Output, options: RunViewOptions): Promise<RunView> {
  const isLive = output.stderr.canRedraw && !options.quiet && !formatOf(options.format).events;
  if (!isLive) return plainRunView(output, options);
  const { liveRunView } = await import('./views/live.js');
  return liveRunView(output.stderr, options);
}

/**
 * What is followed for ever has its changes as data on stdout, except at a terminal that shows them as a live table;
 * otherwise the list comes at the end, and changes are talk.
 */
export async function createWatchView(output: Output, options: WatchViewOptions): Promise<WatchView> {
  const isData = formatOf(options.format).events || (options.follow && options.format === 'csv');
  const isTerminal = output.stderr.canRedraw && (output.stdout.isTTY || !options.follow);
  if (!isTerminal || options.quiet || isData) return plainWatchView(output, options);
  const { liveWatchView } = await import('./views/live.js');
  return liveWatchView(output.stderr, options);
}
