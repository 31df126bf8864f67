import { isFinal, type Activity } from '../base/activity.js';
import type { Id, NodeNames } from '../base/ids.js';
import { elapsedText, formatDuration } from '../base/durations.js';
import {
  isFailedGate,
  MISSING,
  NOT_STARTED,
  UNCONFIRMED,
  type GateResult,
  type NodeResult,
  type ResultFacts,
} from '../base/outcome.js';
import type { NodeProgress } from '../job/events.js';
import { plainText } from '../base/text.js';
import {
  fieldColumn,
  nameColumn,
  namedColumn,
  nodeColumn,
  timeColumn,
  tookMs,
  type CellView,
  type Column,
} from './columns.js';
import type { StyleName } from './streams.js';

/** How a status is shown. */
interface Look {
  sign: string;
  style?: StyleName;
  /** What is wrong with the node, as in `2 of 3 nodes …`; null when it completed. */
  trouble: string | null;
}

const FAILED = { sign: '✗', style: 'bad' } as const;

/** By status; null is a node without an entry yet. */
const LOOKS = new Map<string | null, Look>([
  [MISSING, { ...FAILED, trouble: 'missing from the log' }],
  ['rejected', { ...FAILED, trouble: 'rejected it' }],
  ['processing', { sign: '…', style: 'busy', trouble: 'still processing' }],
  ['completed', { sign: '✓', style: 'ok', trouble: null }],
  [UNCONFIRMED, { ...FAILED, trouble: 'did not confirm it' }],
  [NOT_STARTED, { sign: '·', trouble: 'not started' }],
  [null, { sign: '·', trouble: 'not seen yet' }],
]);

/** An unknown status has the sign of one that runs, since ldctl cannot tell. */
export function lookOf(status: string | null): Look {
  return LOOKS.get(status) ?? { sign: '…', trouble: plainText(status ?? '') };
}

/** `completed`, `not started`; `waiting` before there is an entry. */
const statusText = (status: string | null) => (status ?? 'waiting').replace('_', ' ');

/** `passed`, `failed with 1`, `timed out`, `cut off after 5s`. */
export function gateWord({ exit_code: code, timed_out, cut_off, took_ms }: GateResult) {
  if (timed_out) return 'timed out';
  if (cut_off) return `cut off after ${elapsedText(took_ms)}`;
  if (code === 0) return 'passed';
  return code === null ? 'failed' : `failed with ${code}`;
}

/** As JSON has it: with its name after its id. */
export function withName<T extends { node_id: Id | null }>(row: T, names: NodeNames) {
  const { node_id, ...rest } = row;
  const name = node_id === null ? undefined : names.get(node_id);
  return { node_id, node_name: name ?? null, ...rest };
}

type Row = NodeResult & Partial<NodeProgress>;

/** A node is open until it has ended; in a roll, until its gate has, too. */
export function progressOf(row: Row): 'open' | 'done' | 'failed' {
  const { status, stage, gate } = row;
  if (stage !== undefined && stage !== 'done') return 'open';
  if (status === 'completed') return isFailedGate(gate) ? 'failed' : 'done';
  return stage === 'done' || isEnded(row) ? 'failed' : 'open';
}

/** How many rows are open, done and failed. */
export function countProgress(rows: readonly Row[]) {
  const counts = { open: 0, done: 0, failed: 0 };
  for (const row of rows) counts[progressOf(row)] += 1;
  return counts;
}

const isEnded = (row: Row) => row.status === MISSING || row.status === UNCONFIRMED || isFinal(row);

/** `✓ completed`, `… gate 12s of 5m`; `… gate 12s` where there is no limit. */
function liveText(row: Row, elapsed: number) {
  const { status, stage, gate, stageSince = elapsed, limitMs = Infinity } = row;
  // Without --pause it is over at once.
  if (stage === 'gate' || (stage === 'pause' && limitMs !== 0)) {
    // `5m` for `5m00s`.
    const limit = elapsedText(limitMs).replace(/(?<=\D)0+\D$/, '');
    const time = elapsedText(elapsed - stageSince);
    return `… ${stage} ${time}${limitMs === Infinity ? '' : ` of ${limit}`}`;
  }
  if (stage === 'done' && isFailedGate(gate)) return `✗ gate ${gateWord(gate)}`;
  if (stage !== 'done' || isEnded(row)) return `${lookOf(status).sign} ${statusText(status)}`;
  return `✗ ${status === null ? 'unconfirmed' : 'timed out'}`;
}

