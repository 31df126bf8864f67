import { formatOf } from './formats.js';
import { createPlainRunView, createPlainWatchView } from './plain-views.js';
import { LiveRunView } from './views/live-run-view.js';
import { LiveWatchView } from './views/live-watch-view.js';
import { type RunView, type RunViewOptions } from './views/run-view.js';
import { type WatchView, type WatchViewOptions } from './views/watch-view.js';
import { type Output } from './streams.js';

/**
 * The display for a run: a live table where stderr is a terminal, lines where it is not. In NDJSON events go to
 * stdout, and to stderr only what has to be seen there too. Call it when the run begins: times count from here.
 */
export function createRunView(output: Output, options: RunViewOptions): RunView {
  const live = output.stderr.canRedraw && !options.quiet && !formatOf(options.format).events;
  return live ? new LiveRunView(output.stderr, options) : createPlainRunView(output, options);
}

/**
 * The display for a followed log. What is followed for ever has its changes as data on stdout, except at a terminal
 * that shows them as a live table; otherwise the list comes at the end, and changes are talk.
 */
export function createWatchView(output: Output, options: WatchViewOptions): WatchView {
  const records = formatOf(options.format).events || (options.follow && options.format === 'csv');
  const terminal = output.stderr.canRedraw && (output.stdout.isTTY || !options.follow);
  const live = terminal && !options.quiet && !records;
  return live ? new LiveWatchView(output.stderr, options) : createPlainWatchView(output, options);
}
