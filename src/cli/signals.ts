import { Interrupted, type StopSignal } from '../base/errors.js';
import type { Output } from '../output/streams.js';

/** How to end what must not outlive this process. */
const children = new Set<() => void>();

/**
 * Ends a child when this process ends, or at a second signal, after which this process still prints
 * what it has.
 * @returns call it when the child has ended by itself
 */
export function endWithProcess(end: () => void): () => void {
  if (children.size === 0) process.on('exit', endChildren);
  children.add(end);
  return () => {
    children.delete(end);
    if (children.size === 0) process.off('exit', endChildren);
  };
}

/** @returns whether there were any */
function endChildren() {
  const ends = [...children];
  children.clear();
  for (const end of ends) end();
  return ends.length > 0;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, so that a command can say what is done and what
 * is not before it ends. A second one ends the process at once, or else the children that it waits
 * for.
 */
export function catchInterrupts(
  { stdout, stderr }: Output,
  from: Pick<NodeJS.Process, 'on' | 'off' | 'exit'> = process,
) {
  const controller = new AbortController();
  const signal: AbortSignal = controller.signal;
  const stopping = new AbortController();
  let isInTwoStages = false;
  const stop = (by: StopSignal) => {
    const reason = new Interrupted(by);
    if (by === 'SIGINT' && isInTwoStages && !stopping.signal.aborted) stopping.abort(reason);
    else if (!signal.aborted) controller.abort(reason);
    // A closing terminal and its shell may both send one: no one has asked twice.
    else if (by !== 'SIGHUP' && !endChildren()) from.exit(reason.exitCode);
  };
  // Under `nohup`, and as a service, a command without a terminal keeps running.
  const hangUp = () => (stdout.isTTY || stderr.isTTY ? stop('SIGHUP') : undefined);
  from.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', hangUp);
  return {
    /** Aborted with an `Interrupted` at the first signal. */
    signal,
    /**
     * From now on a first SIGINT only asks to start nothing more: it aborts what this returns, and
     * the next one `signal`.
     */
    inTwoStages: (): AbortSignal => {
      isInTwoStages = true;
      return stopping.signal;
    },
    /** Gives the signals back to Node. */
    release: () => void from.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', hangUp),
  };
}
export type Interrupts = ReturnType<typeof catchInterrupts>;
