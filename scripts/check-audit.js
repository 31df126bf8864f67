// Asks the registry for what is known against the packages that reach a user: those in the bundle,
// which `npm audit --omit=dev` does not see, and those installed beside it. Ends with 1 when there
// is something, and with 2, and the reason in the last line, when the registry cannot say.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { bundle } from './bundle.js';

const COULD_NOT = 2;

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const bundled = (await bundle({ write: false })).map(({ folder }) => folder);
const installed = Object.keys(packages).filter((folder) => folder !== '' && !packages[folder].dev);
const ours = new Set([...bundled, ...installed]);

const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
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
