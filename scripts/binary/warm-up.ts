/** Runs a command line as a single executable does, and keeps the code that V8 has compiled for it in LDCTL_COMPILED_CODE. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Script } from 'node:vm';
import { builtin, chunkLoader, type Chunk } from '../../src/binary/chunks.js';
import type * as Command from '../../src/main.js';

const root = join(import.meta.dirname, '../..');
const folder = process.env.LDCTL_COMPILED_CODE ?? '';
const scripts = new Map<string, Script>();

const load = chunkLoader({ root, read, builtin, loaded: (name, script) => scripts.set(name, script) });
process.once('exit', () => {
  for (const [name, script] of scripts) keep(name, script);
});
const { main, packageProgram } = load('dist/main.cjs') as typeof Command;
void main(packageProgram(root));

function read(name: string): Chunk {
  const code = join(folder, name);
  return { source: readFileSync(join(root, name), 'utf8'), code: existsSync(code) ? readFileSync(code) : undefined };
}

function keep(name: string, script: Script): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, script.createCachedData());
}
