import { Interrupted, type StopSignal } from '../base/errors.js';
import type { Output } from '../output/streams.js';
import type { OnSuspend } from '../output/views.js';
import { isWindows, PLATFORM } from '../system/platform.js';

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

/** For a command that outlives its terminal: under `nohup`, and as a service, it goes on (design, "Rolling"). */
export function hangupOf({ stdout, stderr }: Output): Hangup {
  return stdout.isTTY || stderr.isTTY ? 'stop' : 'ignore';
}

/**
 * Turns SIGINT and SIGTERM into an abort (Ctrl-Break on Windows is taken for the latter), so that a command can say what is done and what is not before it ends.
 * Whoever asks a second time does not want to wait for that: the process ends at once.
 * @param hangup what SIGHUP does; unless given, Node ends the process by it
 */
export function catchInterrupts(hangup?: Hangup): Interrupts {
  const controller = new AbortController();
  let stopping: AbortController | null = null;
  const stop = (signal: StopSignal): void => {
    const reason = new Interrupted(signal);
    if (controller.signal.aborted) process.exit(reason.exitCode);
    if (signal === 'SIGINT' && stopping && !stopping.signal.aborted) stopping.abort(reason);
    else controller.abort(reason);
  };
  const breakOff = (): void => stop('SIGTERM');
  // A closing terminal and its shell may both send one, which is no second wish.
  const hangUp = (): void => {
    if (hangup === 'stop' && !controller.signal.aborted) controller.abort(new Interrupted('SIGHUP'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGBREAK', breakOff);
  if (hangup) process.on('SIGHUP', hangUp);
  return {
    signal: controller.signal,
    inTwoStages: () => (stopping ??= new AbortController()).signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      process.off('SIGBREAK', breakOff);
      process.off('SIGHUP', hangUp);
    },
  };
}

/** By SIGTSTP, which stops the process only once it was heard, and SIGCONT. Windows knows neither. */
export const onSuspend: OnSuspend = (pause, resume) => {
  if (isWindows(PLATFORM)) return () => undefined;
  const suspend = (): void => {
    pause();
    process.kill(process.pid, 'SIGSTOP');
  };
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', resume);
  return () => {
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', resume);
  };
};

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
