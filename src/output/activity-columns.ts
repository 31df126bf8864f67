import { isFinal, type Activity } from '../core/activity.js';
import { type Column, type Now } from './columns.js';
import { liveStatusText, statusStyle } from './status.js';
import { durationCell, timeColumn } from './time-columns.js';
import { elapsedText, tookMs } from './time-text.js';

/** The activity log, entry by entry. */
export const activityColumns: readonly Column<Activity>[] = [
  { name: 'id', priority: 1, value: (activity) => activity.id },
  { name: 'node', priority: 3, value: (activity) => activity.node_id },
  { name: 'runtime', priority: 7, value: (activity) => activity.runtime },
  { name: 'action', priority: 4, value: (activity) => activity.action },
  {
    name: 'status',
    priority: 2,
    value: (activity) => activity.status,
    text: ({ status }, { now }) => (now === undefined ? status : liveStatusText(status, now.elapsed)),
    style: (activity) => statusStyle(activity.status),
  },
  { name: 'author', priority: 8, value: (activity) => activity.author_id },
  timeColumn('created', 5, (activity) => activity.created_at),
  { ...timeColumn<Activity>('finished', 9, (activity) => activity.finished_at), extra: true },
  {
    name: 'took',
    priority: 6,
    ...durationCell<Activity>(tookMs, runningFor),
  },
  { name: 'deployment', priority: 10, extra: true, value: (activity) => activity.deployment_id },
  { name: 'environment', priority: 11, extra: true, value: (activity) => activity.environment_id },
  { name: 'division', priority: 12, extra: true, value: (activity) => activity.division_id },
  { name: 'tenant', priority: 13, extra: true, value: (activity) => activity.tenant_id },
];

/** The same for a log that is followed: there the time so far matters more than when it began. */
export const watchColumns: readonly Column<Activity>[] = activityColumns.map((column) => {
  if (column.name === 'took') return { ...column, priority: 5 };
  return column.name === 'created' ? { ...column, priority: 6 } : column;
});

/** By this machine's clock against the server's: as good as the two agree, and for the eye only. */
function runningFor(activity: Activity, { wall }: Now): string | null {
  if (isFinal(activity.status)) return null;
  const created = Date.parse(activity.created_at);
  return Number.isNaN(created) ? null : elapsedText(wall - created);
}
