/*
 * A node as the log shows it: its state in words, a row of a table, an item of JSON, and a choice.
 */

import { DOING, RUNTIMES, verbOf } from '../base/activity.js';
import { ageText } from '../base/durations.js';
import type { Id } from '../base/ids.js';
import type { Findings } from '../app/survey.js';
import { nodeStates, type NodeState, type RuntimeState } from '../log/nodes.js';
import {
  cellText,
  nameColumn,
  nodeColumn,
  nodeText,
  timeColumn,
  type CellView,
  type Column,
} from '../output/columns.js';
import { lookOf, withName } from '../output/rows.js';
import type { Output } from '../output/streams.js';
import type { Host } from './host.js';
import type { Source } from './several.js';

/**
 * `running 3h`, `stopped 6s, restart rejected 2s ago`, `restarting 3s`; no ages off a terminal.
 */
export function stateText(
  summary: RuntimeState | undefined,
  { isTTY, now }: Pick<CellView, 'isTTY' | 'now'>,
) {
  if (!summary) return cellText(null);
  const { action, status, created_at: at, state, since } = summary;
  const verb = verbOf(action);
  const aged = (text: string, time: string | null, ago = '') =>
    isTTY && time ? `${text} ${ageText(time, now)}${ago}` : text;
  if (status === 'processing') return aged(DOING.get(verb) ?? verb, at);
  const after = aged(status === 'completed' ? verb : `${verb} ${status}`, at, ' ago');
  if (state === null) return after;
  const isDecider = status === 'completed' && verb !== 'reconfigure';
  return isDecider ? aged(state, since) : `${aged(state, since)}, ${after}`;
}

/** What there is to pick from, with the state of a runtime. */
export async function nodeChoices(
  { clock, output }: Host,
  asked: {
    listed: readonly Id[];
    runtime: string;
    found: Pick<Findings, 'entries' | 'serverTime'> | null;
  },
) {
  const { listed, runtime, found } = asked;
  const view = { isTTY: true, now: found?.serverTime ?? clock.now() };
  const states = await nodeStates(found ? [found] : []);
  return listed.map((node) => {
    const state = states.find(({ node_id: id }) => id === node)?.runtimes[runtime];
    const text = state ? stateText(state, view) : `no ${runtime} entry`;
    return { node, label: nodeText(node, output.stderr), state: text };
  });
}

type Row = ReturnType<typeof withName<NodeState>>;
export type NodeRow = Row & { deployment_id?: Id; deployment_path?: string | null };

/** Of several deployments, with its own first. */
export function nodeRow(
  { deployment }: Source,
  state: NodeState,
  { names, places }: Output,
): NodeRow {
  const place = deployment && {
    deployment_id: deployment.ref.id,
    deployment_path: deployment.ref.path,
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
