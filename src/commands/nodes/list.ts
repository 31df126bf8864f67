import * as Flags from '@oclif/core/flags';
import { isFinal, RUNTIMES, type Activity } from '../../base/activity.js';
import { compareIds, type Id } from '../../base/ids.js';
import { BaseCommand } from '../../cli/base-command.js';
import { printOptions } from '../../cli/flags.js';
import { listNewest, type Listing } from '../../log/list.js';
import { cellText, timeColumns, type Column } from '../../output/columns.js';
import { printList } from '../../output/list.js';
import { statusStyle, statusSign } from '../../output/rows.js';
import { filterFlags, logOf, parseFilter, sinceOptions } from '../activities/shared.js';
import { connectionFlags } from '../flags.shared.js';

export default class NodesList extends BaseCommand {
  static override summary = 'The nodes that the log names, and what was last done on each.';
  static override description =
    'A line a node, with its last activity of each runtime. It shows what the log knows: a node that nothing was done on is ' +
    'not in it, one that has left may be, and neither says whether a runtime runs.';
  static override examples = [
    'ldctl nodes list',
    'ldctl nodes list --since 7d --runtime iggy',
    'ldctl nodes list -o json | jq ".items[] | {node_id, iggy: .runtimes.iggy.status}"',
  ];
  static override flags = {
    ...connectionFlags,
    node: filterFlags.node,
    runtime: filterFlags.runtime,
    since: Flags.string({ ...sinceOptions, default: '30d' }),
  };

  protected override async execute() {
    const { flags } = await this.parse(NodesList);
    const { output, clock } = this.host;
    const filter = parseFilter(flags, clock.now());
    const context = await this.open(flags);
    const target = await context.target();
    const parts = listNewest(
      logOf(context, target),
      { filter, limit: 0 },
      { signal: context.signal },
    );
    const nodes = await context.during('reading the log', () => summarise(parts));
    const spec = {
      noun: 'nodes in the log of this time',
      columns: nodeColumns(nodes),
      total: null,
    };
    await printList(output, [nodes], spec, printOptions(flags));
    return 0;
  }
}

const lastOf = ({ id, action, status, created_at }: Activity) => ({
  activity_id: id,
  action,
  status,
  created_at,
});

/** A node that the log names: in JSON, these keys in this order. */
interface NodeSummary {
  node_id: Id;
  last_activity_at: string;
  runtimes: Record<string, ReturnType<typeof lastOf>>;
}

/** Holds the newest entries of each node, and no others. @param parts newest first */
async function summarise(parts: Listing): Promise<NodeSummary[]> {
  const nodes = new Map<Id, NodeSummary>();
  for await (const { entries } of parts) {
    for (const activity of entries) {
      const { node_id, created_at } = activity;
      const node = nodes.get(node_id) ?? {
        node_id,
        last_activity_at: created_at,
        // Without a prototype, `__proto__` is a name like any other.
        runtimes: Object.create(null) as NodeSummary['runtimes'],
      };
      nodes.set(node_id, node);
      node.runtimes[activity.runtime] ??= lastOf(activity);
    }
  }
  return [...nodes.values()].sort((a, b) => compareIds(a.node_id, b.node_id));
}

function nodeColumns(nodes: readonly NodeSummary[]): ReadonlyArray<Column<NodeSummary>> {
  // Those that can be triggered, whether or not they are named, so that CSV has the same columns
  // each time.
  const named = nodes.flatMap((node) => Object.keys(node.runtimes)).sort();
  const runtimes = [...new Set([...RUNTIMES, ...named])];
  return [
    { name: 'node', priority: 1, value: (node) => node.node_id },
    ...runtimes.map((runtime, index) => lastColumn(runtime, index + 2)),
    ...timeColumns<NodeSummary>('last', runtimes.length + 2, (node) => node.last_activity_at),
  ];
}

/** What was done last, and how it stands; the word for that is left out where all is well. */
function lastColumn(runtime: string, priority: number): Column<NodeSummary> {
  return {
    name: runtime,
    priority,
    value: ({ runtimes }) => runtimes[runtime]?.status,
    text: ({ runtimes }) => {
      const last = runtimes[runtime];
      if (!last) return cellText(null);
      const [verb = ''] = last.action.split(':');
      const word = isFinal(last.status) && last.status !== 'rejected' ? '' : ` ${last.status}`;
      return `${statusSign(last.status)} ${verb}${word}`;
    },
    style: ({ runtimes }) => statusStyle(runtimes[runtime]?.status ?? null),
  };
}
