import { isFinal, type Activity } from '../../base/activity.js';
import { formatDuration } from '../../base/durations.js';
import { type EarlierRun, type ExpectedNodes, type ProgressEstimate, type RunStep } from '../../base/progress.js';
import { count, plainText } from '../../base/text.js';
import { gateWord } from '../status.js';
import { elapsedText, timeText, tookMs } from '../time-text.js';

export type EventOf<Name extends RunStep['event']> = Extract<RunStep, { event: Name }>;

/** What a later re-run or `wait --after` needs, and what is expected, told right before the POST, part by part. */
export function baselineText({ baseline, idempotencyKey, expects }: EventOf<'baseline'>): string[] {
  const known = [`idempotency key ${plainText(idempotencyKey)}`, `log up to ${baseline}`];
  return expects ? [...known, expectsText(expects)] : known;
}

function expectsText({ count: nodes, by }: ExpectedNodes): string {
  if (by === 'expected') return `expecting ${count(nodes, 'node')}`;
  return nodes === 0 ? 'the log names no node' : `expecting the ${count(nodes, 'node')} that the log names`;
}

export function dispatchedText(event: EventOf<'dispatched'>): string {
  const { request_id: id, replayed, recovered, earlier, node_id: node } = event;
  const request = id === null ? '' : ` (request ${plainText(id)})`;
  const which = node === undefined ? '' : `${node} `;
  if (earlier) return `${which}dispatched by an earlier run${earlierText(earlier)}; it is not done again`;
  if (recovered) return `${which}dispatched: the answer was lost, the log has its entries${request}`;
  return which + (replayed ? `dispatched before: the answer is a replay${request}` : `dispatched${request}`);
}

/** `, 3h02m ago, which ended 3h01m ago: completed`: of several, how the last ended. */
function earlierText({ ageMs, ended }: EarlierRun): string {
  const age = `, ${formatDuration(ageMs)} ago, `;
  if (ended === undefined) return `${age}whose end is not known`;
  return `${age}which ended ${formatDuration(ended.ageMs)} ago: ${ended.outcome.replaceAll('_', ' ')}`;
}

/** `usually 14s`: how long it takes a node, where that is known. */
export function usualText({ usualMs }: ProgressEstimate): string[] {
  return usualMs === undefined ? [] : [`usually ${formatDuration(usualMs)}`];
}

/** `about 9s to go`; nothing when it may be over at any moment, and what takes longer than that cannot be told. */
export function toGoText({ endsAt }: ProgressEstimate, now: number): string[] {
  return endsAt === undefined || endsAt - now < 1000 ? [] : [`about ${elapsedText(endsAt - now)} to go`];
}

const SETTLING = 'making sure that no other follows';

/** `making sure that no other follows (3s)`, when all that was seen is final; nothing where nothing can follow. */
export function settlingText({ settlesAt }: ProgressEstimate, now: number, words = SETTLING): string[] {
  if (settlesAt === undefined) return [];
  const left = Math.ceil(Math.max(settlesAt - now, 0) / 1000);
  return [`${words}${left > 0 ? ` (${elapsedText(left * 1000)})` : ''}`];
}

/** `log out of reach since 12:00:05` */
export function outageText(asOf: string): string {
  return `log out of reach since ${asOf}`;
}

/** `610809900976570889 gate passed (1.2s)` */
export function gateText({ node_id: node, gate }: EventOf<'gate'>): string {
  return `${node} gate ${gateWord(gate)} (${formatDuration(gate.took_ms)})`;
}

export function gateOutputText({ node_id: node, line }: EventOf<'gate_output'>): string {
  return `${node} gate | ${plainText(line)}`;
}

/** `activity 7261845022003200001 completed (4.8s)` */
export function activityText(activity: Activity): string {
  const took = isFinal(activity.status) ? tookMs(activity) : null;
  return `activity ${activity.id} ${plainText(activity.status)}${took === null ? '' : ` (${formatDuration(took)})`}`;
}

/** The same with everything that tells it from others, and the time it happened by the server's clock, in UTC. */
export function changeText(activity: Activity): string {
  const at = timeText(activity.finished_at ?? activity.created_at, true);
  const what = plainText(`${activity.runtime} ${activity.action}`);
  return `${at} ${activity.node_id} ${what}, ${activityText(activity)}`;
}
