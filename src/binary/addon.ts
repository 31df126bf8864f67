import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'ldctl-keyring-';
/** By then a process that is at it has loaded its own. */
const LEFT_BEHIND_MS = 60_000;

/**
 * Loads native code, which the system loads from files only: from one in a folder that no other user can look into, and
 * that is gone afterwards.
 * @param folder where that one is made
 * @throws Error where it cannot be written, or loaded, as from a file system that is mounted `noexec`
 */
export function loadAddon(bytes: Uint8Array, { folder = tmpdir(), now = Date.now() } = {}): unknown {
  removeLeftBehind(folder, now);
  const own = mkdtempSync(join(folder, PREFIX));
  try {
    const file = join(own, 'addon.node');
    writeFileSync(file, bytes, { mode: 0o700 });
    const module = { exports: {} };
    process.dlopen(module, file);
    return module.exports;
  } finally {
    remove(own);
  }
}

/** Windows removes no file that is loaded, and a process that is killed removes nothing. */
function removeLeftBehind(folder: string, now: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(PREFIX) && isOlder(path, now - LEFT_BEHIND_MS)) remove(path);
  }
}

function isOlder(path: string, time: number): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? time) < time;
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next one will.
  }
}
