/*
 * A line for each event of a job.
 */

import { isFinal, type Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { elapsedText, formatDuration } from '../base/durations.js';
import type { JobEvent } from '../job/events.js';
import { count } from '../base/text.js';
import { nodeText, timeText, tookMs } from './columns.js';
import { gateWord } from './rows.js';
import type { Sink } from './streams.js';

function dispatchedText(event: Extract<JobEvent, { event: 'dispatched' }>) {
  const { request_id: id, replayed, recovered, earlier } = event;
  const request = id === null ? '' : ` (request ${id})`;
  if (earlier) {
    return `sent by an earlier run ${elapsedText(earlier.ageMs)} ago; ldctl does not send it again`;
  }
  if (recovered) return `dispatched: the log has its entries${request}`;
  return `dispatched${replayed ? ' before: the answer is a replay' : ''}${request}`;
}

/** The line of an event, the same in every display; null where it has none. */
export function eventText(event: JobEvent, sink: Sink): string | null {
  const of = (node?: Id) => (node === undefined ? '' : `${nodeText(node, sink)} `);
  switch (event.event) {
    case 'baseline': {
      const { baseline, idempotencyKey, expects } = event;
      const expected = expects > 0 ? `, ${count(expects, 'node')}` : '';
      return `idempotency key ${idempotencyKey}, log read up to ${baseline}${expected}`;
    }
    case 'dispatched':
      return of(event.node_id) + dispatchedText(event);
    case 'activity':
      return of(event.activity.node_id) + activityText(event.activity);
    case 'gate':
      return `${of(event.node_id)}gate ${gateWord(event.gate)} (${formatDuration(event.gate.took_ms)})`;
    case 'gate_output':
      return `${of(event.node_id)}gate | ${event.line}`;
    default:
      return null;
  }
}

/** `activity 7261845022003200001 completed (4.8s)` */
function activityText(activity: Activity) {
  const took = isFinal(activity) ? tookMs(activity) : null;
  return `activity ${activity.id} ${activity.status}${took === null ? '' : ` (${formatDuration(took)})`}`;
}

/** The line of an entry in a followed log, with the server's time. @param place of several */
export function changeText(activity: Activity, place?: string) {
  const at = timeText(activity.finished_at ?? activity.created_at, true);
  const { node_id: node, runtime, action } = activity;
  const where = place ? `${place} ` : '';
  return `${at} ${where}${node} ${runtime} ${action}, ${activityText(activity)}`;
}

/** What a run waits for from this event on, as long as it shows no node; null: what it did before. */
export function awaitedText({ event }: JobEvent): string | null {
  return event === 'dispatched' ? 'waiting for the first entry' : null;
}
