import { fileURLToPath } from 'node:url';
import { type Ended, type Run } from './ldctl.js';

/** The environment of an ldctl that is stopped between its journal record and its first POST, and says so on stderr. */
export const STOP_AFTER_CLAIM: NodeJS.ProcessEnv = {
  // A single executable loads nothing by --import.
  NODE_OPTIONS: `--require="${fileURLToPath(new URL('stop-itself.cjs', import.meta.url))}"`,
};

/** Lets it go on, and waits for its end. Where it had said so, but was not stopped yet, one signal would come too soon. */
export async function goOn(run: Run): Promise<Ended> {
  const timer = setInterval(() => run.kill('SIGCONT'), 50);
  try {
    return await run.ended();
  } finally {
    clearInterval(timer);
  }
}
