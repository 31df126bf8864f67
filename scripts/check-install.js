// Installs what `npm pack` makes into an empty folder, as a user does, and runs it there. Ends with 2, and the reason in
// the last line, when the registry does not give the native package beside it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { npmInstall } from './npm-install.js';

const COULD_NOT = 2;
/** The goals of docs/performance.md. */
const MOST = { bytes: 9 * 1000 * 1000, packages: 12 };

const folder = mkdtempSync(join(tmpdir(), 'ldctl-install-'));
try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: '.' }),
  );
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const missed = npmInstall(folder, `./${filename}`);
  if (missed === null) check();
  else {
    console.log(missed);
    process.exitCode = COULD_NOT;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function check() {
  const { packages } = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'));
  const names = Object.keys(packages);
  const bytes = sizeOf(join(folder, 'node_modules'));
  console.log(`${names.length} packages, ${(bytes / 1e6).toFixed(1)} MB`);
  assert.ok(names.length <= MOST.packages, `more than ${MOST.packages} packages: ${names.join(', ')}`);
  assert.ok(bytes <= MOST.bytes, `more than ${MOST.bytes} bytes`);
  assert.deepEqual(
    names.filter((name) => packages[name].hasInstallScript),
    [],
    'install scripts',
  );

  const ldctl = join('node_modules', '.bin', 'ldctl');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.match(run(ldctl, ['--version']), new RegExp(`^ldctl/${version} `));
  assert.match(run(ldctl, ['help', 'activities', 'trigger']), /RUNTIME ACTION/);
  const trigger = ['activities', 'trigger', 'iggy', 'restart', '--yes', '-o', 'json'];
  assert.equal(
    JSON.parse(run(ldctl, ['sandbox', 'exec', '--', resolve(folder, ldctl), ...trigger])).outcome,
    'completed',
  );
  console.log('installs without scripts, and runs');
}

function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function run(command, args, { cwd = folder } = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}
