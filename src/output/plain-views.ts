import { type LdctlError } from '../base/errors.js';
import { formatOf } from './formats.js';
import { ChangeStream, eventWriter, lineWriter, recordWriter, type ChangeWriter } from './views/change-stream.js';
import { EventRunView } from './views/event-run-view.js';
import { PlainRunView } from './views/plain-run-view.js';
import { PlainWatchView } from './views/plain-watch-view.js';
import { type RunView, type RunViewOptions } from './views/run-view.js';
import { type WatchView, type WatchViewOptions } from './views/watch-view.js';
import { type Output } from './streams.js';

/** The display for a run (`createRunView`) where nothing is redrawn, which spares what only a live table needs. */
export function createPlainRunView(output: Output, options: RunViewOptions): RunView {
  if (formatOf(options.format).events) {
    const beside = new PlainRunView(output.stderr, options.quiet ? 'warnings' : 'essentials', options);
    return both(new EventRunView(output.stdout, options), beside);
  }
  return new PlainRunView(output.stderr, options.quiet ? 'warnings' : 'all', options);
}

/** The display for a followed log (`createWatchView`) where nothing is redrawn. */
export function createPlainWatchView(output: Output, options: WatchViewOptions): WatchView {
  if (formatOf(options.format).events) return streamed(output, options, eventWriter(options));
  if (!options.follow) return new PlainWatchView(output.stderr, options.quiet ? 'warnings' : 'all', options);
  return streamed(output, options, options.format === 'csv' ? recordWriter(output, options) : lineWriter);
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
