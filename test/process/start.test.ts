import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LDCTL, Run, type Ended } from '../helpers/ldctl.js';
import { story, type Scene } from '../helpers/scene.js';

const DIST = new URL('../../dist/', import.meta.url).href;
const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * The files of dist/ that Node loads with these arguments, and the packages with code in any of
 * them.
 */
async function loadedBy(
  scene: Scene,
  args: readonly string[],
): Promise<Ended & { files: string[]; packages: Set<string> }> {
  const folder = mkdtempSync(join(scene.folder, 'coverage-'));
  const ended = await new Run(process.execPath, args, { ...scene.env, NODE_V8_COVERAGE: folder })
    .input()
    .ended();
  // A report of V8's coverage names every script that a process compiled.
  const scripts = readdirSync(folder).flatMap((report) => {
    const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as {
      result: Array<{ url: string }>;
    };
    return result.flatMap(({ url }) => (url.startsWith(DIST) ? [fileURLToPath(url)] : []));
  });
  const files = [...new Set(scripts)];
  // The bundler's own helpers have no map.
  const maps = files.map((file) => `${file}.map`).filter((map) => existsSync(map));
  return { ...ended, files, packages: new Set(maps.flatMap(packagesIn)) };
}

/** The packages with code in a file of dist/, by its map. */
function packagesIn(map: string | URL): string[] {
  const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] };
  return sources.flatMap((source) => PACKAGE.exec(source)?.[1] ?? []);
}

/**
 * Only where something is asked, a profile is changed, a person waits at a terminal, or the format
 * is named.
 */
const SELDOM = [
  'inquirer',
  '@inquirer/core',
  'conf',
  'ajv',
  'ora',
  'log-update',
  'yaml',
  'csv-stringify',
];
/** Only where a server is asked. */
const ASKING = ['got', '@sindresorhus/is', 'https-proxy-agent'];
/** What the command line is made of, and no program that imports the library has a use for. */
const TERMINAL = [
  ...SELDOM.filter((name) => name !== 'conf' && name !== 'ajv'),
  '@oclif/core',
  'cli-table3',
];

/** Counts, and no times: they are the same on every machine. */
describe('what is loaded', () => {
  for (const [what, args, never, modules, kB, always = []] of [
    ['the version', '--version', [...SELDOM, ...ASKING, '@oclif/core', 'cli-table3'], 3, 40],
    ['help', '--help', [...SELDOM, ...ASKING, 'cli-table3', 'valibot'], 10, 60],
    ['the profiles', 'profiles list', [...SELDOM, ...ASKING], 20, 320],
    ['the log', 'activities list', SELDOM, 37, 620, ['got']],
    ['a trigger', 'activities trigger iggy restart --yes', SELDOM, 39, 650],
    ['YAML', 'activities list -o yaml', ['csv-stringify'], 38, 800, ['yaml']],
  ] as const) {
    story(`for ${what} is no library that it does not need, and not much`, {}, async (scene) => {
      // The server says no at once: by then everything is loaded.
      scene.env.LD_API_KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
      const { files, packages } = await loadedBy(scene, [LDCTL, ...args.split(' ')]);
      const wrong = [
        ...never.filter((name) => packages.has(name)),
        ...always.filter((name) => !packages.has(name)),
      ];
      assert.deepEqual(wrong, [], 'expected none: libraries that are loaded, or not, by mistake');
      const count = files.length;
      assert.ok(count > 0 && count <= modules, `expected up to ${modules} modules, not ${count}`);
      const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
      assert.ok(bytes <= kB * 1000, `expected up to ${kB} kB, not ${bytes / 1000}`);
    });
  }

  story('for the version is none of what Node itself takes long to load', {}, async (scene) => {
    const { files } = await loadedBy(scene, [LDCTL, '--version']);
    const slow = /require\("node:(crypto|https?|tls)"\)/;
    const wrong = files.filter((file) => slow.test(readFileSync(file, 'utf8')));
    assert.deepEqual(wrong, [], 'expected none: files that load it');
  });

  it('for a question is no editor, and no table of the encodings of the world', () => {
    const chunks = new URL('../../dist/chunks/', import.meta.url);
    const maps = readdirSync(chunks).filter((file) => file.endsWith('.map'));
    const packages = maps.flatMap((file) => packagesIn(new URL(file, chunks)));
    const editing = /^(iconv-lite|chardet|@inquirer\/(external-)?editor)$/;
    const wrong = packages.filter((name) => editing.test(name));
    assert.deepEqual(wrong, [], 'expected none of these in the bundle');
    assert.ok(packages.includes('@inquirer/select'));
  });

  for (const entry of ['ldctl', 'ldctl/client', 'ldctl/sandbox']) {
    story(
      `by a program of ${entry} is nothing of the command line, and does nothing`,
      {},
      async (scene) => {
        // Node's own http leaves a symbol in newer Nodes, and only what ldctl adds is counted.
        const program = `await import('node:http');
        const names = () => [...process.eventNames(), ...Reflect.ownKeys(globalThis)].map(String);
        const before = names();
        await import('${entry}');
        console.log(names().filter((name) => !before.includes(name)).join());`;
        // The tests run in the package, which can import itself by its name.
        const loaded = await loadedBy(scene, [
          '--no-warnings',
          '--input-type=module',
          '-e',
          program,
        ]);
        assert.deepEqual([loaded.code, loaded.stdout, loaded.stderr], [0, '\n', '']);
        assert.ok(loaded.files.length > 0);
        const wrong = TERMINAL.filter((name) => loaded.packages.has(name));
        assert.deepEqual(wrong, [], 'expected none: libraries of the command line');
      },
    );
  }
});
