import { type Activity } from '../../base/activity.js';
import { type LdctlError, errorDocument } from '../../base/errors.js';
import { activityColumns } from '../activity-columns.js';
import { jsonText } from '../formats/json.js';
import { listWriter, type PrintOptions } from '../list.js';
import { type Output } from '../streams.js';
import { changeText } from './event-text.js';
import { Tally } from './tally.js';
import { type WatchEvent, type WatchView } from './watch-view.js';

/** How changes are written to stdout: each one, and the end. */
export interface ChangeWriter {
  change(activity: Activity): string;
  end(error: LdctlError | undefined): string;
}

/** The changes as data on stdout, in the order they happened. */
export class ChangeStream implements WatchView {
  readonly #output: Output;
  readonly #writer: ChangeWriter;

  constructor(output: Output, writer: ChangeWriter) {
    this.#output = output;
    this.#writer = writer;
  }

  on(event: WatchEvent): void {
    if (event.event === 'activity') this.#write(event.activity);
    if (event.event === 'listing') [...event.activities].reverse().forEach((activity) => this.#write(activity));
  }

  stop(error?: LdctlError): void {
    if (this.#output.settled) return;
    this.#output.settled = true;
    this.#output.stdout.write(this.#writer.end(error));
  }

  #write(activity: Activity): void {
    this.#output.stdout.write(this.#writer.change(activity));
  }
}

/**
 * `{"event":"activity","activity":{…}}` lines, the last one `{"event":"result",…}` with counts only (design, "Output
 * shapes").
 */
export function eventWriter(options: Pick<PrintOptions, 'numberIds'>): ChangeWriter {
  const tally = new Tally();
  return {
    change: (activity) => {
      tally.add(activity);
      return `${jsonText({ event: 'activity', activity }, options)}\n`;
    },
    end: (error) => {
      const result = { event: 'result', ...tally.counts(), ...(error && { error: errorDocument(error) }) };
      return `${jsonText(result, options)}\n`;
    },
  };
}

/** A CSV record a change. */
export function recordWriter(output: Output, options: PrintOptions): ChangeWriter {
  const writer = listWriter(output.stdout, { noun: 'activities', columns: activityColumns }, options);
  return { change: (activity) => writer.items([activity]), end: () => writer.end(0) };
}

/** A line a change, for people and `grep`. */
export const lineWriter: ChangeWriter = {
  change: (activity) => `${changeText(activity)}\n`,
  end: () => '',
};
