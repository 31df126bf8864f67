// Makes build/ldctl: ldctl and Node in one file (docs/releasing.md). Ends with 77, and the reason in
// the last line, when a package that it takes cannot be had.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleExecutable } from './bundle.js';
import { HERE, isWindows, NODE_VERSION, TARGETS } from './targets.js';

const COULD_NOT = 77;
/** npm itself tries for a quarter of an hour. */
const FETCH_MS = 180_000;
const WORK = 'build/binary';
const CACHE = 'build/packages';
/** For V8: room for new objects, so that a short command ends before it must be tidied. */
const FLAGS = ['--min-semi-space-size=8'];

const USAGE = `Makes one executable file of ldctl and Node ${NODE_VERSION}.

  --target TARGET   ${TARGETS.map(({ name }) => name).join(', ')} (default: ${HERE})
  --output FILE     default: build/ldctl, with .exe for Windows
  --print-node      prints where the Node is that is in it, and makes nothing

For another target than this machine no code is compiled ahead, so it starts more slowly.
`;

/** Why a package is not to be had. */
class Unavailable extends Error {}

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: HERE },
    output: { type: 'string' },
    'print-node': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const target = TARGETS.find(({ name }) => name === values.target);
if (values.help || !target) {
  console.log(USAGE);
  process.exitCode = target ? 0 : 1;
} else {
  try {
    if (values['print-node']) console.log(nodeOf(target));
    else await makeExecutable(values.output ?? `build/ldctl${isWindows(target) ? '.exe' : ''}`);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(error.message);
    process.exitCode = COULD_NOT;
  }
}

async function makeExecutable(output) {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  mkdirSync(dirname(output), { recursive: true });
  await bundleExecutable(WORK);
  copyFileSync(nodeOf(target), join(WORK, 'node'));
  chmodSync(join(WORK, 'node'), 0o755);
  if (isWindows(target)) removeSignature(join(WORK, 'node'));
  else strip(join(WORK, 'node'));

  // The one that makes it must be of the same version, and compile with the same flags.
  const here = (...args) =>
    run(nodeOf(TARGETS.find(({ name }) => name === HERE)), [...FLAGS, ...args], WORK);
  const isHere = target.name === HERE;
  if (isHere) here(resolve('scripts/compile.cjs'));
  const config = {
    // A name without a folder: it is all that stack traces show.
    main: isHere ? resolve('scripts/start.cjs') : 'ldctl.cjs',
    executable: 'node',
    output: resolve(output),
    disableExperimentalSEAWarning: true,
    execArgv: FLAGS,
    // NODE_OPTIONS is for programs that users know to be Node, and one that Node refuses would end
    // ldctl with 9.
    execArgvExtension: 'none',
    assets: {
      ...Object.fromEntries(packageFiles().map((file) => [file, resolve(file)])),
      ...(isHere && { 'ldctl.js': 'ldctl.js', 'ldctl.cache': 'ldctl.cache' }),
      'keyring.node': resolve(keyringOf(target)),
    },
  };
  writeFileSync(join(WORK, 'config.json'), JSON.stringify(config));
  here('--build-sea', 'config.json');
  chmodSync(output, 0o755);
  // macOS runs nothing that is not signed, and what was signed has changed.
  if (target.name.startsWith('darwin') && process.platform === 'darwin') {
    run('codesign', ['--sign', '-', '--force', output]);
  }
  console.log(
    `${output}: ${(statSync(output).size / 1e6).toFixed(1)} MB, with Node ${NODE_VERSION} for ${target.name}`,
  );
}

/** What is read of the package while it runs. */
function packageFiles() {
  const completions = readdirSync('completions').map((name) => `completions/${name}`);
  return ['package.json', 'oclif.manifest.json', 'dist/help.json', ...completions];
}

/** @returns the program of Node for a target */
function nodeOf({ node, integrity, name }) {
  const folder = fetchPackage({ name: node, version: NODE_VERSION, integrity });
  return resolve(folder, 'bin', isWindows({ name }) ? 'node.exe' : 'node');
}

/**
 * @returns the keyring's native code for a target, of the version that is installed with the
 * package
 */
function keyringOf({ name }) {
  const suffix = { linux: '-gnu', win32: '-msvc' }[name.split('-')[0]] ?? '';
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const wanted = `@napi-rs/keyring-${name}${suffix}`;
  const folder = fetchPackage({ name: wanted, ...packages[`node_modules/${wanted}`] });
  const file = readdirSync(folder).find((one) => one.endsWith('.node'));
  return join(folder, file);
}

/**
 * Fetches a package by npm, unless an earlier call has. It is no dependency: 50 MB, for each
 * platform, that only this takes.
 * @param {{ name: string, version: string, integrity: string }} wanted `integrity` as lockfiles
 * have it
 * @returns {string} the folder of the package
 */
function fetchPackage({ name, version, integrity }) {
  const folder = join(CACHE, `${name.replace('/', '+')}-${version}`);
  if (existsSync(folder)) return join(folder, 'package');
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    const args = ['pack', `${name}@${version}`, '--ignore-scripts', '--loglevel', 'error'];
    // On Windows npm is a batch file, which takes a shell.
    const { status, stderr, error } = spawnSync('npm', args, {
      cwd: work,
      encoding: 'utf8',
      timeout: FETCH_MS,
      shell: process.platform === 'win32',
    });
    if (status !== 0) {
      throw new Unavailable(
        `npm ${args.join(' ')}: ${error?.message ?? stderr.trim().replaceAll(/\s+/g, ' ')}`,
      );
    }
    const [tarball] = readdirSync(work);
    const [algorithm] = integrity.split('-');
    const sum = createHash(algorithm)
      .update(readFileSync(join(work, tarball)))
      .digest('base64');
    if (`${algorithm}-${sum}` !== integrity) {
      throw new Error(`${tarball} is not what it should be: ${algorithm}-${sum}`);
    }
    run('tar', ['-xzf', tarball], work);
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(folder, 'package');
}

/** Takes names of symbols out, which are a fifth of it, where there is a program for that. */
function strip(node) {
  const args = target.name.startsWith('darwin') ? ['-x', node] : [node];
  const tools = target.name === HERE ? ['strip', 'llvm-strip'] : ['llvm-strip'];
  if (!tools.some((tool) => spawnSync(tool, args, { stdio: 'ignore' }).status === 0)) {
    console.log(
      `not stripped, since ${tools.join(' and ')} cannot: the executable is a fifth larger`,
    );
  }
}

/**
 * Takes the Authenticode signature off a program for Windows: with something added it is no longer
 * right, which is worse than none. It is what stands last in the file, and the header says where.
 */
function removeSignature(file) {
  const bytes = readFileSync(file);
  const header = bytes.readUInt32LE(0x3c) + 24;
  const [CHECKSUM, DIRECTORY] = [header + 64, header + 144];
  if (bytes.readUInt16LE(header) !== 0x20b) {
    throw new Error(`${file} is no 64-bit program for Windows`);
  }
  const [at, length] = [bytes.readUInt32LE(DIRECTORY), bytes.readUInt32LE(DIRECTORY + 4)];
  if (at === 0 || at + length !== bytes.length) {
    throw new Error(`the signature of ${file} is not at its end`);
  }
  bytes.writeUInt32LE(0, CHECKSUM);
  bytes.writeBigUInt64LE(0n, DIRECTORY);
  writeFileSync(file, bytes.subarray(0, at));
}

/** Runs a program. @throws Error when it fails */
function run(command, args, cwd = '.') {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  }
}
