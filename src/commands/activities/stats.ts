import * as Flags from '@oclif/core/flags';
import { isFinal } from '../../base/activity.js';
import { formatDuration } from '../../base/durations.js';
import type { Id } from '../../base/ids.js';
import { BaseCommand } from '../../cli/base-command.js';
import type { Listing } from '../../log/list.js';
import {
  cellText,
  fieldColumn,
  nameColumn,
  nodeColumn,
  timeColumn,
  type Column,
} from '../../output/columns.js';
import { filterFlags, filtersIn, sinceFlag, summarize } from './shared.js';
import { connectionFlags } from '../flags.shared.js';

export default class ActivitiesStats extends BaseCommand {
  static override summary = 'Show how long actions take, and how often they are rejected.';
  static override description =
    'Shows how many actions there were, how they ended, and how long the completed ones took (the median, p90 and the ' +
    'longest): for each runtime and action, and with --by node also for each node. Every reconfigure counts as the same ' +
    'action, whatever its config.';
  static override examples = [
    'ldctl activities stats',
    'ldctl activities stats --since 24h --by node --runtime iggy',
    'ldctl activities stats --since 30d -o json | jq ".items[] | select(.rejected > 0)"',
  ];
  static override flags = {
    ...connectionFlags,
    by: Flags.option({ options: ['action', 'node'] as const })({
      default: 'action',
      summary: 'Count by runtime and action, or also by node.',
    }),
    ...filterFlags,
    since: sinceFlag('7d'),
  };

  protected override async execute() {
    const { flags } = await this.parse(ActivitiesStats);
    const byNode = flags.by === 'node';
    const context = await this.open(flags);
    const rows = await summarize(context, flags, (entries) => countWork(entries, byNode));
    const filters = filtersIn(flags);
    const spec = { noun: 'activities', filters, columns: statsColumns(byNode) };
    return this.list(rows, spec, null);
  }
}

const NONE = { count: 0, completed: 0, rejected: 0, processing: 0 };
/** Of those that completed, in seconds; null where there are none. */
const NO_TIMES = { median_s: null, p90_s: null, max_s: null };
type Times = Record<keyof typeof NO_TIMES, number | null>;

/** What the log says of one kind of work: in JSON, these keys in this order. */
type Stats = { runtime: string; action: string; node_id?: Id } & typeof NONE &
  Times & { last_at: string };

/** Holds a row for each kind of work, and a number for each entry. @param parts newest first */
async function countWork(parts: Listing, byNode: boolean) {
  const groups = new Map<string, { row: Stats; tookMs: number[] }>();
  for await (const { entries } of parts) {
    for (const { runtime, action: whole, node_id, status, created_at, finished_at } of entries) {
      const action = whole.replace(/:.*/s, '');
      const key = `${runtime} ${action} ${byNode ? node_id : ''}`;
      const what = { runtime, action, ...(byNode && { node_id }) };
      const row = { ...what, ...NONE, ...NO_TIMES, last_at: created_at };
      const group = groups.get(key) ?? { row, tookMs: [] };
      groups.set(key, group);
      group.row.count += 1;
      group.row[isFinal(status) ? (status as 'completed' | 'rejected') : 'processing'] += 1;
      const took = Date.parse(finished_at ?? '') - Date.parse(created_at);
      if (status === 'completed' && took >= 0) group.tookMs.push(took);
    }
  }
  const sorted = [...groups].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return sorted.map(([, { row, tookMs }]) => ({
    ...row,
    ...timesOf(Float64Array.from(tookMs).sort()),
  }));
}

/** @param took ms, the shortest first */
function timesOf(took: Float64Array): Times {
  const nth = (index: number) => (took.at(index) ?? 0) / 1000;
  if (took.length === 0) return NO_TIMES;
  const median_s = (nth((took.length - 1) / 2) + nth(took.length / 2)) / 2;
  return { median_s, p90_s: nth(Math.ceil(took.length * 0.9) - 1), max_s: nth(-1) };
}

function statsColumns(byNode: boolean): ReadonlyArray<Column<Stats>> {
  return [
    fieldColumn('runtime', 1, 'runtime', { lead: 0 }),
    fieldColumn('action', 1, 'action', { lead: 0 }),
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

function secondsColumn(name: string, priority: number, field: keyof Times): Column<Stats> {
  const text = ({ [field]: took }: Stats) =>
    took === null ? cellText(null) : formatDuration(took * 1000);
  return fieldColumn(name, priority, field, { text });
}
