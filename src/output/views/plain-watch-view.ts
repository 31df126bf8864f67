import { isFinal, type Activity } from '../../base/activity.js';
import { count } from '../../base/text.js';
import { warningText } from '../error.js';
import { type Sink } from '../streams.js';
import { painter, type Paint } from '../style.js';
import { elapsedText } from '../time-text.js';
import { changeText } from './event-text.js';
import { LineLog, type Verbosity } from './line-log.js';
import { Tally } from './tally.js';
import { type WatchEvent, type WatchView, type WatchViewOptions } from './watch-view.js';

/** Off a terminal: one line a change, and a heartbeat. Of the first listing, only what is still going on. */
export class PlainWatchView implements WatchView {
  readonly #log: LineLog;
  readonly #paint: Paint;
  readonly #verbosity: Verbosity;
  readonly #tally = new Tally();

  constructor(sink: Sink, verbosity: Verbosity, { clock, every }: Pick<WatchViewOptions, 'clock' | 'every'>) {
    this.#verbosity = verbosity;
    this.#paint = painter(sink.colour);
    this.#log = new LineLog(sink, {
      clock,
      every,
      heartbeat: (elapsed) => (verbosity === 'warnings' ? null : this.#stillGoing(elapsed)),
    });
  }

  on(event: WatchEvent): void {
    switch (event.event) {
      case 'warning':
        this.#log.raw(warningText(event.message, this.#paint));
        break;
      case 'outage':
        // The warning that comes with it says so.
        break;
      case 'listing':
        event.activities.forEach((activity) => this.#tally.add(activity));
        this.#write(event.activities.filter((activity) => !isFinal(activity.status)).reverse());
        break;
      case 'activity':
        this.#tally.add(event.activity);
        this.#write([event.activity]);
        break;
    }
  }

  stop(): void {
    this.#log.stop();
  }

  #write(activities: readonly Activity[]): void {
    if (this.#verbosity !== 'all') return;
    for (const activity of activities) this.#log.raw(`${changeText(activity)}\n`);
  }

  #stillGoing(elapsed: number): string {
    const open = this.#tally.open();
    const { total } = this.#tally.counts();
    const state =
      open > 0
        ? `still processing: ${open} of ${count(total, 'entry', 'entries')}`
        : `still following: ${count(total, 'entry', 'entries')}`;
    return `${state}, ${elapsedText(elapsed)}`;
  }
}
