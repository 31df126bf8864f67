import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { lazily } from './lazy-imports.js';

const OCLIF = 'node_modules/@oclif/core/lib';
const STRING_WIDTH = 'node_modules/string-width/index.js';
const IS = 'node_modules/@sindresorhus/is/distribution/index.js';
const STRIP_ANSI = 'node_modules/cli-table3/node_modules/strip-ansi/index.js';

/**
 * What the code of others does again and again, or at every start, and need not: the file, what stands there, what stands
 * there instead. Together they halve the time until a command runs (docs/performance.md).
 */
const CHANGES = [
  {
    // The manifest has them in order. The first comparison by language takes as long as a tenth of Node's own start.
    file: `${OCLIF}/config/plugin.js`,
    from: 'a.id.localeCompare(b.id)',
    to: '(a.id < b.id ? -1 : 1)',
  },
  {
    // Every piece of help is a template to it, and compiled as one; few are.
    file: `${OCLIF}/help/util.js`,
    from: 'return ejs_1.default.render(t, context);',
    to: 'return /<%|%>/.test(t) ? ejs_1.default.render(t, context) : t;',
  },
  {
    // Only for the line that says the version, and it takes the modules that run other programs to find out.
    file: `${OCLIF}/util/os.js`,
    from: "(await import('wsl-utils')).isWsl ? 'wsl' : (0, node_os_1.platform)()",
    to: '(0, node_os_1.platform)()',
  },
  {
    // Takes a quarter of Node's own start to make, as do the next two; plain text needs none of them.
    file: STRING_WIDTH,
    from: 'const segmenter = new Intl.Segmenter();',
    to: 'let made;\nconst segmenter = {segment: string => (made ??= new Intl.Segmenter()).segment(string)};',
  },
  {
    file: STRING_WIDTH,
    from: String.raw`const rgiEmojiRegex = /^\p{RGI_Emoji}$/v;`,
    to: String.raw`let compiled;
const rgiEmojiRegex = {test: string => (compiled ??= new RegExp('^\\p{RGI_Emoji}$', 'v')).test(string)};`,
  },
  {
    // Only for the message of an error.
    file: IS,
    from: "const andFormatter = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });",
    to: "const andFormatter = {format: list => new Intl.ListFormat('en', {style: 'long', type: 'conjunction'}).format(list)};",
  },
  {
    file: IS,
    from: "const orFormatter = new Intl.ListFormat('en', { style: 'long', type: 'disjunction' });",
    to: "const orFormatter = {format: list => new Intl.ListFormat('en', {style: 'long', type: 'disjunction'}).format(list)};",
  },
  {
    // It is asked for the width of each cell ten times over.
    file: STRIP_ANSI,
    from: "module.exports = string => typeof string === 'string' ? string.replace(ansiRegex(), '') : string;",
    to: "const regex = ansiRegex();\nmodule.exports = string => typeof string === 'string' ? string.replace(regex, '') : string;",
  },
];

const FILES = /[\\/]node_modules[\\/](@oclif[\\/]core[\\/]lib[\\/].*|(string-width|strip-ansi)[\\/]index|@sindresorhus[\\/]is[\\/]distribution[\\/]index)\.js$/;

/** An esbuild plugin that makes these changes, and has oclif load each of its parts when that is first used. */
export const adapt = {
  name: 'adapt',
  setup({ onLoad, onEnd }) {
    const missing = new Set();
    onLoad({ filter: FILES }, async ({ path }) => {
      const file = relative('.', path).replaceAll('\\', '/');
      let source = await readFile(path, 'utf8');
      for (const change of CHANGES.filter((one) => one.file === file)) {
        if (!source.includes(change.from)) missing.add(change);
        source = source.replace(change.from, () => change.to);
      }
      return { contents: file.startsWith(OCLIF) ? lazily(source) : source };
    });
    onEnd(() => ({ errors: [...missing].map(({ file, from }) => ({ text: `${file} has no longer: ${from}` })) }));
  },
};
