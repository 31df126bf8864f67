import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';
import { LIBRARY } from './library.js';

/**
 * The bundles in `dist/`: the command as CommonJS, which Node starts faster, with a chunk for what
 * few commands need; the process for the keyring; and what programs import, as ES modules,
 * which share what they have in common.
 */
const BUNDLES = [
  {
    format: 'cjs',
    input: {
      main: 'src/main.ts',
      'keyring-process': 'src/config/keyring-process.ts',
    },
  },
  { format: 'esm', input: Object.fromEntries(LIBRARY.map(({ file, source }) => [file, source])) },
];

/**
 * What stays outside: native code, which is installed beside; and what oclif looks for where a
 * plugin is in TypeScript.
 */
const EXTERNAL = ['@napi-rs/keyring', 'typescript', 'pnpapi'];

/**
 * Packages that those in the bundle import, and that no command ever uses: why, and the names that
 * are imported.
 */
export const LEFT_OUT = {
  // By oclif's commands, which are started by src/main.ts.
  '@oclif/core/config': { for: 'finding plugins and commands', names: ['Config'] },
  '@oclif/core/help': { for: "oclif's help", names: ['Help', 'loadHelpClass'] },
  '@oclif/core/ux': { for: "oclif's output", names: ['ux', 'colorize'] },
  '@oclif/core/wrap-ansi': { for: "oclif's output", names: ['default'] },
  '@oclif/core/indent-string': { for: "oclif's output", names: ['default'] },
  ejs: { for: 'templates of help', names: ['default'] },
  // By got, which is asked for none of it (src/api/client.ts).
  'cacheable-request': { for: 'keeping answers', names: ['default', 'CacheError'] },
  'cacheable-lookup': { for: 'keeping addresses of hosts', names: ['default'] },
  'http2-wrapper': { for: 'HTTP/2', names: ['default'] },
  'decompress-response': { for: 'compressed answers', names: ['default'] },
  // By inquirer, which is asked for other kinds of question (src/cli/asking/prompts.ts).
  '@inquirer/checkbox': { for: 'marking several', names: ['default', 'Separator'] },
  '@inquirer/editor': { for: 'writing in an editor', names: ['default'] },
  '@inquirer/expand': { for: 'answers by a letter', names: ['default'] },
  '@inquirer/number': { for: 'numbers', names: ['default'] },
  '@inquirer/rawlist': { for: 'answers by a number', names: ['default'] },
};

/** A module in the place of one that is left out: whatever is called or made of it throws. */
export function stubOf(name) {
  const message = JSON.stringify(`${name} (${LEFT_OUT[name].for}) is left out of this program`);
  const names = LEFT_OUT[name].names.map((one) => `LeftOut as ${one}`);
  // A function can be called, made, and asked for by `instanceof`.
  return `function LeftOut() { throw new Error(${message}); }\nexport { ${names.join(', ')} };`;
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Who measures text by it, through this file; that file itself by the package. */
const STRING_WIDTH = resolve('scripts/string-width.cjs');
const MEASURE_BY_IT = /[\\/]node_modules[\\/]cli-table3[\\/]|[\\/]src[\\/]output[\\/]/;

/**
 * In the place of `Intl.ListFormat`: @sindresorhus/is makes two as it loads, for messages of
 * errors.
 */
const LAZY_LIST_FORMAT = `const { ListFormat } = Intl;
  export default class { constructor(...args) { this.args = args; } format(list) { return new ListFormat(...this.args).format(list); } }`;

const PREFIX = 'in-place:';
const LAZY_PREFIX = 'lazy-node:';
const IN_PLACE = new Map([
  ...Object.keys(LEFT_OUT).map((name) => [name, stubOf(name)]),
  ['lazy-list-format', LAZY_LIST_FORMAT],
]);

/**
 * A plugin of the bundler, which finds the modules above in the place of those that are imported.
 */
const inPlace = {
  name: 'in-place',
  resolveId: {
    filter: { id: new RegExp(`^(${[...IN_PLACE.keys()].join('|')})$`) },
    handler: (name) => PREFIX + name,
  },
  load: {
    filter: { id: new RegExp(`^${PREFIX}`) },
    handler: (id) => IN_PLACE.get(id.slice(PREFIX.length)),
  },
};

/** What oclif's modules import: each other by their paths, and packages that others need, too. */
const partsOfOclif = {
  name: 'parts-of-oclif',
  resolveId: {
    filter: { id: /^(\.\.?\/(config|help|help\/index|ux)|wrap-ansi|indent-string)$/ },
    handler: (path, importer) =>
      /[\\/]@oclif[\\/]core[\\/]lib[\\/]/.test(importer)
        ? `${PREFIX}@oclif/core/${path.replace(/^\.\.?\/(\w+).*/, '$1')}`
        : null,
  },
};

const quickWidth = {
  name: 'quick-width',
  resolveId: {
    filter: { id: /^string-width$/ },
    handler: (_name, importer) => (MEASURE_BY_IT.test(importer) ? STRING_WIDTH : null),
  },
};

/**
 * What CommonJS packages require of Node is imported: a `require` made of the URL of the file fails
 * where a program bundles that as CommonJS, which has none.
 */
const importsOfNode = esmExternalRequirePlugin({ external: builtinModules });

/**
 * Node's own modules, each loaded where it is first needed: in one file for all commands, an import
 * of every one of them would stand at its beginning.
 */
const lazyNode = {
  name: 'lazy-node',
  resolveId: {
    order: 'pre',
    filter: { id: new RegExp(`^(node:.+|${builtinModules.join('|')})$`) },
    handler: (id) => LAZY_PREFIX + id,
  },
  load: {
    filter: { id: new RegExp(`^${LAZY_PREFIX}`) },
    handler: (id) =>
      `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(LAZY_PREFIX.length))});`,
  },
};

const settings = (...plugins) => ({
  external: EXTERNAL,
  platform: 'node',
  tsconfig: true,
  plugins: [...plugins, inPlace, partsOfOclif, quickWidth],
  transform: {
    target: 'node20.19',
    inject: { 'Intl.ListFormat': 'lazy-list-format' },
    define: { LDCTL_VERSION: JSON.stringify(version) },
  },
});

const OUTPUT = {
  // A `require` takes no loader of ES modules; a single executable has none.
  dynamicImportInCjs: false,
  // Tests read from them which packages a bundle holds. Nothing else uses them: npm packs none.
  sourcemap: 'hidden',
  sourcemapExcludeSources: true,
  // Names of functions and classes stay: they are in messages and stack traces. So do line breaks:
  // Node shows the line of an error that nothing catches. Licences are in THIRD-PARTY-NOTICES.
  minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: false } },
  comments: false,
};

