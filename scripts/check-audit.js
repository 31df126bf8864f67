// Asks the registry for what is known against the packages that reach a user: those in the bundle,
// which `npm audit --omit=dev` does not see, and those installed beside it. Ends with 1 when there
// is something, and with 77, and the reason in the last line, when the registry cannot say. Also
// says whether the Node in the executables is the newest of its line; that alone fails nothing.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { bundle } from './bundle.js';
import { outdatedNode } from './newest-node.js';
import { NODE_VERSION } from './targets.js';

const COULD_NOT = 77;

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const bundled = (await bundle({ write: false })).map(({ folder }) => folder);
const installed = Object.keys(packages).filter((folder) => folder !== '' && !packages[folder].dev);
const ours = new Set([...bundled, ...installed]);

sayNode();
const { stdout, stderr } = npm('audit', '--json');
const report = JSON.parse(stdout || '{}');
if (report.vulnerabilities) {
  const known = Object.values(report.vulnerabilities).filter(({ nodes }) =>
    nodes.some((folder) => ours.has(folder)),
  );
  for (const { name, severity, via } of known) {
    console.log(`${name} (${severity}): ${via.map((one) => one.title ?? one).join('; ')}`);
  }
  console.log(
    `${bundled.length} packages in the bundle, ${installed.length} installed beside it: ${known.length} with known vulnerabilities`,
  );
  process.exitCode = known.length === 0 ? 0 : 1;
} else {
  const reason = report.message ?? report.error?.summary ?? stderr;
  console.log(`the registry could not say what is known: ${reason.trim().replaceAll(/\s+/g, ' ')}`);
  process.exitCode = COULD_NOT;
}

/** In a pull request an older Node is a warning: scripts/release/ready.js refuses it. */
function sayNode() {
  const problem = outdatedNode();
  const prefix = process.env.GITHUB_ACTIONS === 'true' ? '::warning::' : 'warning: ';
  console.log(problem ? prefix + problem : `the executables have the newest Node, ${NODE_VERSION}`);
}

function npm(...args) {
  // On Windows npm is a batch file, which takes a shell.
  return spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32' });
}
