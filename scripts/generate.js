// Makes what is generated from the code: oclif.manifest.json, the parts of README.md between markers (commands, exit
// codes, environment), the list of commands and flags that a test compares, and THIRD-PARTY-NOTICES, the licences of
// what is bundled. With --check it leaves the files as they are, and fails when they differ.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../src/core/exit-codes.ts';
import { ENVIRONMENT } from '../src/cli/help/help-topics.ts';
import { bundle } from './bundle/bundle.js';
import { noticesOf, packagesIn } from './bundle/packages.js';
import { commandLines } from './command-snapshot.js';

const SNAPSHOT = 'test/snapshots/commands.txt';
const FILES = ['oclif.manifest.json', 'README.md', SNAPSHOT, 'THIRD-PARTY-NOTICES'];
const check = process.argv.includes('--check');
const before = FILES.map((file) => readFileSync(file, { encoding: 'utf8', flag: 'a+' }));

oclif('manifest');
sortCommands();
writeFileSync(SNAPSHOT, `${commandLines(ownCommands()).join('\n')}\n`);
oclif('readme', '--no-aliases', '--readme-path', 'README.md');
fill('exit codes', exitCodeRows());
fill('environment', environmentRows());
writeFileSync('THIRD-PARTY-NOTICES', noticesOf(packagesIn(await bundle({ write: false }))));

const differing = FILES.filter((file, index) => readFileSync(file, 'utf8') !== before[index]);
if (check && differing.length > 0) {
  FILES.forEach((file, index) => writeFileSync(file, before[index] ?? ''));
  console.error(`not as the code has it: ${differing.join(', ')}. Run \`npm run generate\` and commit what it changes.`);
  process.exitCode = 1;
}

function oclif(...args) {
  const { status, stderr } = spawnSync(process.execPath, ['node_modules/oclif/bin/run.js', ...args], {
    encoding: 'utf8',
    env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true', NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`oclif ${args[0]}: ${stderr}`);
}

/** Those with a source here; the rest come from oclif's plugins, and with their versions. */
function ownCommands() {
  const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
  return Object.values(commands).filter(({ relativePath: [, ...path] }) => existsSync(join('src', ...path).replace(/js$/, 'ts')));
}

/** Puts the commands in order of their ids: oclif lists them as the file system does, which differs between machines. */
function sortCommands() {
  const manifest = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
  const commands = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync('oclif.manifest.json', `${JSON.stringify({ ...manifest, commands: Object.fromEntries(commands) }, null, 2)}\n`);
}

/** Replaces what stands between `<!-- name -->` and `<!-- name stop -->`. */
function fill(name, rows) {
  const readme = readFileSync('README.md', 'utf8');
  const [start, stop] = [`<!-- ${name} -->`, `<!-- ${name} stop -->`];
  const from = readme.indexOf(start);
  const to = readme.indexOf(stop);
  if (from < 0 || to < from) throw new Error(`README.md has no ${start} … ${stop}`);
  const text = `${readme.slice(0, from)}${start}\n${rows.join('\n')}\n${readme.slice(to)}`;
  writeFileSync('README.md', text);
}

function exitCodeRows() {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning, sent, ci }) => `| ${code} | ${meaning} | ${sent} | ${ci} |`);
  return ['| code | meaning | sent? | a CI step would |', '|---|---|---|---|', ...rows];
}

function environmentRows() {
  return ['| variable | what it is |', '|---|---|', ...ENVIRONMENT.map(([name, what]) => `| \`${name}\` | ${what} |`)];
}
