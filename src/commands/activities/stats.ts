import * as Flags from '@oclif/core/flags';
import { isFinal, type Activity } from '../../base/activity.js';
import { formatDuration } from '../../base/durations.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { compareIds, type Id } from '../../base/ids.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, printOptions } from '../../cli/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import { listNewest } from '../../log/list.js';
import { cellText, timeColumn, type Column } from '../../output/columns.js';
import { printList } from '../../output/list.js';
import { filterFlags, logOf, parseFilter, sinceOptions } from './shared.js';

export default class ActivitiesStats extends BaseCommand {
  static override summary = 'How long actions take, and how often they are rejected, from the log.';
  static override description =
    'For each runtime and action: how many there were, how many completed, were rejected or are still processing, and how ' +
    'long those took that completed: the median, nine of ten (p90), and the longest. A reconfigure counts as one whatever ' +
    'its config. Filters are those of `activities list`.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --since 24h --by node --runtime iggy',
    '<%= config.bin %> <%= command.id %> --since 30d -o json | jq ".items[] | select(.rejected > 0)"',
  ];
  static override flags = {
    ...connectionFlags,
    by: Flags.option({ options: ['action', 'node'] as const })({
      default: 'action',
      summary: 'What is counted together: each action of a runtime, or that on each node.',
    }),
    ...filterFlags,
    since: Flags.string({ ...sinceOptions, default: '7d' }),
  };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { flags } = await this.parse(ActivitiesStats);
    const { output, clock } = this.host;
    const filter = parseFilter(flags, clock.now());
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const { batches } = listNewest(logOf(context, target), { filter, limit: 0 }, { signal: context.signal });
    const rows = await context.during('reading the log', () => countWork(batches, flags.by === 'node'));
    const anyRejected = rows.some(({ rejected }) => rejected > 0);
    const columns = statsColumns(flags.by === 'node', anyRejected);
    await printList(output, [rows], { noun: 'activities in this time', columns, total: null }, printOptions(flags));
    return EXIT_CODES.done.code;
  }
}

/** What the log says of one kind of work: in JSON, these keys in this order. */
interface Stats {
  runtime: string;
  /** Without a config: a reconfigure is one like another. */
  action: string;
  /** Where each node is counted by itself. */
  node_id?: Id;
  count: number;
  completed: number;
  rejected: number;
  /** Not final, whatever the status is called. */
  processing: number;
  /** Of the completed ones, in seconds; null where there are none. */
  median_s: number | null;
  p90_s: number | null;
  max_s: number | null;
  /** When the newest was created, as the API gave it. */
  last_at: string;
}

/** Holds a row for each kind of work, and a number for each entry. @param batches newest first */
async function countWork(batches: AsyncIterable<readonly Activity[]>, byNode: boolean): Promise<Stats[]> {
  const groups = new Map<string, { row: Stats; tookMs: number[] }>();
  for await (const batch of batches) {
    for (const { runtime, action: whole, node_id, status, created_at, finished_at } of batch) {
      const action = whole.replace(/:.*/s, '');
      const key = `${runtime} ${action} ${byNode ? node_id : ''}`;
      const empty = { count: 0, completed: 0, rejected: 0, processing: 0, median_s: null, p90_s: null, max_s: null };
      const row = { runtime, action, ...(byNode && { node_id }), ...empty, last_at: created_at };
      const group = groups.get(key) ?? { row, tookMs: [] };
      groups.set(key, group);
      group.row.count += 1;
      group.row[isFinal(status) ? (status === 'rejected' ? 'rejected' : 'completed') : 'processing'] += 1;
      const took = Date.parse(finished_at ?? '') - Date.parse(created_at);
      if (status === 'completed' && took >= 0) group.tookMs.push(took);
    }
  }
  const rows = [...groups.values()].map(({ row, tookMs }): Stats => {
    const sorted = Float64Array.from(tookMs).sort();
    const nth = (n: number): number | null => (sorted.length === 0 ? null : (sorted[n - 1] ?? 0) / 1000);
    const median = ((sorted.at((sorted.length - 1) / 2) ?? 0) + (sorted.at(sorted.length / 2) ?? 0)) / 2000;
    return {
      ...row,
      median_s: sorted.length === 0 ? null : median,
      p90_s: nth(Math.ceil(sorted.length * 0.9)),
      max_s: nth(sorted.length),
    };
  });
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return rows.sort(
    (a, b) => order(a.runtime, b.runtime) || order(a.action, b.action) || compareIds(a.node_id ?? 0n, b.node_id ?? 0n),
  );
}

function statsColumns(byNode: boolean, anyRejected: boolean): ReadonlyArray<Column<Stats>> {
  const node: Column<Stats> = { name: 'node', priority: 2, value: (row) => row.node_id };
  return [
    { name: 'runtime', priority: 1, value: (row) => row.runtime },
    { name: 'action', priority: 1, value: (row) => row.action },
    ...(byNode ? [node] : []),
    { name: 'count', priority: 5, value: (row) => row.count },
    { name: 'completed', priority: 11, value: (row) => row.completed },
    countColumn('rejected', anyRejected ? 4 : 9, 'bad'),
    countColumn('processing', 10, 'busy'),
    secondsColumn('median', 3, (row) => row.median_s),
    secondsColumn('p90', 8, (row) => row.p90_s),
    secondsColumn('longest', 6, (row) => row.max_s),
    timeColumn('last', 12, (row) => row.last_at),
  ];
}

/** A number that is worth a word only where it is not 0. */
function countColumn(name: 'rejected' | 'processing', priority: number, style: 'bad' | 'busy'): Column<Stats> {
  return {
    ...{ name, priority, value: (row) => row[name], text: (row) => cellText(row[name] || null) },
    style: (row) => (row[name] > 0 ? style : undefined),
  };
}

function secondsColumn(name: string, priority: number, value: (row: Stats) => number | null): Column<Stats> {
  const text = (row: Stats): string => {
    const took = value(row);
    return took === null ? cellText(null) : formatDuration(took * 1000);
  };
  return { name, priority, value, text };
}
