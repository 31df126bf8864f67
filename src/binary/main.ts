/** Where a single executable begins (scripts/binary.js). What it runs is `dist/`, as assets. */
import { getRawAsset } from 'node:sea';
import type * as Command from '../main.js';
import { serveKeyring, type KeyringLibrary } from '../config/serve-keyring.js';
import { loadAddon } from './addon.js';
import { builtin, chunkLoader, type Chunk } from './chunks.js';
import { ADDON, codeOf, KEYRING_WORD, singleExecutable } from './program.js';

function bytes(name: string): Buffer | undefined {
  try {
    return Buffer.from(getRawAsset(name) as ArrayBuffer);
  } catch {
    return undefined;
  }
}

/** @throws Error where there is none */
function text(name: string): string {
  return Buffer.from(getRawAsset(name) as ArrayBuffer).toString();
}

const program = singleExecutable(text, process.execPath);

if (process.argv[2] === KEYRING_WORD && process.connected) {
  serveKeyring(() => Promise.resolve(loadAddon(bytes(ADDON) ?? Buffer.alloc(0)) as KeyringLibrary));
} else {
  const read = (name: string): Chunk => ({ source: text(name), code: bytes(codeOf(name)) });
  const load = chunkLoader({ root: program.root, read, builtin });
  const { main } = load('dist/main.cjs') as typeof Command;
  void main(program);
}
