// What keeps the Node in the executables from being the newest of its line, which is where its
// security fixes are.
import { spawnSync } from 'node:child_process';
import { NODE_PASSED_OVER, NODE_VERSION, TARGETS } from './targets.js';

const [LINE] = NODE_VERSION.split('.');

/** @returns a sentence; null where it is the newest */
export function outdatedNode() {
  const newest = TARGETS.map(({ name, node }) => ({ name, version: newestOf(node) }));
  const silent = newest.filter(({ version }) => !version).map(({ name }) => name);
  if (silent.length > 0) {
    return `npm does not say which Node ${LINE} is the newest for ${silent.join(', ')}`;
  }
  const [{ version: overall }] = newest.toSorted((a, b) => byVersion(b.version, a.version));
  if ([NODE_VERSION, NODE_PASSED_OVER].includes(overall)) return null;
  const lacking = newest.filter(({ version }) => version !== overall).map(({ name }) => name);
  const wayOut =
    lacking.length === 0
      ? 'set NODE_VERSION'
      : `npm does not have it for ${lacking.join(', ')} yet: wait for it, or, if it fixes nothing that matters, set NODE_PASSED_OVER`;
  return `the executables have Node ${NODE_VERSION}, and the newest ${LINE} is ${overall}; ${wayOut} (scripts/targets.js)`;
}

/** @returns the newest version of a package in the line; undefined where the registry cannot say */
function newestOf(name) {
  const { status, stdout } = spawnSync('npm', ['view', `${name}@${LINE}`, 'version', '--json'], {
    encoding: 'utf8',
    // On Windows npm is a batch file, which takes a shell.
    shell: process.platform === 'win32',
  });
  return status === 0 ? [JSON.parse(stdout || '[]')].flat().sort(byVersion).at(-1) : undefined;
}

function byVersion(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}
