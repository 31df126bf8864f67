import { type Clock } from '../../base/clock.js';
import { type RunStep } from '../../base/progress.js';
import { type FormatName } from '../formats.js';
import { type Every, type OnSuspend } from '../ticker.js';
import { type ViewTitle } from './headline.js';

/** A display of a run, from its first event to its end. */
export interface RunView {
  on(event: RunStep): void;
  /** Ends the display and everything it started. Called on every way out; harmless when repeated. */
  stop(): void;
}

export interface RunViewOptions {
  format: FormatName;
  /** Nothing on stderr but warnings. */
  quiet: boolean;
  /** Ids as bare numbers in NDJSON. */
  numberIds: boolean;
  title: ViewTitle;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  every: Every;
  onSuspend: OnSuspend;
}
