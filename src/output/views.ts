import { type LdctlError } from '../core/errors.js';
import { FORMATS } from './formats.js';
import { ChangeStream, eventWriter, lineWriter, recordWriter, type ChangeWriter } from './views/change-stream.js';
import { EventRunView } from './views/event-run-view.js';
import { LiveRunView } from './views/live-run-view.js';
import { LiveWatchView } from './views/live-watch-view.js';
import { PlainRunView } from './views/plain-run-view.js';
import { PlainWatchView } from './views/plain-watch-view.js';
import { type RunView, type RunViewOptions } from './views/run-view.js';
import { type WatchView, type WatchViewOptions } from './views/watch-view.js';
import { type Output } from './streams.js';

/**
 * The display for a run: a live table where stderr is a terminal, lines where it is not. In NDJSON events go to
 * stdout, and to stderr only what has to be seen there too. Call it when the run begins: times count from here.
 */
export function createRunView(output: Output, options: RunViewOptions): RunView {
  if (FORMATS[options.format].events) {
    const beside = new PlainRunView(output.stderr, options.quiet ? 'warnings' : 'essentials', options);
    return both(new EventRunView(output.stdout, options), beside);
  }
  if (options.quiet) return new PlainRunView(output.stderr, 'warnings', options);
  return output.stderr.canRedraw
    ? new LiveRunView(output.stderr, options)
    : new PlainRunView(output.stderr, 'all', options);
}

/**
 * The display for a followed log. What is followed for ever has its changes as data on stdout, except at a terminal
 * that shows them as a live table; otherwise the list comes at the end, and changes are talk.
 */
export function createWatchView(output: Output, options: WatchViewOptions): WatchView {
  if (FORMATS[options.format].events) return streamed(output, options, eventWriter(options));
  if (options.follow && options.format === 'csv') return streamed(output, options, recordWriter(output, options));
  const terminal = output.stderr.canRedraw && (output.stdout.isTTY || !options.follow);
  if (terminal && !options.quiet) return new LiveWatchView(output.stderr, options);
  return options.follow
    ? streamed(output, options, lineWriter)
    : new PlainWatchView(output.stderr, options.quiet ? 'warnings' : 'all', options);
}

function streamed(output: Output, options: WatchViewOptions, writer: ChangeWriter): WatchView {
  const beside = new PlainWatchView(output.stderr, options.quiet ? 'warnings' : 'essentials', options);
  return both(new ChangeStream(output, writer), beside);
}

/** Two displays as one. */
function both<Event>(...views: ReadonlyArray<Display<Event>>): Display<Event> {
  return {
    on: (event) => views.forEach((view) => view.on(event)),
    stop: (error) => views.forEach((view) => view.stop(error)),
  };
}

interface Display<Event> {
  on(event: Event): void;
  stop(error?: LdctlError): void;
}
