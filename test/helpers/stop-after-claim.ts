import { type Ended, type Run } from './ldctl.js';

/** Loaded into ldctl: it stops itself, as by SIGSTOP, once it has let go of the lock of its journal record. */
const PRELOAD = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { rmdirSync } = fs;
let isStopped = false;
fs.rmdirSync = (path, ...rest) => {
  rmdirSync(path, ...rest);
  if (isStopped || !/runs.[0-9a-f]{64}[.]json[.]lock$/.test(String(path))) return;
  isStopped = true;
  process.stderr.write('stopped\\n');
  process.kill(process.pid, 'SIGSTOP');
};
syncBuiltinESMExports();
`;

/** The environment of an ldctl that is stopped between its journal record and its first POST, and says so on stderr. */
export const STOP_AFTER_CLAIM: NodeJS.ProcessEnv = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PRELOAD)}`,
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
