import type { Host } from './host.js';

/**
 * Shows on stderr that something is going on which takes time; nothing off a terminal, and with `--quiet`.
 * @returns what `work` returns
 * @throws what `work` throws
 */
export async function withSpinner<T>(host: Host, quiet: boolean, text: string, work: () => Promise<T>): Promise<T> {
  const { stderr } = host.output;
  if (quiet || !stderr.canRedraw) return work();
  const { default: ora } = await import('ora');
  // Left alone, stdin keeps its Ctrl-C a signal, which aborts the work.
  const spinner = ora({ text, color: stderr.colour ? 'blue' : false, discardStdin: false, stream: host.stderr });
  spinner.start();
  try {
    return await work();
  } finally {
    spinner.stop();
  }
}
