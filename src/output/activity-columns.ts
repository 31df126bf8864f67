import { isFinal, type Activity } from '../base/activity.js';
import { cellText, type Column, type Now } from './columns.js';
import { liveStatusText, statusStyle } from './status.js';
import { durationCell, timeColumn } from './time-columns.js';
import { elapsedText, timeOfDayText, tookMs } from './time-text.js';

const created = timeColumn<Activity>('created', 4, (activity) => activity.created_at);

/** The activity log, entry by entry; what matters least is given up first (design, "Output shapes"). */
export const activityColumns: readonly Column<Activity>[] = [
  { name: 'id', priority: 5, value: (activity) => activity.id },
  { name: 'node', priority: 3, value: (activity) => activity.node_id },
  { name: 'runtime', priority: 2, where: 'elsewhere', value: (activity) => activity.runtime },
  { name: 'action', priority: 2, where: 'elsewhere', value: (activity) => activity.action },
  {
    name: 'what',
    priority: 2,
    wholePriority: 8,
    where: 'terminal',
    value: (activity) => whatText(activity),
    narrow: [(activity) => whatText(activity, 4), (activity) => whatText(activity, 0)],
  },
  {
    name: 'status',
    priority: 1,
    value: (activity) => activity.status,
    text: ({ status }, { now }) => (now === undefined ? status : liveStatusText(status, now.elapsed)),
    style: (activity) => statusStyle(activity.status),
  },
  { name: 'author', priority: 9, value: (activity) => activity.author_id },
  {
    ...created,
    wholePriority: 7,
    narrow: [
      ...(created.narrow ?? []),
      ({ created_at: at }, { utc }) => (at ? timeOfDayText(at, utc) : cellText(null)),
    ],
  },
  { ...timeColumn<Activity>('finished', 10, (activity) => activity.finished_at), extra: true },
  {
    name: 'took',
    priority: 6,
    ...durationCell<Activity>(tookMs, runningFor),
  },
  { name: 'deployment', priority: 11, extra: true, value: (activity) => activity.deployment_id },
  { name: 'environment', priority: 12, extra: true, value: (activity) => activity.environment_id },
  { name: 'division', priority: 13, extra: true, value: (activity) => activity.division_id },
  { name: 'tenant', priority: 14, extra: true, value: (activity) => activity.tenant_id },
];

/** The same for a log that is followed: there the time so far matters more than when it began. */
export const watchColumns: readonly Column<Activity>[] = activityColumns.map((column) => {
  if (column.name === 'took') return { ...column, priority: 4 };
  return column.name === 'created' ? { ...column, priority: 6 } : column;
});

const LAST_DIGITS = 4;

/**
 * `iggy restart`, `iggy reconfigure:7262…0043`.
 * @param firstDigits how many of a long config id are shown before its last four; without it, it is whole
 */
function whatText({ runtime, action }: Activity, firstDigits?: number): string {
  const [, name = action, config = ''] = /^(.*?:)(.*)$/s.exec(action) ?? [];
  const isLong = firstDigits !== undefined && config.length > firstDigits + LAST_DIGITS + 1;
  const id = isLong ? `${config.slice(0, firstDigits)}…${config.slice(-LAST_DIGITS)}` : config;
  return `${cellText(runtime)} ${cellText(`${name}${id}`)}`;
}

/** By this machine's clock against the server's: as good as the two agree, and for the eye only. */
function runningFor(activity: Activity, { wall }: Now): string | null {
  if (isFinal(activity.status)) return null;
  const created = Date.parse(activity.created_at);
  return Number.isNaN(created) ? null : elapsedText(wall - created);
}
