import { DOING, RUNTIMES, verbOf } from '../../base/activity.js';
import { ageText } from '../../base/durations.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import { nodeStates, type NodeState, type RuntimeState } from '../../log/nodes.js';
import {
  cellText,
  nameColumn,
  nodeColumn,
  timeColumn,
  type CellView,
  type Column,
} from '../../output/columns.js';
import { lookOf, withName } from '../../output/rows.js';
import { filterFlags, filtersIn, sinceFlag, summarize } from '../activities/filters.shared.js';

export default class NodesList extends ConnectedCommand {
  static override summary =
    'List the nodes in the activity log, and whether each runtime is running.';
  static override description =
    'A runtime counts as running after a completed start or restart, until a stop completes; what came later is shown ' +
    'with it. The log does not show a crash, or a node that nothing was ever done on. It may still list a node that is ' +
    'gone.';
  static override examples = [
    'ldctl nodes list',
    'ldctl nodes list --since 7d --runtime iggy',
    'ldctl nodes list -o json | jq ".items[] | {node_id, iggy: .runtimes.iggy.state}"',
  ];
  static override flags = {
    node: filterFlags.node,
    runtime: filterFlags.runtime,
    since: sinceFlag('30d'),
  };

  protected override async execute() {
    const { flags } = await this.parse(NodesList);
    const states = await summarize(await this.open(flags), flags, nodeStates);
    const nodes = states.map((node) => withName(node, this.host.output.names));
    const spec = {
      noun: 'nodes in the log',
      filters: filtersIn(flags),
      columns: nodeColumns(nodes),
    };
    return this.list(() => nodes, spec, false);
  }
}

type Row = ReturnType<typeof withName<NodeState>>;

function nodeColumns(nodes: readonly Row[]): ReadonlyArray<Column<Row>> {
  // Those that can be triggered, whether or not they are listed, so that CSV has the same columns
  // each time.
  const named = nodes.flatMap((node) => Object.keys(node.runtimes)).sort();
  const runtimes = [...new Set([...RUNTIMES, ...named])];
  return [
    nodeColumn(1, 0),
    ...runtimes.map((runtime, index) => runtimeColumn(runtime, index + 2)),
    timeColumn<Row>('last', runtimes.length + 2, 'last_activity_at', { isAge: true }),
    nameColumn(1, 1),
  ];
}

/** In CSV how the last activity ended; for people what the runtime is by the log. */
function runtimeColumn(runtime: string, priority: number): Column<Row> {
  return {
    name: runtime,
    priority,
    value: ({ runtimes }) => runtimes[runtime]?.status,
    text: ({ runtimes }, view) => stateText(runtimes[runtime], view),
    style: ({ runtimes }) => lookOf(runtimes[runtime]?.status ?? null).style,
  };
}

/**
 * `running 3h`, `stopped 6s, restart rejected 2s ago`, `restarting 3s`; no ages off a terminal.
 */
function stateText(summary: RuntimeState | undefined, { isTTY, now }: CellView) {
  if (!summary) return cellText(null);
  const { action, status, created_at: at, state, since } = summary;
  const verb = verbOf(action);
  const aged = (text: string, time: string | null, ago = '') =>
    isTTY && time ? `${text} ${ageText(time, now)}${ago}` : text;
  if (status === 'processing') return aged(DOING[verb] ?? verb, at);
  const after = aged(status === 'completed' ? verb : `${verb} ${status}`, at, ' ago');
  if (state === null) return after;
  const isDecider = status === 'completed' && verb !== 'reconfigure';
  return isDecider ? aged(state, since) : `${aged(state, since)}, ${after}`;
}
