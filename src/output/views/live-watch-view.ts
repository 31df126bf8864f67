import { isFinal, type Activity } from '../../base/activity.js';
import { compareIds, type Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import { watchColumns } from '../activity-columns.js';
import { selectColumns } from '../columns.js';
import { warningText } from '../error.js';
import { type Sink } from '../streams.js';
import { painter, type Paint } from '../style.js';
import { elapsedText } from '../time-text.js';
import { outageText } from './event-text.js';
import { statesOf, titlesOf } from './headline.js';
import { LiveTable, type LiveFrame } from './live-table.js';
import { Tally } from './tally.js';
import { type WatchEvent, type WatchView, type WatchViewOptions } from './watch-view.js';

/** More rows than any screen has; older ones that are final are then forgotten, and only counted. */
const KEPT = 500;

/** At a terminal: the log as a table that updates in place, newest first. */
export class LiveWatchView implements WatchView {
  readonly #titles: readonly string[];
  readonly #paint: Paint;
  readonly #follow: boolean;
  readonly #table: LiveTable<Activity>;
  readonly #started: number;
  readonly #tally = new Tally();
  #newestFirst: readonly Activity[] = [];

  constructor(sink: Sink, options: WatchViewOptions) {
    this.#titles = titlesOf(options.title);
    this.#paint = painter(sink.colour);
    this.#follow = options.follow;
    this.#started = options.clock.elapsed();
    this.#table = new LiveTable({
      sink,
      selection: selectColumns(watchColumns, options.columns),
      utc: options.utc,
      clock: options.clock,
      every: options.every,
      onSuspend: options.onSuspend,
      frame: (now, asOf) => this.#frame(now, asOf),
      more: (hidden) => this.#more(hidden),
    });
  }

  on(event: WatchEvent): void {
    switch (event.event) {
      case 'warning':
        this.#table.print(warningText(event.message, this.#paint));
        break;
      case 'outage':
        this.#table.freeze(event.ageMs);
        break;
      case 'listing':
        this.#add(event.activities);
        break;
      case 'activity':
        this.#add([event.activity]);
        break;
    }
  }

  /** What was followed for ever stays on the screen; otherwise the list that follows says it all. */
  stop(): void {
    this.#table.stop({ keep: this.#follow });
  }

  #add(activities: readonly Activity[]): void {
    const byId = new Map<Id, Activity>(this.#newestFirst.map((activity) => [activity.id, activity]));
    for (const activity of activities) {
      byId.set(activity.id, activity);
      this.#tally.add(activity);
    }
    this.#newestFirst = [...byId.values()]
      .sort((a, b) => compareIds(b.id, a.id))
      .filter((activity, index) => index < KEPT || !isFinal(activity.status));
    this.#table.redraw();
  }

  #frame(now: number, asOf: string | undefined): LiveFrame<Activity> {
    const open = this.#tally.open();
    const counts = [
      count(this.#tally.counts().total, 'entry', 'entries'),
      ...(open > 0 ? [this.#paint('busy', `${open} processing`)] : []),
    ];
    const outage = asOf === undefined ? [] : [this.#paint('bad', outageText(asOf))];
    const states = statesOf(counts, outage, outage, elapsedText(now - this.#started));
    return {
      titles: this.#titles,
      states,
      rows: this.#newestFirst,
      ...(!this.#follow && { tab: { done: 0, all: null } }),
    };
  }

  #more(hidden: readonly Activity[]): string {
    const open = hidden.filter((activity) => !isFinal(activity.status)).length;
    const forgotten = this.#tally.counts().total - this.#newestFirst.length;
    return `… and ${hidden.length + forgotten} more${open > 0 ? `, ${open} processing` : ''}`;
  }
}
