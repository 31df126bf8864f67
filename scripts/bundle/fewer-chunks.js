import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';

/** What every command is built on. */
const BASE = ['src/cli/base-command.ts'];
/** What a command that asks a server is built on; got is in it. */
const ASKING = [...BASE, 'src/cli/connected-context.ts', 'src/cli/activities/show-list.ts', 'src/cli/activities/resume.ts', 'src/activities/activity-log.ts', 'src/core/durations.ts'];

/**
 * esbuild makes a chunk of what exactly the same entries need, which comes to dozens of small files, each of which takes
 * its time to be found and read. Where all entries of a kind are made to need the same, it is one file for all of them.
 * @returns what is to be imported beside what a file itself imports
 */
function beside(file) {
  if (/^src\/commands\/(activities|deployments|whoami)/.test(file)) return ASKING;
  if (/^src\/commands\//.test(file)) return BASE;
  if (/^src\/output\/(formats\/(yaml|csv)|views)\.ts$/.test(file) || file === 'src/cli/activities/show-watch.ts') return ASKING;
  return [];
}

export const fewerChunks = {
  name: 'fewer-chunks',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/](commands|cli|output)[\\/].*\.ts$/ }, async ({ path }) => {
      const file = relative('.', path).replaceAll('\\', '/');
      const imports = beside(file).map((one) => `import ${JSON.stringify(resolve(one))};\n`);
      return imports.length === 0 ? null : { contents: (await readFile(path, 'utf8')) + imports.join(''), loader: 'ts' };
    });
  },
};
