/*
 * A node as the log shows it: a row of a table, and an item of JSON.
 */

import { RUNTIMES } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import type { NodeState } from '../../log/nodes.js';
import {
  nameColumn,
  nodeColumn,
  timeColumn,
  type CellView,
  type Column,
} from '../../output/columns.js';
import { lookOf, withName } from '../../output/rows.js';
import type { Output } from '../../output/streams.js';
import { stateText } from '../asking/node-states.js';
import type { Source } from './several.js';

type Row = ReturnType<typeof withName<NodeState>>;
export type NodeRow = Row & {
  deployment_id?: Id;
  deployment_path?: string | null;
  profile?: string | null;
};

/** Of several deployments, with its own first. */
export function nodeRow(
  { deployment }: Source,
  state: NodeState,
  { names, places }: Output,
): NodeRow {
  const place = deployment && {
    deployment_id: deployment.ref.id,
    deployment_path: deployment.ref.path,
    profile: deployment.profile,
  };
  return { ...(places.size > 0 && place), ...withName(state, names) };
}

export function nodeColumns(nodes: readonly NodeRow[]): ReadonlyArray<Column<Row>> {
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

/** What the runtime is by the log; at a terminal, since when. */
function runtimeColumn(runtime: string, priority: number): Column<Row> {
  const text = ({ runtimes }: Row, view: CellView) => stateText(runtimes[runtime], view);
  return {
    name: runtime,
    priority,
    value: ({ runtimes: { [runtime]: state } }) =>
      state && stateText(state, { isTTY: false, now: 0 }),
    text,
    // Where there is less room, when it was tried may be left out.
    short: () => (row, view) => text(row, view).replace(/ \S+ ago$/, ''),
    style: ({ runtimes }) => {
      const { status = null, state } = runtimes[runtime] ?? {};
      // What was last done completed, but green would say that it is running.
      return state !== 'running' && status === 'completed' ? undefined : lookOf(status).style;
    },
  };
}
