// The package as users get it: packed, looked over by publint and arethetypeswrong, installed
// globally without a warning and within its size, and into a strict project outside this checkout,
// which is compiled with the oldest TypeScript that can read its types, the one that is used here,
// and the newest. Then the programs of the docs, and those of test/repo/package, run with it, as ES
// modules and by require(). Ends with 77, and the reason in the last line, when a registry does not
// give what it takes. Needs the built bin.
import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { blocksOf, docPages } from '../test/helpers/docs.js';
import { programOf } from '../test/helpers/doc-runner.js';
import { npmInstall } from './npm-install.js';

const COULD_NOT = 77;
const MOST = { bytes: 9_000_000, packages: 12 };
/** docs/library.md names the oldest. */
const COMPILERS = ['oldest@npm:typescript@5.3.3', 'newest@npm:typescript@latest'];
/**
 * What the published types have to do with: strict options, and the types of a browser, for
 * `AbortSignal`.
 */
const STRICT = {
  target: 'es2022',
  lib: ['es2022', 'dom'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: false,
};
/** A program has a process, and may import from Node, whatever it has types for. */
const SURROUNDINGS = `declare const process: {
  argv: string[];
  eventNames(): unknown[];
  on(event: string, listener: (value: unknown) => void): void;
  send?: ((message: unknown) => void) | undefined;
  env: Record<string, string | undefined>;
  exitCode?: number | undefined;
  once(event: string, listener: (value: unknown) => void): void;
};
declare module 'node:*';
`;
const folder = mkdtempSync(join(tmpdir(), 'ldctl-package-'));
try {
  const tarball = pack();
  lint(tarball);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const missed =
    installGlobally(tarball) ?? npmInstall(folder, '--ignore-scripts', tarball, ...COMPILERS);
  if (missed === null) {
    compile();
    load();
    runPrograms();
  } else {
    console.log(missed);
    process.exitCode = COULD_NOT;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack(): string {
  const { stdout } = run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    '.',
  );
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(folder, filename);
}

function lint(tarball: string): void {
  run('node', ['node_modules/publint/src/cli.js', 'run', tarball, '--strict'], '.');
  // There is nothing but ES modules, which require() loads where Node can; a resolution that knows
  // no `exports` is of the past.
  const ofThePast = ['--profile', 'esm-only', '--no-color'];
  run('node', ['node_modules/@arethetypeswrong/cli/dist/index.js', tarball, ...ofThePast], '.');
  console.log('publint and arethetypeswrong find nothing');
}

/**
 * As users do, with whatever scripts it may have.
 * @returns why the registry did not give what it takes
 */
function installGlobally(tarball: string): string | null {
  const prefix = join(folder, 'global');
  const args = [
    'install',
    '--global',
    '--prefix',
    prefix,
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    tarball,
  ];
  // Run by `npm run --silent`, npm would not warn.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
  );
  const ended = spawnSync('npm', args, { encoding: 'utf8', env });
  if (ended.status !== 0) {
    return `npm install --global: ${ended.stderr.trim().replaceAll(/\s+/g, ' ')}`;
  }
  assert.equal(ended.stderr, '', 'npm warns of the package');
  const modules = join(prefix, 'lib/node_modules');
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  const manifests = files.filter((name) =>
    /(^|node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(name),
  );
  for (const name of manifests) {
    const { scripts = {} } = JSON.parse(readFileSync(join(modules, name), 'utf8')) as {
      scripts?: object;
    };
    assert.ok(
      !['preinstall', 'install', 'postinstall'].some((one) => one in scripts),
      `${name} has an install script`,
    );
  }
  const bytes = files
    .map((name) => statSync(join(modules, name)))
    .reduce((sum, one) => sum + (one.isFile() ? one.size : 0), 0);
  assert.ok(
    manifests.length <= MOST.packages && bytes <= MOST.bytes,
    `${manifests.length} packages, ${bytes} bytes`,
  );
  console.log(
    `installed without a warning: ${manifests.length} packages, ${(bytes / 1e6).toFixed(1)} MB`,
  );
  const ldctl = join(prefix, 'bin/ldctl');
  assert.match(run(ldctl, ['--version']).stdout, /^ldctl\/\d/);
  const trigger = ['activities', 'trigger', 'iggy', 'restart', '--yes', '-o', 'json'];
  assert.match(
    run(ldctl, ['sandbox', 'exec', '--', ldctl, ...trigger]).stdout,
    /"outcome": "completed"/,
  );
  return null;
}

function compile(): void {
  copyFileSync('test/repo/package/surface.ts', join(folder, 'surface.ts'));
  copyFileSync('examples/controller/controller.mjs', join(folder, 'controller.mjs'));
  const blocks = docPages()
    .flatMap((page) => blocksOf(page))
    .filter(({ language }) => language === 'ts');
  const programs = blocks.map((block, index) => [`program-${index}.ts`, programOf(block)] as const);
  for (const [name, text] of programs) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'surroundings.d.ts'), SURROUNDINGS);
  const strictest = { ...STRICT, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  project('tsconfig.json', strictest, ['surface.ts']);
  const shows = readdirSync('test/repo/package/shows');
  for (const name of shows) copyFileSync(join('test/repo/package/shows', name), join(folder, name));
  project('tsconfig.docs.json', { ...STRICT, allowJs: true }, [
    'surroundings.d.ts',
    'controller.mjs',
    ...shows,
    ...programs.map(([name]) => name),
  ]);
  const compilers = ['oldest', 'newest'].map((name) => join(folder, 'node_modules', name));
  for (const compiler of [...compilers, resolve('node_modules/typescript')]) {
    const { version } = JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8')) as {
      version: string;
    };
    for (const file of ['tsconfig.json', 'tsconfig.docs.json']) {
      run('node', [join(compiler, 'bin/tsc'), '-p', file]);
    }
    console.log(
      `TypeScript ${version}: the surface, ${programs.length} programs of the docs, ${shows.length} others and the example compile, without @types/node`,
    );
  }
}

