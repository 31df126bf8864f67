import { isFinal } from '../base/activity.js';
import { MISSING, NOT_STARTED, type GateResult } from '../base/outcome.js';
import { plainText } from '../base/text.js';
import { type StyleName } from './style.js';

/** How a status is shown. `rank` says which rows a full screen keeps: what went wrong, then what is going on. */
interface StatusLook {
  glyph: string;
  style?: StyleName;
  rank: number;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

/** How long a frame of the spinner stands, in milliseconds. */
export const SPINNER_FRAME_MS = 125;

export function spinnerFrame(now: number): string {
  return SPINNER[Math.floor(now / SPINNER_FRAME_MS) % SPINNER.length] ?? SPINNER[0];
}

const LOOKS: Readonly<Record<string, StatusLook>> = {
  [MISSING]: { glyph: '✗', style: 'bad', rank: 0 },
  rejected: { glyph: '✗', style: 'bad', rank: 0 },
  processing: { glyph: '', style: 'busy', rank: 1 },
  completed: { glyph: '✓', style: 'ok', rank: 4 },
  [NOT_STARTED]: { glyph: '·', rank: 3 },
};

/** No entry yet. */
const AWAITED: StatusLook = { glyph: '·', rank: 2 };
/** A status that is not known yet is not final (contract, "Supervisor: list"), so it is shown as going on. */
const UNKNOWN: StatusLook = { glyph: '', rank: 1 };

function lookOf(status: string | null): StatusLook {
  if (status === null) return AWAITED;
  return Object.hasOwn(LOOKS, status) ? (LOOKS[status] ?? UNKNOWN) : UNKNOWN;
}

export function statusStyle(status: string | null): StyleName | undefined {
  return lookOf(status).style;
}

export function statusRank(status: string | null): number {
  return lookOf(status).rank;
}

/** For people: `completed`, `not started`, `waiting` when there is no entry yet. */
export function statusText(status: string | null): string {
  if (status === null) return 'waiting';
  return status === NOT_STARTED ? 'not started' : plainText(status);
}

/** The same with its sign in front, which turns while it is going on. */
export function liveStatusText(status: string | null, now: number): string {
  return `${lookOf(status).glyph || spinnerFrame(now)} ${statusText(status)}`;
}

/** Its sign where nothing turns: `…` while it is going on. */
export function stillStatusSign(status: string): string {
  return lookOf(status).glyph || '…';
}

/** Whether nothing more will come of this target: final, or given up as missing. */
export function isSettled(status: string | null): boolean {
  return status !== null && (isFinal(status) || status === MISSING);
}

/** Whether it ended badly. */
export function isFailed(status: string | null): boolean {
  return status === MISSING || status === 'rejected';
}

/** `passed`, `failed with 1`, `timed out`. */
export function gateWord({ exit_code: code, timed_out: timedOut }: GateResult): string {
  if (timedOut) return 'timed out';
  if (code === 0) return 'passed';
  return code === null ? 'failed' : `failed with ${code}`;
}
