import { Interrupted, type StopSignal } from '../core/errors.js';

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
 * Turns SIGINT and SIGTERM into an abort, so that a command can say what is done and what is not before it ends.
 * Whoever asks a second time does not want to wait for that: the process ends at once.
 */
export function catchInterrupts(): Interrupts {
  const controller = new AbortController();
  let stopping: AbortController | null = null;
  const stop = (signal: StopSignal): void => {
    const reason = new Interrupted(signal);
    if (controller.signal.aborted) process.exit(reason.exitCode);
    if (signal === 'SIGINT' && stopping && !stopping.signal.aborted) stopping.abort(reason);
    else controller.abort(reason);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    inTwoStages: () => (stopping ??= new AbortController()).signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

/** For what is not ours to stop: nothing is caught, and the signal is never aborted. */
export const NO_INTERRUPTS: Interrupts = {
  signal: new AbortController().signal,
  inTwoStages: () => new AbortController().signal,
  release: () => undefined,
};

/** Has an interrupt say what it left undone: `work().catch(saying('Nothing was stored.'))`. */
export function saying(hint: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof Interrupted) error.hint = hint;
    throw error;
  };
}
