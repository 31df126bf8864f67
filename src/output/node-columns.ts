import { isFailedGate, type NodeResult } from '../base/outcome.js';
import { type NodeProgress } from '../base/progress.js';
import { type Column, type Now } from './columns.js';
import { hasFailed } from './node-state.js';
import { gateWord, isSettled, liveStatusText, spinnerFrame, statusStyle, statusText } from './status.js';
import { type StyleName } from './style.js';
import { durationCell, timeColumn } from './time-columns.js';
import { elapsedText, tookMs } from './time-text.js';

const node: Column<NodeResult> = { name: 'node', priority: 1, value: (result) => result.node_id };
const activity: Column<NodeResult> = { name: 'activity', priority: 3, value: (result) => result.activity_id };

/** How each target of a run ended: the table under a run, and its CSV. */
export const nodeColumns: readonly Column<NodeResult>[] = [
  node,
  activity,
  {
    name: 'status',
    priority: 2,
    value: (result) => result.status,
    text: (result) => (result.status === null ? '-' : statusText(result.status)),
    style: (result) => statusStyle(result.status),
  },
  { ...timeColumn<NodeResult>('created', 6, (result) => result.created_at), extra: true },
  { ...timeColumn<NodeResult>('finished', 7, (result) => result.finished_at), extra: true },
  { name: 'took', priority: 4, ...durationCell<NodeResult>(tookMs, () => null) },
  {
    name: 'ambiguous',
    priority: 5,
    extra: true,
    value: (result) => result.ambiguous,
    text: (result) => (result.ambiguous ? 'yes' : '-'),
  },
  { ...timeColumn<NodeResult>('started', 8, (result) => result.started_at), extra: true },
  {
    name: 'gate',
    priority: 5,
    extra: true,
    value: ({ gate }) => (gate ? gateWord(gate) : null),
    style: ({ gate }) => (gate ? (gate.exit_code === 0 ? 'ok' : 'bad') : undefined),
  },
];

/** The columns for these results: what makes one doubtful, and the gates of a roll, are shown where there are any. */
export function nodeColumnsFor(nodes: readonly NodeResult[]): readonly Column<NodeResult>[] {
  const shown = new Set([
    ...(nodes.some(({ ambiguous }) => ambiguous) ? ['ambiguous'] : []),
    ...(nodes.some(({ gate }) => gate !== undefined && gate !== null) ? ['gate'] : []),
  ]);
  return nodeColumns.map((column) => (shown.has(column.name) ? { ...column, extra: false } : column));
}

/** The targets while they are followed, drawn again and again: there the time so far matters more than an id. */
export const progressColumns: readonly Column<NodeProgress>[] = [
  node,
  { ...activity, priority: 4 },
  {
    name: 'status',
    priority: 2,
    value: (progress) => progress.status,
    text: (progress, { now }) =>
      stageText(progress, now?.elapsed ?? 0) ?? liveStatusText(progress.status, now?.elapsed ?? 0),
    style: (progress) => stageStyle(progress) ?? statusStyle(progress.status),
  },
  { name: 'elapsed', priority: 3, ...durationCell(tookMs, runningFor) },
];

// By the monotonic clock, as `since`: the server's may be hours away from this one.
function runningFor({ status, since }: NodeProgress, { elapsed }: Now): string | null {
  return since === null || isSettled(status) ? null : elapsedText(elapsed - since);
}

/** Where a node of a roll stands, if its status does not tell. */
function stageText({ status, stage, gate }: NodeProgress, now: number): string | null {
  if (stage === 'pause' || stage === 'gate') return `${spinnerFrame(now)} ${stage}`;
  if (stage !== 'done') return null;
  if (isFailedGate(gate)) return `✗ gate ${gateWord(gate)}`;
  return isSettled(status) ? null : `✗ ${status === null ? 'unconfirmed' : 'timed out'}`;
}

function stageStyle(progress: NodeProgress): StyleName | null {
  if (progress.stage === 'pause' || progress.stage === 'gate') return 'busy';
  return hasFailed(progress) ? 'bad' : null;
}
