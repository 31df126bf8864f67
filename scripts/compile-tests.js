// Compiles the tests, and all that they import, to JavaScript in build/compiled/, once for all
// processes that run them: to load them as TypeScript costs each of them two seconds of a core.
import { Buffer } from 'node:buffer';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';

/** Below the root, so that packages are found from there. */
export const COMPILED = 'build/compiled';
const FOLDERS = ['src', 'test', 'scripts'];

/** @throws Error for what is no TypeScript */
export function compileTests() {
  const files = new Map(FOLDERS.flatMap(filesIn).map((file) => [compiledFrom(file), file]));
  for (const [to, file] of files) compile(file, to);
  // Of a file that was deleted or renamed nothing stays.
  for (const stale of filesIn(COMPILED)) if (!files.has(stale)) rmSync(stale);
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => /\.[tj]s$/.test(name))
    .map((name) => join(folder, name));

const compiledFrom = (file) => join(COMPILED, file.replace(/\.ts$/, '.js'));

function compile(file, to) {
  const text = readFileSync(file, 'utf8');
  const url = pathToFileURL(resolve(file)).href;
  const { code, map, errors } = transformSync(file, text, {
    sourcemap: true,
    // A file that one reads or runs is where it was written.
    define: {
      'import.meta.url': JSON.stringify(url),
      'import.meta.dirname': JSON.stringify(dirname(resolve(file))),
    },
  });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const json = JSON.stringify({ ...map, sources: [url], sourcesContent: undefined });
  const inline = Buffer.from(json).toString('base64');
  write(to, `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`);
}

/** What is there already is left alone: another run may be reading it. */
function write(to, text) {
  if (statSync(to, { throwIfNoEntry: false }) && readFileSync(to, 'utf8') === text) return;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
}