function project(name: string, compilerOptions: object, files: string[]): void {
  writeFileSync(join(folder, name), JSON.stringify({ compilerOptions, files }));
}

/**
 * Each entry is there for `import`, and for `require` where Node can, and is the same; so is what
 * they share.
 */
function load(): void {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, unknown>;
  };
  const names = JSON.stringify(
    Object.keys(exports)
      .filter((path) => /^[./a-z]+$/.test(path) && !path.endsWith('.json'))
      .map((path) => `ldctl${path.slice(1)}`),
  );
  const program = `const { createRequire } = await import('node:module');
    const required = createRequire(process.cwd() + '/x.js');
    const [first, second] = await Promise.all(${names}.map((name) => import(name)));
    if (process.features.require_module) for (const name of ${names}) if (required(name) !== await import(name)) throw new Error(name + ' is another one by require()');
    if (first.LdctlError !== second.LdctlError) throw new Error('two classes of one name');
    if (required('ldctl/schemas/run-result.schema.json').$schema === undefined) throw new Error('no schema');`;
  const { stdout, stderr } = run('node', ['--no-warnings', '--input-type=module', '-e', program]);
  assert.deepEqual([stdout, stderr], ['', ''], 'importing prints');
  console.log(`Node ${process.version}: loads by import and by require(), and prints nothing`);
}

function runPrograms(): void {
  const env = { ...process.env, LDCTL_UNDER_TEST: join(folder, 'node_modules/ldctl/bin/run.js') };
  const grep = ['--grep', 'run: docs/library.md|a program that imports'];
  const tests = ['docs', 'library'].map((name) => `test/process/${name}.test.ts`);
  console.log(run('node', ['scripts/mocha.js', ...grep, ...tests], '.', env).stdout);
}

function run(
  command: string,
  args: string[],
  cwd = folder,
  env = process.env,
): SpawnSyncReturns<string> {
  const ended = spawnSync(command === 'node' ? process.execPath : command, args, {
    cwd,
    env,
    encoding: 'utf8',
  });
  assert.equal(ended.status, 0, `${command} ${args.join(' ')}:\n${ended.stdout}${ended.stderr}`);
  return ended;
}
