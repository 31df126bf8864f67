import * as Flags from '@oclif/core/flags';
import { ActivityLog } from '../../activities/activity-log.js';
import type { ActivityFilter } from '../../activities/filter.js';
import { listActivities } from '../../activities/list.js';
import { summariseNodes, type NodeSummary } from '../../activities/node-summary.js';
import { RUNTIMES, type Activity } from '../../base/activity.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { count } from '../../base/text.js';
import { printList } from '../../output/list.js';
import { nodeSummaryColumns, type LastActivity, type NodeDocument } from '../../output/node-summary-columns.js';
import { filterFlags, sinceOptions } from '../activities/list-request.js';
import type { LogSource } from '../activities/show-list.js';
import { inSmallMemory } from '../activities/small-memory.js';
import type { CommandContext } from '../context.js';
import { printOptions } from '../flags.js';

export const nodesFlags = {
  node: filterFlags.node,
  runtime: filterFlags.runtime,
  since: Flags.string({ ...sinceOptions, default: '30d' }),
};

/** Prints the nodes that the log names. @throws as `Supervisor.list` does */
export async function showNodes(
  context: CommandContext,
  { supervisor, deploymentId }: Pick<LogSource, 'supervisor' | 'deploymentId'>,
  filter: ActivityFilter,
): Promise<ExitCode> {
  const { host, flags, signal } = context;
  const { batches } = listActivities(new ActivityLog(supervisor, deploymentId), filter, 0, signal);
  const nodes = await context.during('reading the log', () => summariseNodes(inSmallMemory(batches)));
  const runtimes = runtimesOf(nodes);
  const documents = nodes.map((node) => documentOf(node, runtimes));
  const spec = { noun: 'nodes in the log of this time', columns: nodeSummaryColumns(runtimes), total: null };
  await printList(host.output, [documents], spec, printOptions(flags));
  if (nodes.length > 0)
    context.say(`${count(nodes.length, 'node')} named by the log; one that nothing was done on is not in it`);
  return EXIT_CODES.done.code;
}

/** Those that can be triggered, whether or not they are named, so that CSV has the same columns each time; then all others. */
function runtimesOf(nodes: readonly NodeSummary[]): string[] {
  const named = nodes.flatMap(({ last }) => [...last.keys()]).sort();
  return [...new Set([...RUNTIMES, ...named])];
}

function documentOf({ nodeId, last, newest }: NodeSummary, runtimes: readonly string[]): NodeDocument {
  const lasts = runtimes.flatMap((runtime): Array<[string, LastActivity]> => {
    const activity = last.get(runtime);
    return activity ? [[runtime, lastActivity(activity)]] : [];
  });
  return { node_id: nodeId, last_activity_at: newest.created_at, runtimes: Object.fromEntries(lasts) };
}

function lastActivity({ id, action, status, created_at }: Activity): LastActivity {
  return { activity_id: id, action, status, created_at };
}