/** In seconds in CSV. @param soFar the text of what has not finished */
function tookColumn<T extends Parameters<typeof tookMs>[0]>(
  priority: number,
  soFar: (item: T, view: CellView) => string = () => '-',
): Column<T> {
  return {
    name: 'took',
    priority,
    value: (item) => {
      const took = tookMs(item);
      return took === null ? null : took / 1000;
    },
    text: (item, view) => {
      const took = tookMs(item);
      return took === null ? soFar(item, view) : formatDuration(took);
    },
  };
}

/**
 * The time so far ticks in a live display. It is measured here, since the server's clock may be
 * hours off.
 */
function soFarText(row: Row, { elapsed }: CellView) {
  const { since = null } = row;
  return elapsed === undefined || since === null || progressOf(row) !== 'open'
    ? '-'
    : elapsedText(elapsed - since);
}

/** How the gate after a node ended. */
export const gateColumn: Column<Row> = {
  name: 'gate',
  priority: 1,
  value: ({ gate, passed_earlier }) => (gate ? gateWord(gate) : passed_earlier && 'passed earlier'),
  style: ({ gate, passed_earlier }) => {
    if (gate?.exit_code === 0 || passed_earlier) return 'ok';
    return gate ? 'bad' : undefined;
  },
};

/** The targets of a run: while they are followed, and as it ended. */
export const resultColumns: readonly Column<Row>[] = [
  nodeColumn(0, 0),
  fieldColumn('activity', 3, 'activity_id'),
  fieldColumn('status', 0, 'status', {
    text: (row, { elapsed }) => {
      if (elapsed !== undefined) return liveText(row, elapsed);
      return row.status === null ? '-' : statusText(row.status);
    },
    style: (row) => {
      if (row.stage === 'pause' || row.stage === 'gate') return 'busy';
      return row.stage === 'done' && progressOf(row) === 'failed'
        ? 'bad'
        : lookOf(row.status).style;
    },
  }),
  timeColumn('created', null, 'created_at'),
  timeColumn('finished', null, 'finished_at'),
  tookColumn(2, soFarText),
  fieldColumn('ambiguous', 5, 'ambiguous', { only: 'if any' }),
  timeColumn('started', null, 'started_at'),
  { ...gateColumn, only: 'if any' },
  nameColumn(4, 1),
];

/** `connectors reconfigure:…033`: a whole config is as wide as two other columns. */
export function whatText({ runtime, action }: Activity) {
  return `${runtime} ${action.replace(/\d+(?=\d{3}$)/, '…')}`;
}

export const activityColumns: ReadonlyArray<Column<Activity>> = [
  fieldColumn('id', 6, 'id', { lead: 6 }),
  nodeColumn(4, 4),
  fieldColumn('runtime', 2, 'runtime', { lead: 1, where: 'elsewhere' }),
  fieldColumn('action', 2, 'action', { lead: 1, where: 'elsewhere' }),
  {
    name: 'what',
    priority: 2,
    lead: 1,
    where: 'terminal',
    text: whatText,
    value: ({ runtime, action }) => `${runtime} ${action}`,
  },
  fieldColumn('status', 0, 'status', {
    lead: 2,
    text: ({ status }, { elapsed }) =>
      elapsed === undefined ? status : `${lookOf(status).sign} ${status}`,
    style: ({ status }) => lookOf(status).style,
  }),
  namedColumn('author', 9, 'author_id', { by: 'people', leadAtTerminal: 5, only: 'if room' }),
  timeColumn('created', 3, 'created_at', { lead: 0, where: 'elsewhere' }),
  timeColumn('age', 3, 'created_at', { isAge: true, lead: 0, where: 'terminal' }),
  timeColumn('finished', null, 'finished_at'),
  { ...tookColumn<Activity>(5), lead: 3 },
  fieldColumn('deployment', null, 'deployment_id'),
  fieldColumn('environment', null, 'environment_id'),
  fieldColumn('division', null, 'division_id'),
  fieldColumn('tenant', null, 'tenant_id'),
  nameColumn(5, 5),
];

/** What a table has of a result: with `--no-wait` on every node, nothing is known of any of them. */
export const rowsOf = ({
  outcome,
  targets,
  nodes,
}: Pick<ResultFacts, 'targets' | 'nodes'> & { outcome: string }) =>
  outcome === 'accepted' && targets !== 'named' ? [] : nodes;
