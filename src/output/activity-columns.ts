import { isFinal, type Activity } from '../base/activity.js';
import { durationCell, timeColumn, timeColumns, tookMs, type Column } from './columns.js';
import { liveStatusText, statusStyle } from './status.js';

/** The activity log, entry by entry. */
export const activityColumns: readonly Column<Activity>[] = [
  { name: 'id', priority: 0, value: (activity) => activity.id },
  { name: 'node', priority: 1, value: (activity) => activity.node_id },
  { name: 'runtime', priority: 2, where: 'elsewhere', value: (activity) => activity.runtime },
  { name: 'action', priority: 2, where: 'elsewhere', value: (activity) => activity.action },
  {
    name: 'what',
    priority: 2,
    where: 'terminal',
    value: ({ runtime, action }) => `${runtime} ${action}`,
    // Without the id of a config, which is as wide as two other columns.
    text: ({ runtime, action }) => `${runtime} ${action.replace(/:.*/s, '')}`,
  },
  {
    name: 'status',
    priority: 0,
    value: (activity) => activity.status,
    text: ({ status }, { elapsed }) => (elapsed === undefined ? status : liveStatusText(status, elapsed)),
    style: (activity) => statusStyle(activity.status),
  },
  { name: 'author', priority: 9, value: (activity) => activity.author_id },
  ...timeColumns<Activity>('created', 3, (activity) => activity.created_at),
  { ...timeColumn<Activity>('finished', 10, (activity) => activity.finished_at), extra: true },
  {
    name: 'took',
    priority: 6,
    // By this machine's clock against the server's: as good as the two agree, and for the eye only.
    ...durationCell<Activity>(tookMs, ({ status, created_at: at }, { now }) => {
      const since = Date.parse(at);
      return isFinal(status) || Number.isNaN(since) ? null : now - since;
    }),
  },
  { name: 'deployment', priority: 11, extra: true, value: (activity) => activity.deployment_id },
  { name: 'environment', priority: 12, extra: true, value: (activity) => activity.environment_id },
  { name: 'division', priority: 13, extra: true, value: (activity) => activity.division_id },
  { name: 'tenant', priority: 14, extra: true, value: (activity) => activity.tenant_id },
];
