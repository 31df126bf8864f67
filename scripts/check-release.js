// A dry run of the whole release, up to the upload: every file of it is made, twice and the same,
// unpacked and tried. With --all each executable is made, which takes minutes; else only that for
// this machine, and stand-ins for the others.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { archiveOf, executableOf, HERE, isWindows, TARGETS } from './targets.js';

const all = process.argv.includes('--all');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'ldctl-release-'));
try {
  await check();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check() {
  matrixIsTargets();
  const executables = makeExecutables();
  const [out, again] = ['release', 'again'].map((name) => join(folder, name));
  run('node', ['scripts/release/make.js', executables, out, '0']);
  run('sh', [
    '-c',
    'umask 077; TZ=Asia/Tokyo exec node scripts/release/make.js "$0" "$1" 0',
    executables,
    again,
  ]);
  assert.equal(read(again, 'SHA256SUMS'), read(out, 'SHA256SUMS'), 'made again, it differs');
  run('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], out);
  const summed = read(out, 'SHA256SUMS').match(/(?<= {2}).*/g);
  assert.ok(
    ['ldctl.rb', 'ldctl.json', 'install.sh', 'ldctl.cdx.json'].every((name) =>
      summed.includes(name),
    ),
    summed,
  );
  console.log(`${summed.length} files, made twice and the same`);

  unpack(out);
  await tryInstallScript(out);
  run('ruby', ['-c', join(out, 'ldctl.rb')]);
  const manifest = JSON.parse(read(out, 'ldctl.json'));
  const { hash } = manifest.architecture['64bit'];
  assert.ok(
    read(out, 'SHA256SUMS').includes(`${hash}  ldctl-win32-x64.zip\n`),
    'the manifest has another sum',
  );
  console.log('the formula is read by Ruby; the manifest has the right sum');
  billOfMaterials(join(out, 'ldctl.cdx.json'));
}

function matrixIsTargets() {
  const { jobs } = parse(readFileSync('.github/workflows/release.yml', 'utf8'));
  const expected = TARGETS.map(({ name, runner }) => ({ target: name, runner }));
  assert.deepEqual(jobs.build.strategy.matrix.include, expected);
}

/** @returns the folder of what is released */
function makeExecutables() {
  const executables = join(folder, 'executables');
  mkdirSync(executables);
  for (const target of TARGETS) {
    const file = join(executables, executableOf(target));
    const made = `build/ldctl${isWindows(target) ? '.exe' : ''}`;
    const isKept = (target.name === HERE || isWindows(target)) && existsSync(made);
    if (isKept) copyFileSync(made, file);
    else if (all || target.name === HERE) {
      run('node', ['scripts/binary.js', '--target', target.name, '--output', file]);
    } else writeFileSync(file, `#!/bin/sh\necho "ldctl/${version} ${target.name}"\n`);
  }
  return executables;
}

/**
 * Each archive holds a folder of its name with the same files; the executable for this machine
 * runs.
 */
function unpack(out) {
  for (const target of TARGETS) {
    const archive = join(out, archiveOf(target));
    if (isWindows(target)) run('unzip', ['-q', archive, '-d', folder]);
    else run('tar', ['-xJf', archive, '-C', folder]);
    const root = join(folder, `ldctl-${target.name}`);
    for (const name of [
      'LICENSE',
      'THIRD-PARTY-NOTICES',
      'NODE-LICENSE',
      'completions/ldctl.bash',
    ]) {
      assert.ok(existsSync(join(root, name)), `${archive} has no ${name}`);
    }
    if (target.name === HERE) {
      assert.match(run(join(root, 'ldctl'), ['--version']), new RegExp(`^ldctl/${version} `));
    }
  }
  console.log(`${TARGETS.length} archives are unpacked, and that for ${HERE} runs`);
}

async function tryInstallScript(out) {
  const server = createServer((request, response) => {
    createReadStream(join(out, basename(request.url)))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const to = join(folder, 'bin');
  const env = {
    ...process.env,
    HOME: folder,
    LDCTL_INSTALL_URL: `http://127.0.0.1:${server.address().port}`,
  };
  await promisify(execFile)('sh', [join(out, 'install.sh'), '--to', to], { env });
  server.close();
  assert.match(run(join(to, 'ldctl'), ['--version']), new RegExp(`^ldctl/${version} `));
  assert.match(read(out, 'install.sh'), /^REPOSITORY=[\w.-]+\/ldctl$/m);
  console.log(`install.sh installs ${archiveOf({ name: HERE })}, which runs`);
}

/** `npm sbom` makes it; what is added and left out by scripts/release/make.js is looked at here. */
function billOfMaterials(file) {
  const { components } = JSON.parse(readFileSync(file, 'utf8'));
  assert.match(
    components.find(({ name }) => name === 'node').cpe,
    /^cpe:2\.3:a:nodejs:node\.js:\d+\.\d+\.\d+:/,
  );
  const names = components.map(({ name }) => name);
  assert.ok(
    names.includes('got') && names.includes('@napi-rs/keyring') && !names.includes('mocha'),
    names,
  );
  console.log(`the bill of materials has ${components.length} components`);
}

function read(folder, name) {
  return readFileSync(join(folder, name), 'utf8');
}

/** @returns what it printed */
function run(command, args, cwd = '.') {
  const program = command === 'node' ? process.execPath : command;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  assert.equal(
    status,
    0,
    `${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`,
  );
  return stdout;
}
