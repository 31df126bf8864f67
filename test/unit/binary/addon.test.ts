import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAddon } from '../../../src/binary/addon.js';

const MINUTE_MS = 60_000;

/** The keyring's native code, as it is installed for this machine; null where there is none. */
function installedAddon(): Buffer | null {
  const scope = join(createRequire(import.meta.url).resolve('@napi-rs/keyring'), '../..');
  const file = readdirSync(scope, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.node'));
  return file === undefined ? null : readFileSync(join(scope, file));
}

describe('native code in a single executable', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ldctl-addon-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is loaded, and leaves nothing behind', () => {
    const bytes = installedAddon();
    assert.ok(bytes);
    const { Entry } = loadAddon(bytes, { folder }) as { Entry: unknown };
    assert.equal(typeof Entry, 'function');
    // Windows keeps what is loaded until its process has ended.
    if (process.platform !== 'win32') assert.deepEqual(readdirSync(folder), []);
  });

  it('that cannot be loaded leaves nothing behind either', () => {
    assert.throws(() => loadAddon(Buffer.from('no native code'), { folder }), /ldctl-keyring-.*addon\.node/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('has no place in a folder that is not there', () => {
    assert.throws(() => loadAddon(Buffer.from(''), { folder: join(folder, 'gone') }), { code: 'ENOENT' });
  });

  it('clears away what an earlier process left, but not what one may be at', () => {
    const now = Date.now();
    const made = (name: string, ageMs: number): string => {
      const path = join(folder, name);
      mkdirSync(path);
      utimesSync(path, (now - ageMs) / 1000, (now - ageMs) / 1000);
      return path;
    };
    const left = made('ldctl-keyring-left', 2 * MINUTE_MS);
    const busy = made('ldctl-keyring-busy', MINUTE_MS / 2);
    const others = made('of-somebody-else', 2 * MINUTE_MS);
    assert.throws(() => loadAddon(Buffer.from(''), { folder, now }));
    assert.deepEqual(
      [left, busy, others].map((path) => existsSync(path)),
      [false, true, true],
    );
  });
});