/** Bundles the command into one file, `ldctl.cjs` in `dir`, for a single executable. */
export async function bundleExecutable(dir) {
  const made = await rolldown({ ...settings(lazyNode), input: { ldctl: 'src/sea.ts' } });
  await made.write({
    ...OUTPUT,
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    codeSplitting: false,
  });
  await made.close();
}

/**
 * Bundles `src/` into `dist/`.
 * @param {{ write?: boolean }} options `write: false` leaves the files as they are
 * @returns the packages that the bundles have code of, in order, each with the folder it is in
 */
export async function bundle({ write = true } = {}) {
  const folders = new Set();
  for (const { input, format } of BUNDLES) {
    const made = await rolldown({
      ...settings(...(format === 'esm' ? [importsOfNode] : [])),
      input,
    });
    const extension = format === 'cjs' ? 'cjs' : 'js';
    const options = {
      ...OUTPUT,
      dir: 'dist',
      format,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `chunks/[name]-[hash].${extension}`,
      // What `--version` needs, in one file: there would be one for each module.
      codeSplitting: { groups: [{ name: 'host', test: /src[\\/]cli[\\/]host\.ts$/ }] },
    };
    const { output } = await (write ? made.write(options) : made.generate(options));
    for (const folder of output.flatMap(packageFolders)) folders.add(folder);
    await made.close();
  }
  return packagesIn([...folders]);
}

/**
 * A file of a package, the innermost where one lies in another:
 * `node_modules/a/node_modules/b/index.js`.
 */
const IN_PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

function packageFolders({ modules = {} }) {
  const files = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0);
  return files.flatMap(
    ([file]) => IN_PACKAGE.exec(relative('.', file).replaceAll('\\', '/')) ?? [],
  );
}

function packagesIn(folders) {
  const found = folders.map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    return { name, version, license, folder };
  });
  return found.sort(
    (a, b) =>
      compare(`${a.name} ${a.version}`, `${b.name} ${b.version}`) || compare(a.folder, b.folder),
  );
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/**
 * What THIRD-PARTY-NOTICES holds: each package once, with the licences that it brings along, and
 * first what `holds` them.
 */
export function noticesOf(packages, holds = 'The files in dist/ hold') {
  const once = packages.filter(
    (one, index) =>
      one.name !== packages[index - 1]?.name || one.version !== packages[index - 1]?.version,
  );
  const chapters = once.map(({ name, version, license, folder }) => {
    if (typeof license !== 'string') throw new Error(`${name} ${version} names no licence`);
    const texts = readdirSync(folder)
      .filter((file) => LICENCE_FILE.test(file))
      .sort(compare)
      .map((file) => textOf(join(folder, file)));
    const text = texts.length > 0 ? texts.join('\n\n') : 'The package brings no text of it along.';
    return `${'-'.repeat(80)}\n${name} ${version}\nLicence: ${license}\n\n${text}\n`;
  });
  return `${holds} code of these packages.\n\n${chapters.join('\n')}`;
}

function textOf(file) {
  return readFileSync(file, 'utf8')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
