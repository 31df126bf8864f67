import { isFinal, type Activity } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { cellText, type Cell, type CellView } from './columns.js';
import { type Field } from './formats/format.js';
import { jsonText } from './formats/json.js';
import { timeText, tookMs } from './time-text.js';

/** What is known of every entry, in the order it is of interest in. */
const KNOWN = ['id', 'runtime', 'action', 'status', 'node_id', 'author_id', 'created_at', 'finished_at'];
const SCOPE = ['deployment_id', 'environment_id', 'division_id', 'tenant_id'];

/**
 * One entry, a line a field: every field that it has, and how long it took.
 * @param now by the server's clock, ms UTC: what goes on is told its time so far
 */
export function activityFields(activity: Activity, now: number, { utc }: Pick<CellView, 'utc'>): Field[] {
  const others = Object.keys(activity).filter((name) => !KNOWN.includes(name) && !SCOPE.includes(name));
  const field = (name: string): Field => fieldOf(name, activity[name], utc);
  return [...KNOWN.map(field), tookField(activity, now), ...SCOPE.map(field), ...others.map(field)];
}

function fieldOf(name: string, value: unknown, utc: boolean): Field {
  const isTime = name.endsWith('_at') && typeof value === 'string';
  return isTime
    ? { name, value, text: timeText(value, utc) }
    : { name, value: isCell(value) ? value : jsonText(value, { numberIds: true }) };
}

function isCell(value: unknown): value is Cell {
  return typeof value !== 'object' || value === null;
}

function tookField(activity: Activity, now: number): Field {
  const took = tookMs(activity);
  if (took !== null) return { name: 'took', value: took / 1000, text: formatDuration(took) };
  const soFar = now - Date.parse(activity.created_at);
  const text = isFinal(activity.status) || Number.isNaN(soFar) ? cellText(null) : `${formatDuration(soFar)} so far`;
  return { name: 'took', value: null, text };
}
