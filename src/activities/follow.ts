import type { Activity } from '../core/activity.js';
import type { Clock } from '../core/clock.js';
import { Interrupted, LdctlError } from '../core/errors.js';
import type { Id } from '../core/ids.js';
import { warning, type RunEvent } from '../core/progress.js';
import type { LogTail } from './log-tail.js';
import type { PollSchedule } from './poll-schedule.js';
import { Patience } from './patience.js';
import type { Poll } from './run-tracker.js';
import { withLimit } from './time-limit.js';

/** What is followed: told what each good poll showed, and asked whether that is enough. */
export interface Followed {
  /** The ids of the entries to look for: those that can still change. */
  open(): Id[];
  /** Takes in what a good poll showed, oldest first. @returns what changed by it */
  observe(shown: readonly Activity[], poll: Poll): RunEvent[];
  readonly settled: boolean;
  /** When a poll could settle it, if nothing else happens; null when only a change can. */
  nextCheckAt(): number | null;
}

export interface FollowTools {
  clock: Clock;
  schedule: PollSchedule;
  signal: AbortSignal;
  /** Local wall clock, ms; null for no deadline. */
  deadline: number | null;
}

export type FollowEnd =
  | { kind: 'settled' }
  | { kind: 'deadline' }
  /** Sight was lost: no good poll for too long, or the key may not look any more. */
  | { kind: 'gave-up'; error: LdctlError }
  | { kind: 'interrupted'; reason: Interrupted };

/** At the deadline one last look is taken, this long at the most. */
const LAST_LOOK_MS = 2000;

/**
 * Polls until what is followed is settled, the deadline has come, sight is lost or the user stops it. Yields every
 * change. Never throws for what the network does (design, "Polling").
 */
export async function* follow(
  followed: Followed,
  tail: LogTail,
  tools: FollowTools,
): AsyncGenerator<RunEvent, FollowEnd> {
  const { clock, schedule, signal } = tools;
  const deadline = tools.deadline ?? Infinity;
  const patience = new Patience();
  schedule.begin(clock.now());
  let waitMs = schedule.next(clock.now());
  try {
    for (;;) {
      await clock.sleep(Math.min(waitMs, Math.max(deadline - clock.now(), 0)), signal);
      const startedAt = clock.now();
      const lastLook = startedAt >= deadline;
      const limitMs = lastLook ? LAST_LOOK_MS : deadline - startedAt;
      const outcome = await attempt(() => withLimit(clock, limitMs, signal, (s) => poll(tail, followed, s)));
      const endedAt = clock.now();
      if ('error' in outcome) {
        const { error } = outcome;
        if (error instanceof Interrupted) return { kind: 'interrupted', reason: error };
        if (lastLook) return { kind: 'deadline' };
        if (endedAt < deadline) {
          const verdict = patience.failed(error, startedAt, endedAt);
          if (verdict.giveUp) return { kind: 'gave-up', error };
          if (verdict.first) yield warning('poll_failed', `cannot see the log just now: ${error.message}`);
        }
        waitMs = Math.max(schedule.next(endedAt), patience.retryAfterMs);
        continue;
      }
      patience.succeeded();
      const events = followed.observe(outcome.shown, { startedAt, endedAt, serverTime: tail.serverTime });
      yield* events;
      if (followed.settled) return { kind: 'settled' };
      if (lastLook) return { kind: 'deadline' };
      if (events.length > 0) schedule.changed(endedAt);
      const checkAt = followed.nextCheckAt() ?? Infinity;
      waitMs = schedule.next(endedAt, { startedAt, requests: tail.requests, checkAt });
    }
  } catch (error) {
    if (error instanceof Interrupted) return { kind: 'interrupted', reason: error };
    throw error;
  }
}

async function poll(tail: LogTail, followed: Followed, signal: AbortSignal): Promise<Activity[]> {
  return tail.poll(followed.open(), { signal, tries: 'one' });
}

async function attempt(
  look: () => Promise<Activity[]>,
): Promise<{ shown: Activity[] } | { error: LdctlError }> {
  try {
    return { shown: await look() };
  } catch (error) {
    if (error instanceof LdctlError) return { error };
    throw error;
  }
}
