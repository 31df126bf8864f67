// Makes what is generated from the code: oclif.manifest.json, docs/commands, docs/pictures, tables
// between markers (the exit codes of README.md, the variables of docs/profiles.md, the topics of
// test/README.md, the limits of docs/rules.md), and whose repository pages name.
// With --check it leaves the files as they are, and fails when they differ.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Plugin } from '@oclif/core';
import { EXIT_CODES } from '../src/base/exit-codes.ts';
import { ENVIRONMENT } from './environment.js';
import { COMMANDS_FOLDER, commandPages } from './command-pages.js';
import { limitTable } from './limit-table.js';
import { pictures, PICTURES_FOLDER } from './pictures.js';
import { topicTable } from './topic-table.js';

const MANIFEST = 'oclif.manifest.json';
const RULES = 'docs/rules.md';
const PROFILES = 'docs/profiles.md';
/** Pages that name the repository. */
const OWNED = ['docs/install.md', 'docs/scripting.md'];
const check = process.argv.includes('--check');

for (const folder of [COMMANDS_FOLDER, PICTURES_FOLDER]) mkdirSync(folder, { recursive: true });
const pjson = JSON.parse(textOf('package.json'));
const manifest = await manifestOf();
const generated = new Map([
  [MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`],
  ...texts(),
  ...(await pictures()),
]);
const old = [COMMANDS_FOLDER, PICTURES_FOLDER]
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((file) => !generated.has(file));
const differing = [
  ...[...generated].filter(([file, text]) => text !== textOf(file)).map(([file]) => file),
  ...old,
];

if (!check) {
  for (const [file, text] of generated) writeFileSync(file, text);
  for (const file of old) rmSync(file);
} else if (differing.length > 0) {
  console.error(
    `not as the code has it: ${differing.join(', ')}. Run \`npm run generate\` and commit what it changes.`,
  );
  process.exitCode = 1;
}

/** Everything but the manifest, by its file. */
function texts() {
  return [
    ['README.md', filled(textOf('README.md'), 'exit codes', exitCodeRows())],
    [PROFILES, filled(textOf(PROFILES), 'environment', environmentRows())],
    ['test/README.md', filled(textOf('test/README.md'), 'topics', topicTable())],
    [RULES, filled(textOf(RULES), 'limits', limitTable(textOf(RULES)))],
    ...OWNED.map((page) => [page, withOwner(textOf(page))]),
    ...[...commandPages(manifest, pjson)].map(([name, text]) => [
      `${COMMANDS_FOLDER}/${name}`,
      text,
    ]),
  ];
}

/**
 * In order of the commands' ids: oclif lists them as the file system does, which differs between
 * machines.
 */
async function manifestOf() {
  const globPatterns = ['**/*.ts', '!**/command-table.ts'];
  const commands = { strategy: 'pattern', target: './commands', globPatterns };
  // `src` as the root: beside package.json stands a manifest, which may be of an older state.
  const plugin = new Plugin({
    ...{
      root: resolve('src'),
      pjson: { ...pjson, oclif: { ...pjson.oclif, commands } },
      isRoot: true,
    },
    ...{ errorOnManifestCreate: true, respectNoCacheDefault: true },
  });
  await plugin.load();
  const entries = plugin.commands
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((command) => {
      // In which file oclif would look for the class is left out: src/commands/command-table.ts has
      // that.
      return [
        command.id,
        JSON.parse(JSON.stringify({ ...command, isESM: undefined, relativePath: undefined })),
      ];
    });
  return { commands: Object.fromEntries(entries), version: plugin.version };
}

/** Whose repository a page names: that of package.json. */
function withOwner(text) {
  const [, owner] = /github\.com\/([\w.-]+)\//.exec(pjson.repository.url);
  const named =
    /(\/\/github\.com\/|brew install |--repo |uses: )[\w.-]+(?=\/(?:ldctl|tap\/ldctl)\b)/g;
  return text.replaceAll(named, (_all, before) => `${before}${owner}`);
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** With other rows between `<!-- name -->` and `<!-- name stop -->`. */
function filled(text, name, rows) {
  const [start, stop] = [`<!-- ${name} -->`, `<!-- ${name} stop -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(stop)];
  if (from < 0 || to < from) throw new Error(`a page has no ${start} … ${stop}`);
  return `${text.slice(0, from)}${start}\n${rows.join('\n')}\n${text.slice(to)}`;
}

function exitCodeRows() {
  const rows = Object.values(EXIT_CODES).map(
    ({ code, meaning, sent, ci }) => `| ${code} | ${meaning} | ${sent} | ${ci} |`,
  );
  return ['| code | meaning | sent? | a CI step would |', '|---|---|---|---|', ...rows];
}

function environmentRows() {
  return [
    '| variable | what it is |',
    '|---|---|',
    ...ENVIRONMENT.map(([name, what]) => `| \`${name}\` | ${what} |`),
  ];
}
