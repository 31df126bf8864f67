import * as Flags from '@oclif/core/flags';
import { ActivityLog } from '../../activities/activity-log.js';
import type { ActivityFilter } from '../../activities/filter.js';
import { listActivities } from '../../activities/list.js';
import { countWork, STATS_KEYS, type StatsKey, type WorkStats } from '../../activities/stats.js';
import { formatDuration } from '../../base/durations.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { scaleOf, type Scale } from '../../output/histogram.js';
import { printList } from '../../output/list.js';
import { showsHistograms, statsColumns, type StatsRow } from '../../output/stats-columns.js';
import type { CommandContext } from '../context.js';
import { printOptions } from '../flags.js';
import { filterFlags, sinceOptions } from './list-request.js';
import type { LogSource } from './show-list.js';
import { inSmallMemory } from './small-memory.js';

export const statsFlags = {
  by: Flags.option({ options: STATS_KEYS })({
    default: 'action' as const,
    summary: 'What is counted together: each action of a runtime, or that on each node.',
  }),
  ...filterFlags,
  since: Flags.string({ ...sinceOptions, default: '7d' }),
};

/** Prints how long actions take, and how often they are rejected. @throws as `Supervisor.list` does */
export async function showStats(
  context: CommandContext,
  { supervisor, deploymentId }: Pick<LogSource, 'supervisor' | 'deploymentId'>,
  { filter, by }: { filter: ActivityFilter; by: StatsKey },
): Promise<ExitCode> {
  const { host, flags, signal } = context;
  const { batches } = listActivities(new ActivityLog(supervisor, deploymentId), filter, 0, signal);
  const rows = (await context.during('reading the log', () => countWork(inSmallMemory(batches), by))).map(rowOf);
  const options = printOptions(flags);
  const { stdout } = host.output;
  const scale = options.format === 'table' && stdout.isTTY ? scaleOf(rows.map(({ durations }) => durations)) : null;
  const anyRejected = rows.some(({ document }) => document.rejected > 0);
  const columns = statsColumns({ byNode: by === 'node', anyRejected, scale });
  const spec = { noun: 'activities in this time', columns, toJson: ({ document }: StatsRow) => document, total: null };
  await printList(host.output, [rows], spec, options);
  if (scale && showsHistograms(columns, rows, stdout, options)) context.say(scaleText(scale));
  return EXIT_CODES.done.code;
}

function rowOf({ nodeId, durations, lastAt, ...group }: WorkStats): StatsRow {
  const { runtime, action, count, completed, rejected, processing } = group;
  return {
    document: {
      runtime,
      action,
      ...(nodeId !== null && { node_id: nodeId }),
      ...{ count, completed, rejected, processing },
      median_s: seconds(durations.median),
      p90_s: seconds(durations.p90),
      max_s: seconds(durations.longest),
      last_at: lastAt,
    },
    durations: durations.sorted(),
  };
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

/** What the histograms show, for below them. */
function scaleText({ from, to }: Scale): string {
  return `durations of what completed: ${formatDuration(from)} (left) to ${formatDuration(to)} (right), logarithmic`;
}
