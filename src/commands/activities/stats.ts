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
import { openLog } from '../../log/log.js';
import { cellText, type Column } from '../../output/columns.js';
import { printList } from '../../output/list.js';
import { timeColumn } from '../../output/columns.js';
import { filterFlags, parseFilter, sinceOptions } from './shared.js';

const BY = ['action', 'node'] as const;

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
    by: Flags.option({ options: BY })({
      default: 'action' as const,
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
    const log = openLog(context.supervisor(target), target.deployment.id, clock);
    const { batches } = listNewest(log, { filter, limit: 0 }, { signal: context.signal });
    const rows = await context.during('reading the log', () => countWork(batches, flags.by === 'node'));
    const columns = statsColumns(
      flags.by === 'node',
      rows.some(({ rejected }) => rejected > 0),
    );
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

type Counted = Pick<Stats, 'count' | 'completed' | 'rejected' | 'processing'>;

/** Holds something for each kind of work, and a number for each entry. @param batches newest first */
async function countWork(batches: AsyncIterable<readonly Activity[]>, byNode: boolean): Promise<Stats[]> {
  const groups = new Map<string, { newest: Activity; counts: Counted; tookMs: number[] }>();
  for await (const batch of batches) {
    for (const activity of batch) {
      const key = `${activity.runtime} ${verbOf(activity)} ${byNode ? activity.node_id : ''}`;
      const none = { count: 0, completed: 0, rejected: 0, processing: 0 };
      const group = groups.get(key) ?? { newest: activity, counts: none, tookMs: [] };
      groups.set(key, group);
      group.counts.count += 1;
      if (!isFinal(activity.status)) group.counts.processing += 1;
      else if (activity.status === 'rejected') group.counts.rejected += 1;
      else {
        group.counts.completed += 1;
        const took = Date.parse(activity.finished_at ?? '') - Date.parse(activity.created_at);
        if (took >= 0) group.tookMs.push(took);
      }
    }
  }
  const rows = [...groups.values()].map(({ newest, counts, tookMs }): Stats => {
    const sorted = Float64Array.from(tookMs).sort();
    const nth = (n: number): number | null => sorted[n - 1] ?? null;
    const [lower, upper] = [nth(Math.ceil(sorted.length / 2)), nth(Math.floor(sorted.length / 2) + 1)];
    const median = lower === null || upper === null ? null : (lower + upper) / 2;
    return {
      runtime: newest.runtime,
      action: verbOf(newest),
      ...(byNode && { node_id: newest.node_id }),
      ...counts,
      median_s: seconds(median),
      p90_s: seconds(nth(Math.ceil(sorted.length * 0.9))),
      max_s: seconds(nth(sorted.length)),
      last_at: newest.created_at,
    };
  });
  return rows.sort(
    (a, b) =>
      compareTexts(a.runtime, b.runtime) ||
      compareTexts(a.action, b.action) ||
      compareIds(a.node_id ?? 0n, b.node_id ?? 0n),
  );
}

function verbOf({ action }: Activity): string {
  return action.split(':', 1)[0] ?? action;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function statsColumns(byNode: boolean, anyRejected: boolean): ReadonlyArray<Column<Stats>> {
  const node: Column<Stats> = { name: 'node', priority: 2, value: (row) => row.node_id };
  return [
    { name: 'runtime', priority: 1, value: (row) => row.runtime },
    { name: 'action', priority: 1, value: (row) => row.action },
    ...(byNode ? [node] : []),
    { name: 'count', priority: 5, value: (row) => row.count },
    { name: 'completed', priority: 11, value: (row) => row.completed },
    {
      ...quietCount('rejected', anyRejected ? 4 : 9, (row) => row.rejected),
      style: (row) => (row.rejected > 0 ? 'bad' : undefined),
    },
    {
      ...quietCount('processing', 10, (row) => row.processing),
      style: (row) => (row.processing > 0 ? 'busy' : undefined),
    },
    secondsColumn('median', 3, (row) => row.median_s),
    secondsColumn('p90', 8, (row) => row.p90_s),
    secondsColumn('longest', 6, (row) => row.max_s),
    timeColumn('last', 12, (row) => row.last_at),
  ];
}

/** A number that is worth a word only where it is not 0. */
function quietCount(name: string, priority: number, value: (row: Stats) => number): Column<Stats> {
  return { name, priority, value, text: (row) => cellText(value(row) || null) };
}

function secondsColumn(name: string, priority: number, value: (row: Stats) => number | null): Column<Stats> {
  const text = (row: Stats): string => {
    const took = value(row);
    return took === null ? cellText(null) : formatDuration(took * 1000);
  };
  return { name, priority, value, text };
}
