import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBusy, unlessBusy, untilFree } from '../../../src/config/busy-files.js';
import { moveFolder } from '../../../src/config/move-folder.js';
import { privateFolder, removeFolders } from '../config/fixtures.js';

function fault(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'rename' });
}

/** Work that fails `times` times. */
function work(times: number, code = 'EPERM'): { run: () => string; tries: () => number } {
  let tries = 0;
  const run = (): string => {
    tries += 1;
    if (tries <= times) throw fault(code);
    return 'done';
  };
  return { run, tries: () => tries };
}

describe('a file that is open elsewhere', () => {
  let paused: number[];
  const pause = (ms: number): void => void paused.push(ms);
  beforeEach(() => void (paused = []));

  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    it(`is tried again on Windows while it says ${code}`, () => {
      const { run, tries } = work(3, code);
      assert.equal(untilFree(run, { platform: 'win32', pause }), 'done');
      assert.deepEqual([tries(), paused.length], [4, 3]);
    });
  }

  it('is tried again for a second, and then it is an error', () => {
    const { run } = work(Infinity);
    assert.throws(() => untilFree(run, { platform: 'win32', pause }), { code: 'EPERM' });
    const waited = paused.reduce((sum, ms) => sum + ms, 0);
    assert.ok(waited >= 800 && waited <= 2000, String(waited));
  });

  it('is an error at once elsewhere, and so is all else on Windows', () => {
    for (const [platform, code] of [
      ['linux', 'EPERM'],
      ['win32', 'ENOSPC'],
    ] as const) {
      const { run, tries } = work(1, code);
      assert.throws(() => untilFree(run, { platform, pause }), { code });
      assert.deepEqual([tries(), paused], [1, []]);
    }
    assert.equal(isBusy(new Error('EPERM'), 'win32'), false);
  });

  it('is left where it was to be cleared away', () => {
    const clear = (code: string) => (): void => {
      throw fault(code);
    };
    unlessBusy(clear('EBUSY'), 'win32');
    assert.throws(() => unlessBusy(clear('EBUSY'), 'linux'), { code: 'EBUSY' });
    assert.throws(() => unlessBusy(clear('EIO'), 'win32'), { code: 'EIO' });
  });
});

describe('a folder that is moved to a path that is taken', () => {
  after(removeFolders);
  const refuses = (): never => {
    throw fault('EPERM');
  };
  let to: string;
  beforeEach(() => {
    to = join(privateFolder(), 'lock');
    mkdirSync(to);
  });

  it('stays where it is; an empty folder is removed on Windows, which does not replace it', () => {
    assert.equal(moveFolder('from', to, { platform: 'win32', rename: refuses }), false);
    assert.ok(!existsSync(to));
  });

  it('leaves one alone that has something in it', () => {
    writeFileSync(join(to, 'holder'), '');
    assert.equal(moveFolder('from', to, { platform: 'win32', rename: refuses }), false);
    assert.ok(existsSync(join(to, 'holder')));
  });

  it('is an error elsewhere when it is not allowed', () => {
    assert.throws(() => moveFolder('from', to, { platform: 'linux', rename: refuses }), { code: 'EPERM' });
    assert.ok(existsSync(to));
  });
});
