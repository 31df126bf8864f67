import * as Flags from '@oclif/core/flags';
import { isFinal, verbOf } from '../../base/activity.js';
import { formatDuration } from '../../base/durations.js';
import type { Id } from '../../base/ids.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { Listing } from '../../log/list.js';
import {
  cellText,
  fieldColumn,
  nameColumn,
  nodeColumn,
  timeColumn,
  tookMs,
  type Column,
} from '../../output/columns.js';
import { filterFlags, filtersIn, sinceFlag, summarize } from '../../cli/reading/filters.js';

/** How far back activities are counted. */
const SPAN = '7d';

export default class ActivitiesStats extends ConnectedCommand {
  static override summary = 'Show how long actions take, and how often they are rejected.';
  static override description =
    'Shows how many actions there were, how they ended, and how long the completed ones took (the median, p90 and the ' +
    'longest): for each runtime and action, and with --by node also for each node. Every reconfigure counts as the same ' +
    'action, whatever its config. Those that ended with an unknown status are counted in COUNT only.';
  static override examples = [
    'ldctl activities stats',
    'ldctl activities stats --since 24h --by node --runtime iggy',
    'ldctl activities stats --since 30d -o json | jq ".items[] | select(.rejected > 0)"',
  ];
  static override flags = {
    by: Flags.option({ options: ['action', 'node'] as const })({
      default: 'action',
      summary: 'Count by runtime and action, or also by node.',
    }),
    ...filterFlags,
    since: sinceFlag(SPAN),
  };

  protected override async execute() {
    const { flags } = await this.parse(ActivitiesStats);
    const byNode = flags.by === 'node';
    const context = await this.open(flags);
    const rows = () => summarize(context, flags, (entries) => countWork(entries, byNode));
    const filters = filtersIn(flags, SPAN);
    const noun = flags.since === SPAN ? 'activities in the last 7 days' : 'activities';
    const spec = { noun, filters, columns: statsColumns(byNode) };
    return this.list(rows, spec, false);
  }
}

const NONE = { count: 0, completed: 0, rejected: 0, processing: 0 };

type Counts = { runtime: string; action: string; node_id?: Id } & typeof NONE;
/** What the log says of one kind of work: in JSON, these keys in this order. */
type Stats = Awaited<ReturnType<typeof countWork>>[number];

/** Holds a row for each kind of work, and a number for each entry. @param parts newest first */
async function countWork(parts: Listing, byNode: boolean) {
  const groups = new Map<string, { row: Counts; took: number[]; last_at: string }>();
  for await (const { entries } of parts) {
    for (const activity of entries) {
      const { runtime, node_id, status, created_at } = activity;
      const action = verbOf(activity.action);
      const what = { runtime, action, ...(byNode && { node_id }) };
      const key = Object.values(what).join(' ');
      const row = { ...what, ...NONE };
      const group = groups.get(key) ?? { row, took: [], last_at: created_at };
      groups.set(key, group);
      group.row.count += 1;
      if (status === 'completed' || status === 'rejected') group.row[status] += 1;
      else if (!isFinal(activity)) group.row.processing += 1;
      const took = tookMs(activity);
      if (status === 'completed' && took !== null) group.took.push(took);
    }
  }
  const sorted = [...groups].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return sorted.map(([, { row, took, last_at }]) => {
    const times = Float64Array.from(took).sort();
    return {
      ...row,
      median_s: secondsAt(0.5, times),
      p90_s: secondsAt(0.9, times),
      max_s: secondsAt(1, times),
      last_at,
    };
  });
}

/** What this share of all took at most, by the nearest rank; null where there are none. */
function secondsAt(share: number, times: Float64Array) {
  const took = times[Math.ceil(times.length * share) - 1];
  return took === undefined ? null : took / 1000;
}

function statsColumns(byNode: boolean): ReadonlyArray<Column<Stats>> {
  return [
    fieldColumn('runtime', 0, 'runtime', { lead: 0 }),
    fieldColumn('action', 0, 'action', { lead: 0 }),
    ...(byNode ? [nodeColumn<Stats>(2, 1)] : []),
    fieldColumn('count', 5, 'count'),
    fieldColumn('completed', 11, 'completed'),
    fieldColumn('rejected', 4, 'rejected', {
      style: ({ rejected }) => (rejected ? 'bad' : undefined),
    }),
    fieldColumn('processing', 10, 'processing'),
    secondsColumn('median', 3, 'median_s'),
    secondsColumn('p90', 8, 'p90_s'),
    secondsColumn('longest', 6, 'max_s'),
    timeColumn('last', 12, 'last_at'),
    ...(byNode ? [nameColumn<Stats>(7, 2)] : []),
  ];
}

function secondsColumn(
  name: string,
  priority: number,
  field: 'median_s' | 'p90_s' | 'max_s',
): Column<Stats> {
  const text = ({ [field]: took }: Stats) =>
    took === null ? cellText(null) : formatDuration(took * 1000);
  return fieldColumn(name, priority, field, { text });
}
