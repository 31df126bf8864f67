/**
 * Calls `run` again and again, `ms` milliseconds apart, until the returned function is called. Injected, as the clock
 * is.
 */
export type Every = (ms: number, run: () => void) => () => void;

/**
 * Calls `pause` before Ctrl-Z stops the process, and `resume` when it goes on, until the returned function is called.
 * Injected too.
 */
export type OnSuspend = (pause: () => void, resume: () => void) => () => void;

/** By the system's timer, which keeps no process alive. */
export const systemEvery: Every = (ms, run) => {
  const timer = setInterval(run, ms);
  timer.unref();
  return () => clearInterval(timer);
};
