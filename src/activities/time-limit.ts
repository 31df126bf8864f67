import type { Clock } from '../core/clock.js';
import { TransportError } from '../core/errors.js';
import { linkedController } from './linked-controller.js';

/**
 * Runs `work` with a signal that is aborted after `ms`, or when `signal` is. `Infinity` sets no limit.
 * @throws TransportError (code `timeout`) when the limit was hit, else whatever `work` throws
 */
export async function withLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === Infinity) return work(signal);
  const { controller: limit, release } = linkedController(signal);
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).then(
    () => limit.abort(new TransportError('timeout', 'no answer in time', { sent: 'maybe' })),
    () => undefined,
  );
  try {
    return await work(limit.signal);
  } finally {
    release();
    done.abort(new Error('done'));
    await timer;
  }
}
