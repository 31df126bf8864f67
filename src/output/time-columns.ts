import { formatDuration } from '../base/durations.js';
import { cellText, type CellView, type Column, type Now } from './columns.js';
import { shortTimeText, timeText } from './time-text.js';

/** A column of times: as given in CSV, local or UTC for people. */
export function timeColumn<T>(
  name: string,
  priority: number,
  value: (item: T) => string | null | undefined,
): Column<T> {
  const shown =
    (format: (time: string, utc: boolean) => string) =>
    (item: T, view: CellView): string => {
      const time = value(item);
      return time ? format(time, view.utc) : cellText(null);
    };
  return { name, priority, value, text: shown(timeText), narrow: [shown(shortTimeText)] };
}

/**
 * The cells of a column of durations: seconds in CSV, `4.8s` for people. What is still going on has no duration; a
 * live display shows `running` instead, its time so far, and since when that is not known any more.
 */
export function durationCell<T>(
  milliseconds: (item: T) => number | null,
  running: (item: T, now: Now) => string | null,
): Pick<Column<T>, 'value' | 'text' | 'narrow'> {
  const shown = (item: T, { now }: CellView): string => {
    const took = milliseconds(item);
    if (took !== null) return formatDuration(took);
    return cellText(now === undefined ? null : running(item, now));
  };
  return {
    value: (item) => {
      const took = milliseconds(item);
      return took === null ? null : took / 1000;
    },
    text: (item, view) => {
      const { now, asOf } = view;
      const counts =
        asOf !== undefined && now !== undefined && milliseconds(item) === null && running(item, now) !== null;
      return counts ? `${shown(item, view)} as of ${asOf}` : shown(item, view);
    },
    narrow: [shown],
  };
}
