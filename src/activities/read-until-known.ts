import type { Clock, Random } from '../base/clock.js';
import { Interrupted, LdctlError, retryAfterOf } from '../base/errors.js';
import { warning, type RunStep } from '../base/progress.js';
import type { Stopwatch } from '../base/stopwatch.js';
import { Backoff } from './backoff.js';
import { isHopeless } from './follow/error-budget.js';

/**
 * Tries of one POST end this long after the first, by the longer of both clocks: well within the server's memory of the
 * key, which goes on while this machine sleeps.
 */
export const TRIES_END_MS = 2 * 60_000;
/** Only a read that began this long after a lost POST can show that it was not carried out. */
export const READ_AFTER_MS = 5000;

/** A try that may have been carried out. Monotonic clock, ms. */
export interface Uncertain {
  error: LdctlError;
  /** A read that began earlier than this proves nothing. */
  readableAt: number;
  /** The server does not want to be asked again before; `Infinity`: it is never sent again, and the log decides until `readableAt`. */
  resendableAt: number;
}

export interface ReadTools {
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  /** Whether the log has an entry of this trigger; a single try. @throws as `Supervisor.list` does */
  isInLog(signal: AbortSignal): Promise<boolean>;
}

export interface TryLimits {
  /** Since the first try. */
  tries: Stopwatch;
  /** How long after that there may be another one, ms. */
  resendableMs: number;
}

/**
 * Reads the log until it shows the trigger, or a read that began late enough shows that it is not there.
 * @throws Interrupted
 */
export async function* readUntilKnown(
  uncertain: Uncertain,
  { tries, resendableMs }: TryLimits,
  tools: ReadTools,
): AsyncGenerator<RunStep, 'shown' | 'absent' | 'no-way-on'> {
  const { clock, signal } = tools;
  const backoff = new Backoff(tools.random);
  for (let failures = 0; ;) {
    const startedAt = clock.elapsed();
    let retryAfterMs = 0;
    try {
      if (await tools.isInLog(signal)) return 'shown';
      if (startedAt >= uncertain.readableAt) {
        const waitMs = Math.max(uncertain.resendableAt - startedAt, 0);
        if (tries.ms + waitMs > resendableMs) return 'no-way-on';
        if (waitMs === 0) return 'absent';
      }
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      if (isHopeless(error)) return 'no-way-on';
      if (failures++ === 0) yield warning('look_failed', `cannot see the log just now: ${error.message}`);
      retryAfterMs = retryAfterOf(error);
    }
    const now = clock.elapsed();
    const untilReadable = uncertain.readableAt > now ? uncertain.readableAt - now : Infinity;
    const waitMs = Math.max(Math.min(backoff.next(), untilReadable), retryAfterMs);
    const isEndOfTries = tries.ms + waitMs > TRIES_END_MS || uncertain.resendableAt === Infinity;
    if (isEndOfTries && now + waitMs > uncertain.readableAt) return 'no-way-on';
    await clock.sleep(waitMs, signal);
  }
}
