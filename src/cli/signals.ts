import { Interrupted, type StopSignal } from '../base/errors.js';
import type { Output } from '../output/streams.js';

export interface Interrupts {
  /** Aborted with an `Interrupted` at the first signal. */
  signal: AbortSignal;
  /**
   * From now on a first SIGINT is only the wish to start nothing more: it aborts the signal that this returns, and the
   * next one aborts `signal`.
   */
  inTwoStages(): AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, so that a command can say what is done and what is not before it ends. A
 * second one ends the process at once.
 */
export function catchInterrupts({ stdout, stderr }: Output): Interrupts {
  const controller = new AbortController();
  const gentle = new AbortController();
  let isGentle = false;
  const stop = (signal: StopSignal): void => {
    const reason = new Interrupted(signal);
    if (signal === 'SIGINT' && isGentle && !gentle.signal.aborted) gentle.abort(reason);
    else if (!controller.signal.aborted) controller.abort(reason);
    // A closing terminal and its shell may both send one, which is no second wish.
    else if (signal !== 'SIGHUP') process.exit(reason.exitCode);
  };
  // Under `nohup`, and as a service, what has no terminal goes on.
  const hangUp = (): void => (stdout.isTTY || stderr.isTTY ? stop('SIGHUP') : undefined);
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', hangUp);
  return {
    signal: controller.signal,
    inTwoStages: () => {
      isGentle = true;
      return gentle.signal;
    },
    release: () => void process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', hangUp),
  };
}

/** Has an interrupt say what it left undone: `work().catch(saying('Nothing was stored.'))`. */
export function saying(hint: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof Interrupted) error.hint = hint;
    throw error;
  };
}
