/**
 * The start of the single executable (scripts/binary.js): all of ldctl as one file, and what it
 * reads as assets.
 */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { serveKeyring, type KeyringLibrary } from './config/keyring.js';
import { main } from './main.js';

/** The argument that makes the executable the process for the keyring. */
const KEYRING_WORD = '__keyring';
const ADDON_FOLDER = 'ldctl-keyring-';
/** When a folder of the executable is old: a process that uses it has loaded what is in it. */
const STALE_MS = 60_000;

/**
 * The keyring's native code, which a system loads from files only: from a folder that only this
 * user can look into.
 * @throws Error where that cannot be written, or loaded, as from a file system that is mounted
 * `noexec`
 */
function keyringLibrary(): KeyringLibrary {
  const folder = mkdtempSync(join(tmpdir(), ADDON_FOLDER));
  try {
    const file = join(folder, 'addon.node');
    writeFileSync(file, Buffer.from(getRawAsset('keyring.node') as ArrayBuffer), { mode: 0o700 });
    const module = { exports: {} };
    process.dlopen(module, file);
    return module.exports as KeyringLibrary;
  } finally {
    // Windows removes no file that is loaded, and a process that is killed removes nothing: that is
    // left to a later one.
    for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(ADDON_FOLDER))) {
      removeUnloaded(join(tmpdir(), name), folder);
    }
  }
}

/** @param own the folder of this process; that of another one may be in use while it is new */
function removeUnloaded(left: string, own: string) {
  try {
    if (left === own || statSync(left).mtimeMs < Date.now() - STALE_MS) {
      rmSync(left, { recursive: true });
    }
  } catch {
    // Another process has loaded it.
  }
}

if (process.argv[2] === KEYRING_WORD && process.connected) {
  serveKeyring(() => Promise.resolve(keyringLibrary()));
} else {
  void main({
    singleExecutable: true,
    command: [process.execPath],
    keyringProcess: KEYRING_WORD,
    read: (file) => getAsset(file.replaceAll('\\', '/'), 'utf8'),
  });
}
