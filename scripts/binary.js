// Makes build/ldctl: dist/ and Node in one file (docs/binary.md). `--help` tells the options. Ends with 2, and the reason in
// the last line, when a package that it takes cannot be had.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { compileCode } from './binary/compiled-code.js';
import { fetchPackage, run, Unavailable } from './binary/packages.js';
import { NODE_VERSION, TARGETS } from './binary/targets.js';

const COULD_NOT = 2;
const HERE = `${process.platform}-${process.arch}`;
const WORK = 'build/binary';
const CACHE = 'build/packages';

/** For V8: room for new objects, so that a short command ends before it must be tidied (docs/binary.md). */
const FLAGS = ['--min-semi-space-size=8'];

const USAGE = `Makes one executable file of ldctl and Node ${NODE_VERSION}. Run \`npm run build\` first; \`npm run binary\` does.

  --target TARGET   ${Object.keys(TARGETS).join(', ')} (default: ${HERE})
  --output FILE     default: build/ldctl, with .exe for Windows
  --node FILE       the target's Node, in place of the one from npm; of the same version
  --print-node      prints where the Node is that is in it, and makes nothing

For another target than this machine no code is compiled ahead, so it starts more slowly.
`;

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: HERE },
    output: { type: 'string' },
    node: { type: 'string' },
    'print-node': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(USAGE);
else {
  try {
    if (values['print-node']) console.log(nodeOf(values.target));
    else await makeBinary(values);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(error.message);
    process.exitCode = COULD_NOT;
  }
}

async function makeBinary({ target, node, output = `build/ldctl${target.startsWith('win32') ? '.exe' : ''}` }) {
  if (!(target in TARGETS)) throw new Error(`no target ${target}; there are ${Object.keys(TARGETS).join(', ')}`);
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(dirname(output), { recursive: true });
  await bundleStarters();
  const inside = node ?? nodeOf(target);
  const executable = strip(inside, target);
  // The one that makes it must be of the same version.
  const maker = target === HERE ? inside : nodeOf(HERE);
  const compiled = target === HERE ? compiledCode(maker) : {};
  const config = {
    main: join(WORK, 'main.cjs'),
    executable,
    output,
    disableExperimentalSEAWarning: true,
    // Of its few lines it saves nothing, and Node warns of it wherever NODE_OPTIONS has a flag for V8.
    useCodeCache: false,
    execArgv: FLAGS,
    assets: { ...packageFiles(), 'keyring.node': keyringOf(target), ...compiled },
  };
  writeFileSync(join(WORK, 'config.json'), JSON.stringify(config, null, 2));
  run(maker, ['--build-sea', join(WORK, 'config.json')]);
  chmodSync(output, 0o755);
  // macOS runs nothing that is not signed, and what was signed has changed.
  if (target.startsWith('darwin') && process.platform === 'darwin') run('codesign', ['--sign', '-', '--force', output]);
  console.log(`${output}: ${(statSync(output).size / 1e6).toFixed(1)} MB, with Node ${NODE_VERSION} for ${target}`);
}

/** The two programs that load `dist/` by `src/binary/chunks.ts`, each one file: the executable's own, and the one that compiles its code. */
async function bundleStarters() {
  for (const input of ['src/binary/main.ts', 'scripts/binary/warm-up.ts']) {
    const made = await rolldown({ input, platform: 'node', tsconfig: true });
    await made.write({ dir: WORK, format: 'cjs', entryFileNames: '[name].cjs' });
    await made.close();
  }
}

/** @returns the program of Node for a target */
function nodeOf(target) {
  const { node: name, integrity } = TARGETS[target];
  const folder = fetchPackage(CACHE, { name, version: NODE_VERSION, integrity });
  return resolve(folder, 'bin', target.startsWith('win32') ? 'node.exe' : 'node');
}

/** @returns the native code for a target, of the version that is installed with the package */
function keyringOf(target) {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const name = TARGETS[target].keyring;
  const folder = fetchPackage(CACHE, { name, ...packages[`node_modules/${name}`] });
  return join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.node')),
  );
}

/** Without names of symbols, which are a fifth of it. @returns the copy, or the same where there is nothing to do it with */
function strip(node, target) {
  if (target.startsWith('win32')) return node;
  const copy = join(WORK, 'node');
  copyFileSync(node, copy);
  chmodSync(copy, 0o755);
  const args = target.startsWith('darwin') ? ['-x', copy] : [copy];
  const tools = target === HERE ? ['strip', 'llvm-strip'] : ['llvm-strip'];
  if (tools.some((tool) => spawnSync(tool, args, { stdio: 'ignore' }).status === 0)) return copy;
  console.log(`not stripped, since ${tools.join(' and ')} cannot: the executable is a fifth larger`);
  return node;
}

/** @returns assets: what V8 has compiled of each file of `dist/` */
function compiledCode(node) {
  const folder = join(WORK, 'code');
  compileCode(join(WORK, 'warm-up.cjs'), [node, ...FLAGS], folder);
  return filesBelow(folder, WORK);
}

/** @returns assets: what is read of the package while it runs, by its path in it */
function packageFiles() {
  const dist = filesBelow('dist', '.', /\.cjs(\.map)?$/);
  return {
    ...dist,
    ...filesBelow('completions', '.'),
    ...filesBelow('man', '.'),
    'package.json': 'package.json',
    'oclif.manifest.json': 'oclif.manifest.json',
  };
}

function filesBelow(folder, root, pattern = /./) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && pattern.test(entry.name),
  );
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [relative(root, path).replaceAll('\\', '/'), path]));
}
