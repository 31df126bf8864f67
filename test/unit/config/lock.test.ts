import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.js';
import { UsageError } from '../../../src/base/errors.js';
import { removeEmptied, withLock } from '../../../src/config/lock.js';
import { VirtualClock } from '../../helpers/clock.js';
import { privateFolder, removeFolders, withoutPrivileges } from '../config/fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

/** A lock that was left behind by `token`. */
function leaveLock(path: string, token: string): void {
  mkdirSync(path);
  writeFileSync(join(path, token), '');
}

/** How long it takes to get a lock that was left behind by `token`, ms. */
async function waitedFor(token: string): Promise<number> {
  const path = join(privateFolder(), 'lock');
  const clock = new VirtualClock();
  const start = clock.now();
  leaveLock(path, token);
  await clock.run(withLock(path, clock, () => undefined));
  return clock.now() - start;
}

describe('the lock between processes', () => {
  after(removeFolders);

  it('hands on what the work returns or throws, and leaves nothing behind', async () => {
    const folder = privateFolder();
    const path = join(folder, 'lock');
    const clock = new VirtualClock();
    assert.equal(await withLock(path, clock, () => 42), 42);
    const fault = new Error('no');
    await assert.rejects(
      withLock(path, clock, () => {
        throw fault;
      }),
      fault,
    );
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(clock.sleeps, []);
  });

  it('is taken where the times of files come from a clock that is half an hour behind', async () => {
    const path = join(privateFolder(), 'lock');
    const { now } = Date;
    Date.now = () => now() + 30 * 60_000;
    try {
      assert.equal(await withLock(path, new VirtualClock(), () => 42), 42);
    } finally {
      Date.now = now;
    }
  });

  it('that was let go of is removed, and left to whoever has taken it, or has even let go of it, meanwhile', () => {
    const folder = privateFolder();
    const path = join(folder, 'lock');
    mkdirSync(path);
    removeEmptied(path);
    assert.deepEqual(readdirSync(folder), []);
    removeEmptied(path);
    leaveLock(path, 'other');
    removeEmptied(path);
    assert.deepEqual(readdirSync(path), ['other']);
  });

  it('is waited for while another holds it, and had soon after it is let go of', async () => {
    const path = join(privateFolder(), 'lock');
    const clock = new VirtualClock();
    leaveLock(path, 'other');
    let done = false;
    const work = withLock(path, clock, () => {
      done = true;
    });
    await clock.advance(2500);
    assert.equal(done, false);
    renameSync(path, `${path}-gone`);
    await clock.advance(100);
    assert.equal(done, true);
    await work;
  });

  it('left behind by a killed process, is broken after 3 s', async () => {
    const waited = await waitedFor('dead');
    assert.ok(waited >= 3000 && waited <= 3200, `${waited} ms`);
  });

  it('is given 30 s where its holder is there: a busy disk may keep it', async () => {
    const waited = await waitedFor(`${process.pid}-living`);
    assert.ok(waited >= 30_000 && waited <= 30_200, `${waited} ms`);
  });

  it('is broken after 3 s where the number of its holder is that of no process', async () => {
    const waited = await waitedFor(`${spawnSync(process.execPath, ['--version']).pid}-dead`);
    assert.ok(waited <= 3200, `${waited} ms`);
  });

  it('is not broken as long as it changes hands', async () => {
    const path = join(privateFolder(), 'lock');
    const clock = new VirtualClock();
    let done = false;
    leaveLock(path, 'holder-0');
    const work = withLock(path, clock, () => {
      done = true;
    });
    for (let n = 1; n <= 5; n++) {
      await clock.advance(2000);
      renameSync(join(path, `holder-${n - 1}`), join(path, `holder-${n}`));
    }
    assert.equal(done, false);
    await clock.run(work);
  });

  it('is broken once only: a dead lock that another has broken meanwhile does not cost the new holder his', async () => {
    const path = join(privateFolder(), 'lock');
    const clock = new VirtualClock();
    leaveLock(path, 'dead');
    // Another process has broken the dead lock, and a third holds a new one, by the same token as far as this one saw.
    leaveLock(`${path}.dead`, 'dead');
    let done = false;
    const work = withLock(path, clock, () => {
      done = true;
    });
    await clock.advance(10_000);
    assert.equal(done, false);
    assert.deepEqual(readdirSync(path), ['dead']);
    renameSync(path, `${path}-gone`);
    await clock.run(work);
  });

  it('is given up after a minute, with a way on', async () => {
    const path = join(privateFolder(), 'lock');
    const clock = new VirtualClock();
    leaveLock(path, 'dead');
    leaveLock(`${path}.dead`, 'dead');
    const error: unknown = await clock.run(withLock(path, clock, () => undefined).catch((fault: unknown) => fault));
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, 'config_locked');
    assert.deepEqual(readdirSync(path), ['dead']);
  });

  itOnPosix('cannot be had where nothing can be written: exit 2 with a way on', 'it keeps no modes', async () => {
    const folder = privateFolder();
    chmodSync(folder, 0o500);
    const work = (): Promise<void> => withLock(join(folder, 'lock'), new VirtualClock(), () => undefined);
    const error: unknown = await withoutPrivileges(folder, () => work().catch((fault: unknown) => fault));
    assert.ok(error instanceof UsageError, String(error));
    assert.equal(error.code, 'config_unwritable');
    assert.match(error.message, /permission denied/);
    assert.match(error.hint ?? '', /LDCTL_CONFIG_DIR/);
  });

  it('that was lost is noticed before the result is written, and is not taken from its new holder', async () => {
    const path = join(privateFolder(), 'lock');
    let written = false;
    const work = withLock(path, new VirtualClock(), (lock) => {
      lock.assertHeld();
      renameSync(path, `${path}-broken`);
      leaveLock(path, 'other');
      lock.assertHeld();
      written = true;
    });
    await assert.rejects(work, { code: 'config_lock_lost' });
    assert.equal(written, false);
    assert.deepEqual(readdirSync(path), ['other']);
  });

  it('that was lost while the result was written is told all the same', async () => {
    const path = join(privateFolder(), 'lock');
    const work = withLock(path, new VirtualClock(), () => {
      renameSync(path, `${path}-broken`);
      leaveLock(path, 'other');
    });
    await assert.rejects(work, { code: 'config_lock_lost' });
    assert.deepEqual(readdirSync(path), ['other']);
  });

  itOnPosix(
    'clears away what killed processes left beside it, but only after 10 minutes',
    'a link there needs a right',
    async () => {
      const folder = privateFolder();
      const path = join(folder, 'lock');
      const leftBehind = (name: string, minutes: number, file: string): void => {
        leaveLock(join(folder, name), file);
        const then = Date.now() / 1000 - minutes * 60;
        utimesSync(join(folder, name), then, then);
      };
      const [old, young, used] = [1, 2, 3].map((n) => `${n}-1b4e28ba-2fa1-41d2-883f-0016d3cca427`) as [
        string,
        string,
        string,
      ];
      leftBehind(`lock.${old}`, 11, old);
      leftBehind(`lock.${young}`, 9, young);
      leftBehind(`lock.${used}`, 11, 'somebody’s file');
      leftBehind('lock.old', 11, 'somebody’s file');
      leftBehind('unlocked.old', 11, 'somebody’s file');
      symlinkSync('lock.old', join(folder, 'lock.4-1b4e28ba-2fa1-41d2-883f-0016d3cca427'));
      await withLock(path, new VirtualClock(), () => undefined);
      const left = [
        `lock.${young}`,
        `lock.${used}`,
        'lock.4-1b4e28ba-2fa1-41d2-883f-0016d3cca427',
        'lock.old',
        'unlocked.old',
      ];
      assert.deepEqual(readdirSync(folder).sort(), left.sort());
      assert.deepEqual(readdirSync(join(folder, `lock.${used}`)), ['somebody’s file']);
    },
  );

  it('is not waited for after the signal, and what began is done', async () => {
    const path = join(privateFolder(), 'lock');
    leaveLock(path, `${process.pid}-alive`);
    const stop = new AbortController();
    const reason = new Error('stopped');
    const waiting = withLock(path, systemClock, () => assert.fail('it was never free'), stop.signal);
    stop.abort(reason);
    await assert.rejects(waiting, reason);
    assert.deepEqual(readdirSync(join(path, '..')), ['lock'], 'nothing of its own is left');
    rmSync(path, { recursive: true });
    assert.equal(await withLock(path, systemClock, () => 'done', stop.signal), 'done');
  });
});
