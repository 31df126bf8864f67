import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCompiledCode } from '../../../src/cli/compile-cache.js';

// Elsewhere no variable names the folder of caches.
const itOnLinux = process.platform === 'linux' ? it : it.skip;

describe('compiled code', () => {
  const before = process.env.XDG_CACHE_HOME;
  let home: string;
  let folder: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ldctl-cache-'));
    process.env.XDG_CACHE_HOME = join(home, 'cache');
    folder = join(home, 'cache', 'ldctl', 'compile-cache');
  });
  afterEach(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    rmSync(home, { recursive: true, force: true });
  });

  async function keptIn(): Promise<string[]> {
    const folders: string[] = [];
    await keepCompiledCode((one) => folders.push(one));
    return folders;
  }

  itOnLinux("is kept in the platform's cache folder, in one that only its owner can enter", async () => {
    assert.deepEqual(await keptIn(), [folder]);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(await keptIn(), [folder], 'the second time');
  });

  itOnLinux('is not kept where others can write, or where a link leads', async () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o770);
    assert.deepEqual(await keptIn(), []);
    rmSync(folder, { recursive: true });
    mkdirSync(join(home, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(home, 'elsewhere'), folder);
    assert.deepEqual(await keptIn(), []);
  });

  itOnLinux('is not kept where no folder can be made, and nothing is said of it', async () => {
    writeFileSync(join(home, 'cache'), '');
    assert.deepEqual(await keptIn(), []);
    process.env.XDG_CACHE_HOME = '/proc/ldctl';
    assert.deepEqual(await keptIn(), []);
  });

  itOnLinux('is not asked for where Node cannot keep it', async () => {
    await keepCompiledCode(undefined);
    assert.equal(existsSync(folder), 'enableCompileCache' in (await import('node:module')).default);
  });
});
