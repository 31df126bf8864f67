import { isFinal } from '../base/activity.js';
import { isFailedGate, MISSING, NOT_STARTED, type GateResult, type NodeResult } from '../base/outcome.js';
import { type NodeProgress } from '../base/progress.js';
import { plainText } from '../base/text.js';
import { durationCell, timeColumn, tookMs, type Column } from './columns.js';
import { type StyleName } from './streams.js';

/** How a status is shown. `rank` says which rows a full screen keeps: what went wrong, then what is going on. */
interface StatusLook {
  sign: string;
  style?: StyleName;
  rank: number;
}

const LOOKS: Readonly<Record<string, StatusLook>> = {
  [MISSING]: { sign: '✗', style: 'bad', rank: 0 },
  rejected: { sign: '✗', style: 'bad', rank: 0 },
  processing: { sign: '', style: 'busy', rank: 1 },
  completed: { sign: '✓', style: 'ok', rank: 4 },
  [NOT_STARTED]: { sign: '·', rank: 3 },
};
/** No entry yet. */
const AWAITED: StatusLook = { sign: '·', rank: 2 };
/** A status that is not known yet is not final, so it is shown as going on. */
const UNKNOWN: StatusLook = { sign: '', rank: 1 };

function lookOf(status: string | null): StatusLook {
  if (status === null) return AWAITED;
  return Object.hasOwn(LOOKS, status) ? (LOOKS[status] ?? UNKNOWN) : UNKNOWN;
}

export function statusStyle(status: string | null): StyleName | undefined {
  return lookOf(status).style;
}

/** For people: `completed`, `not started`, `waiting` when there is no entry yet. */
export function statusText(status: string | null): string {
  if (status === null) return 'waiting';
  return status === NOT_STARTED ? 'not started' : plainText(status);
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
/** How long a frame of the spinner stands, in milliseconds. */
export const SPINNER_FRAME_MS = 125;

function spinnerFrame(now: number): string {
  return SPINNER[Math.floor(now / SPINNER_FRAME_MS) % SPINNER.length] ?? SPINNER[0];
}

/** The same with its sign in front, which turns while it is going on. @param now monotonic clock, ms */
export function liveStatusText(status: string | null, now: number): string {
  return `${lookOf(status).sign || spinnerFrame(now)} ${statusText(status)}`;
}

/** Its sign where nothing turns: `…` while it is going on. */
export function stillStatusSign(status: string): string {
  return lookOf(status).sign || '…';
}

/** `passed`, `failed with 1`, `timed out`. */
export function gateWord({ exit_code: code, timed_out: timedOut }: GateResult): string {
  if (timedOut) return 'timed out';
  if (code === 0) return 'passed';
  return code === null ? 'failed' : `failed with ${code}`;
}

/** Whether nothing more will come of this target: final, or given up as missing. */
function isEnded(status: string | null): boolean {
  return status !== null && (isFinal(status) || status === MISSING);
}

/** Whether it has gone wrong; of a roll, also when it was given up, or its gate did not let the roll go on. */
export function hasFailed({ status, stage, gate }: NodeProgress): boolean {
  if (status === MISSING || status === 'rejected') return true;
  return stage === 'done' && (!isEnded(status) || isFailedGate(gate));
}

/** Whether nothing more will come of it; of a roll, whether it has had its turn. */
export function isOver({ status, stage }: NodeProgress): boolean {
  return stage === undefined ? isEnded(status) : stage === 'done';
}

/** Which rows a full screen keeps. */
export function progressRank(node: NodeProgress): number {
  if (hasFailed(node)) return 0;
  const hasItsTurn = node.stage !== undefined && node.stage !== 'waiting' && node.stage !== 'done';
  return hasItsTurn ? 1 : lookOf(node.status).rank;
}

const node: Column<NodeResult> = { name: 'node', priority: 0, value: (result) => result.node_id };
const activity: Column<NodeResult> = { name: 'activity', priority: 3, value: (result) => result.activity_id };

/** How each target of a run ended: the table under a run, and its CSV. */
export const nodeColumns: readonly Column<NodeResult>[] = [
  node,
  activity,
  {
    name: 'status',
    priority: 0,
    value: (result) => result.status,
    text: (result) => (result.status === null ? '-' : statusText(result.status)),
    style: (result) => statusStyle(result.status),
  },
  { ...timeColumn<NodeResult>('created', 6, (result) => result.created_at), extra: true },
  { ...timeColumn<NodeResult>('finished', 7, (result) => result.finished_at), extra: true },
  { name: 'took', priority: 2, ...durationCell<NodeResult>(tookMs) },
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
    priority: 1,
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

/** The targets while they are followed, drawn again and again. */
export const progressColumns: readonly Column<NodeProgress>[] = [
  node,
  activity,
  {
    name: 'status',
    priority: 0,
    value: (progress) => progress.status,
    text: (progress, { elapsed = 0 }) => stageText(progress, elapsed) ?? liveStatusText(progress.status, elapsed),
    style: (progress) => {
      if (progress.stage === 'pause' || progress.stage === 'gate') return 'busy';
      return hasFailed(progress) ? 'bad' : statusStyle(progress.status);
    },
  },
  {
    name: 'took',
    priority: 2,
    // By the monotonic clock, as `since`: the server's may be hours away from this one.
    ...durationCell<NodeProgress>(tookMs, ({ status, since }, { elapsed }) =>
      since === null || isEnded(status) ? null : elapsed - since,
    ),
  },
];

/** Where a node of a roll stands, if its status does not tell. */
function stageText({ status, stage, gate }: NodeProgress, now: number): string | null {
  if (stage === 'pause' || stage === 'gate') return `${spinnerFrame(now)} ${stage}`;
  if (stage !== 'done') return null;
  if (isFailedGate(gate)) return `✗ gate ${gateWord(gate)}`;
  return isEnded(status) ? null : `✗ ${status === null ? 'unconfirmed' : 'timed out'}`;
}
