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

/** What SIGHUP does, where it does not simply end the process. */
export type Hangup = 'stop' | 'ignore';

/** For a command that outlives its terminal: under `nohup`, and as a service, it goes on. */
export function hangupOf({ stdout, stderr }: Output): Hangup {
  return stdout.isTTY || stderr.isTTY ? 'stop' : 'ignore';
}

/**
 * Turns SIGINT and SIGTERM into an abort, so that a command can say what is done and what is not before it ends. A second
 * one ends the process at once.
 * @param hangup what SIGHUP does; unless given, Node ends the process by it
 */
export function catchInterrupts(hangup?: Hangup): Interrupts {
  const controller = new AbortController();
  const gentle = new AbortController();
  let isGentle = false;
  const stop = (signal: StopSignal): void => {
    const reason = new Interrupted(signal);
    if (controller.signal.aborted) process.exit(reason.exitCode);
    if (signal === 'SIGINT' && isGentle && !gentle.signal.aborted) gentle.abort(reason);
    else controller.abort(reason);
  };
  const listeners = Object.entries({
    SIGINT: () => stop('SIGINT'),
    SIGTERM: () => stop('SIGTERM'),
    // Ctrl-Break, which Windows alone has.
    SIGBREAK: () => stop('SIGTERM'),
    // A closing terminal and its shell may both send one, which is no second wish.
    ...(hangup && { SIGHUP: () => hangup === 'stop' && controller.abort(new Interrupted('SIGHUP')) }),
  });
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    inTwoStages: () => {
      isGentle = true;
      return gentle.signal;
    },
    release: () => listeners.forEach(([name, listener]) => process.off(name, listener)),
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
