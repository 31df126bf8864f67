import { type Activity } from '../../base/activity.js';
import { type Clock } from '../../base/clock.js';
import { type LdctlError } from '../../base/errors.js';
import { type PrintOptions } from '../list.js';
import { type Every, type OnSuspend } from '../ticker.js';
import { type ViewTitle } from './headline.js';

/** What happens in a log that is followed. */
export type WatchEvent =
  /** The first listing, newest first. */
  | { event: 'listing'; activities: readonly Activity[] }
  /** An entry appeared after that, or its status changed. */
  | { event: 'activity'; activity: Activity }
  | { event: 'warning'; code: string; message: string }
  /** The log cannot be read, and was last read so many ms ago; or, with null, it can again. */
  | { event: 'outage'; ageMs: number | null };

/** A display of a log that is followed (`activities list --watch|--follow`). */
export interface WatchView {
  on(event: WatchEvent): void;
  /**
   * Ends the display and everything it started, on every way out; harmless when repeated. In NDJSON this writes the
   * `result` line, with `error` beside the counts where following was given up.
   */
  stop(error?: LdctlError): void;
}

export interface WatchViewOptions extends PrintOptions {
  /** Followed for ever: then the changes are the data, and nothing else comes to stdout after them. */
  follow: boolean;
  /** Nothing on stderr but warnings. */
  quiet: boolean;
  title: ViewTitle;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  every: Every;
  onSuspend: OnSuspend;
}
