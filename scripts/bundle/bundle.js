import { readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { build } from 'esbuild';
import { adapt } from './adapt.js';
import { fewerChunks } from './fewer-chunks.js';
import { leaveOut } from './leave-out.js';
import { nodeModules, REQUIRE, REQUIRE_ANYWHERE } from './node-modules.js';

/** Commands that come from oclif's plugins: bundled, they need not be looked for among what is installed. */
const PLUGINS = 'node_modules/@oclif';
const FROM_PLUGINS = {
  'commands/help': `${PLUGINS}/plugin-help/lib/commands/help.js`,
  'commands/autocomplete/index': `${PLUGINS}/plugin-autocomplete/lib/commands/autocomplete/index.js`,
  'commands/autocomplete/create': `${PLUGINS}/plugin-autocomplete/lib/commands/autocomplete/create.js`,
  'commands/autocomplete/script': `${PLUGINS}/plugin-autocomplete/lib/commands/autocomplete/script.js`,
};

/** What is found by its name in dist/: by bin/run.js, and by oclif (package.json). */
const COMMAND = {
  ...inDist('src/cli/main.ts', 'src/cli/help/help.ts', 'src/cli/help/completion-hook.ts', ...commands()),
  ...FROM_PLUGINS,
};
/** What is loaded by others, in processes of theirs, or before the command. Apart, so that the command's chunks are not cut to fit them. */
const BESIDE = [
  inDist('src/api/index.ts'),
  inDist('src/profiles/keyring-process.ts'),
  inDist('src/cli/compile-cache.ts'),
];

/** Installed beside the bundle: native code. */
const INSTALLED = ['@napi-rs/keyring'];
/** Looked for by oclif where a plugin is written in TypeScript, or installed by Yarn's Plug'n'Play. */
const NEVER_THERE = ['typescript', 'pnpapi'];

const OPTIONS = {
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: [...INSTALLED, ...NEVER_THERE],
  chunkNames: 'chunks/[name]-[hash]',
  // Names stay: they are in messages and stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Node shows the line of an error that nobody caught.
  lineLimit: 160,
  // Licences are in THIRD-PARTY-NOTICES.
  legalComments: 'none',
  sourcemap: true,
  sourcesContent: false,
  plugins: [adapt, fewerChunks, leaveOut, nodeModules],
  metafile: true,
  logLevel: 'warning',
};

/**
 * Bundles src/ into dist/: a file for each command, and chunks of what they share, so that each loads no more than it
 * needs.
 * @param options of esbuild, beside those here
 * @returns what esbuild knows of it: which file of which package went into which output
 */
export async function bundle(options = {}) {
  const outputs = {};
  for (const entryPoints of [COMMAND, ...BESIDE]) {
    const banner = { js: entryPoints === COMMAND ? REQUIRE : REQUIRE_ANYWHERE };
    const { metafile } = await build({ ...OPTIONS, banner, ...options, entryPoints });
    Object.assign(outputs, metafile.outputs);
  }
  return outputs;
}

function commands() {
  const files = readdirSync('src/commands', { recursive: true, withFileTypes: true });
  return files.filter((file) => file.name.endsWith('.ts')).map((file) => relative('.', `${file.parentPath}/${file.name}`));
}

/** @returns each file by the name it has in dist/ */
function inDist(...files) {
  return Object.fromEntries(files.map((file) => [file.replace(/^src\//, '').replace(/\.ts$/, ''), file]));
}
