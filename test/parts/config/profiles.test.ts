import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { quote } from 'shell-quote';
import { systemClock, type Clock } from '../../../src/base/clock.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { checkProfileName, openProfiles, type ProfileStore } from '../../../src/config/profiles.js';
import { VirtualClock } from '../../helpers/clock.js';
import { failureOf, fails } from '../../helpers/failure.js';
import { itOnPosix } from '../../helpers/platform.js';
import { KEY, privateFolder, profileNamed, removeFolders } from './fixtures.js';

const storeIn = (folder: string, clock: Clock = systemClock) => openProfiles(folder, clock);
const failure = (step: () => unknown): Promise<LdctlError> =>
  failureOf(
    Promise.resolve().then(() => step()),
    LdctlError,
  );
const names = (store: ProfileStore): string[] => store.read().profiles.map(({ name }) => name);

describe('the profiles on the disk', () => {
  afterEach(removeFolders);

  it('come back as they were: ids digit for digit, keys, every field, also those of a newer version', async () => {
    const store = storeIn(privateFolder());
    const full = profileNamed('prod', {
      deployment_id: 7261845022003200001n,
      deployment_name: 'main',
      supervisor_url: 'https://supervisor.example',
      api_url: 'https://api.example',
      protected: true,
      expires_at: '2027-01-01T00:00:00Z',
    });
    await store.add(full);
    const commanded = profileNamed('constructor', {
      key: { store: 'command', command: 'op read "op://x/y z"' },
    });
    await store.add(commanded);
    const text = readFileSync(store.path, 'utf8');
    assert.match(text, /"18446744073709551615"/);
    writeFileSync(
      store.path,
      text.replace('"protected"', '"colour": "red", "protected"').replace('{', '{"new":[1],'),
    );
    await store.add(profileNamed('third', { key: { store: 'keyring', account: 'third.1' } }));
    const { current, profiles, ...others } = store.read();
    assert.deepEqual([current, others], ['prod', { new: [1] }]);
    // As an editor of Windows may write it.
    writeFileSync(store.path, `\ufeff${readFileSync(store.path, 'utf8')}`);
    await store.update('third', {});
    assert.deepEqual(names(store), ['prod', 'constructor', 'third']);
    const [prod, second, third] = profiles;
    assert.ok(prod?.key.store === 'file' && prod.key.api_key.reveal() === KEY);
    assert.deepEqual({ ...prod, key: null }, { ...full, colour: 'red', key: null });
    assert.deepEqual(second, commanded);
    assert.deepEqual(third?.key, { store: 'keyring', account: 'third.1' });
  });

  it('have a name that is no flag, no path and not long', () => {
    for (const name of ['', '-x', 'a b', 'ä', 'a/b', 'x'.repeat(65)]) {
      assert.throws(() => checkProfileName(name), { code: 'invalid_profile_name' }, name);
    }
    for (const name of ['a-b.c_D9', 'x'.repeat(64)]) assert.equal(checkProfileName(name), name);
  });

  describe('the lock', () => {
    it('loses none of 20 changes that are made at once, and leaves nothing behind', async function () {
      this.timeout(30_000);
      const folder = privateFolder();
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => storeIn(folder).add(profileNamed(`p${n}`))),
      );
      assert.equal(names(storeIn(folder)).length, 20);
      assert.deepEqual(readdirSync(folder), ['config.json']);
    });

    /** A lock, made so long ago, of a process that is there: 1 is in every container. */
    function lockIn(folder: string, ageMs = 0): void {
      const path = join(folder, 'config.json.lock');
      writeFileSync(path, '1', { mode: 0o600 });
      const madeAt = (Date.now() - ageMs) / 1000;
      utimesSync(path, madeAt, madeAt);
    }

    for (const { what, ageMs, waitedMs } of [
      { what: 'older than ten seconds is taken away at once', ageMs: 11_000, waitedMs: 0 },
      { what: 'younger is waited for until then, whatever it holds', ageMs: 0, waitedMs: 10_000 },
    ]) {
      it(`that is ${what}`, async () => {
        const folder = privateFolder();
        lockIn(folder, ageMs);
        const clock = new VirtualClock(Date.now());
        await clock.run(storeIn(folder, clock).add(profileNamed('prod')));
        const late = clock.elapsed() - waitedMs;
        assert.ok(Math.abs(late) < 1000, `after ${clock.elapsed()} ms`);
        assert.deepEqual(readdirSync(folder), ['config.json']);
      });
    }

    it('that is stale is taken away by one of many', async () => {
      const folder = privateFolder();
      lockIn(folder, 11_000);
      const many = [1, 2, 3, 4].map((n) => storeIn(folder).add(profileNamed(`p${n}`)));
      await Promise.all(many);
      assert.equal(names(storeIn(folder)).length, 4);
      assert.deepEqual(readdirSync(folder), ['config.json']);
    });

    /** Another process does something right after this one has looked at the lock. */
    function clockThat(act: () => void): VirtualClock {
      const clock = new VirtualClock(Date.now());
      const now = clock.now();
      clock.now = () => {
        act();
        return now;
      };
      return clock;
    }

    it('that another process takes in place of a stale one stays', async () => {
      const folder = privateFolder();
      lockIn(folder, 11_000);
      const path = join(folder, 'config.json.lock');
      // The other process is faster: this one has seen the stale lock, and then sees this one.
      const clock = clockThat(() => lockIn(folder, -60_000));
      const adding = clock.run(storeIn(folder, clock).add(profileNamed('prod')));
      const hint = /remove .+config\.json\.lock$/;
      await fails(() => adding, { code: 'config_locked', exitCode: 2, hint });
      assert.equal(readFileSync(path, 'utf8'), '1');
    });

    it('that is stale may be taken away by another process meanwhile', async () => {
      const folder = privateFolder();
      lockIn(folder, 11_000);
      const clock = clockThat(() => rmSync(join(folder, 'config.json.lock')));
      await clock.run(storeIn(folder, clock).add(profileNamed('prod')));
      assert.deepEqual(readdirSync(folder), ['config.json']);
    });

    it('that was lost to another process is left to that one, and so is the file', async () => {
      const folder = privateFolder();
      const store = storeIn(folder);
      await store.add(profileNamed('mine'));
      const change = store.change((config) => {
        // This process stands still for so long that its lock goes stale. Another takes it.
        rmSync(join(folder, 'config.json.lock'));
        writeFileSync(store.path, readFileSync(store.path, 'utf8').replaceAll('mine', 'theirs'));
        lockIn(folder);
        config.profiles.splice(0, 1);
      });
      await fails(() => change, { code: 'config_locked', exitCode: 2, hint: 'Try again.' });
      assert.deepEqual(names(store), ['theirs']);
      assert.deepEqual(readdirSync(folder).sort(), ['config.json', 'config.json.lock']);
    });

    itOnPosix(
      'guards a file that is a link: the link stays',
      'links need a privilege',
      async () => {
        const [folder, dotfiles] = [privateFolder(), privateFolder()];
        const store = storeIn(folder);
        const real = join(dotfiles, 'ldctl');
        await store.add(profileNamed('prod'));
        renameSync(store.path, real);
        symlinkSync(real, store.path);
        await store.add(profileNamed('test'));
        assert.equal(readlinkSync(store.path), real);
        assert.deepEqual(names(store), ['prod', 'test']);
        assert.deepEqual(readdirSync(dotfiles), ['ldctl']);
      },
    );

    it('is waited for while another process has it, until the signal', async () => {
      const folder = privateFolder();
      writeFileSync(join(folder, 'config.json.lock'), String(process.ppid), { mode: 0o600 });
      const stop = new AbortController();
      const waiting = openProfiles(folder, systemClock, stop.signal).add(profileNamed('prod'));
      setTimeout(() => stop.abort(new Interrupted('SIGINT')), 100);
      await assert.rejects(waiting, { code: 'interrupted' });
      assert.deepEqual(readdirSync(folder), ['config.json.lock']);
    });
  });

  describe('that are open to others', () => {
    itOnPosix(
      'refuses such a file, with the chmod, and leaves it',
      'it keeps no modes',
      async () => {
        const store = storeIn(privateFolder());
        await store.add(profileNamed('prod'));
        const before = readFileSync(store.path, 'utf8');
        for (const mode of [0o640, 0o604, 0o602, 0o610]) {
          chmodSync(store.path, mode);
          for (const step of [() => store.read(), () => store.add(profileNamed('test'))]) {
            const error = await failure(step);
            assert.deepEqual([error.code, error.exitCode], ['config_not_private', 2]);
            assert.ok(error.hint?.includes(`chmod 600 ${quote([store.path])}`), error.hint);
          }
        }
        assert.equal(readFileSync(store.path, 'utf8'), before);
      },
    );

    itOnPosix(
      'refuses such a folder, and quotes its path in the chmod',
      'it keeps no modes',
      async () => {
        const folder = join(privateFolder(), 'my config');
        mkdirSync(folder);
        chmodSync(folder, 0o755);
        const error = await failure(() => storeIn(folder).add(profileNamed('prod')));
        assert.ok(error.hint?.includes(`chmod 700 '${folder}'`), error.hint);
      },
    );

    itOnPosix(
      'makes the folder 0700 and the file 0600, whatever the umask',
      'it keeps no modes',
      async () => {
        const folder = join(privateFolder(), 'deep', 'ldctl');
        const umask = process.umask(0);
        try {
          await storeIn(folder).add(profileNamed('prod'));
        } finally {
          process.umask(umask);
        }
        assert.equal(statSync(folder).mode & 0o777, 0o700);
        assert.equal(statSync(join(folder, 'config.json')).mode & 0o777, 0o600);
      },
    );
  });

  describe('that are broken', () => {
    const good = { name: 'prod', tenant_id: '1', key: { store: 'file', api_key: KEY } };
    const inList = (profile: unknown): string => JSON.stringify({ profiles: [profile] });
    const broken: Record<string, string> = {
      'an empty file': '',
      'cut JSON': `{"profiles": [{"name": "prod", "key": {"store": "file", "api_key": "${KEY}`,
      'no JSON': KEY,
      'a list': '[]',
      'no profiles': '{}',
      'an id as a number': inList(good).replace('"1"', '610809900976570889'),
      'an id out of range': inList({ ...good, tenant_id: '18446744073709551616' }),
      'a name that is none': inList({ ...good, name: '-x' }),
      'a key that cannot be sent': inList({ ...good, key: { store: 'file', api_key: `${KEY}\n` } }),
      'a profile without a key': inList({ ...good, key: { store: 'file' } }),
      'an unknown key store': inList({ ...good, key: { store: 'cloud', api_key: KEY } }),
      'an empty command': inList({ ...good, key: { store: 'command', command: ' ' } }),
      'a name twice': JSON.stringify({ profiles: [good, good] }),
    };
    it('are reported with their path, without a key, and left byte for byte', async () => {
      const store = storeIn(privateFolder());
      for (const [what, text] of Object.entries(broken)) {
        writeFileSync(store.path, text, { mode: 0o600 });
        for (const step of [() => store.read(), () => store.add(profileNamed('new'))]) {
          const { code, exitCode, cause, message, hint, stack } = await failure(step);
          const shown = { code, exitCode, cause, isNamed: message.includes(store.path) };
          const expected = { code: 'config_broken', exitCode: 2, cause: undefined, isNamed: true };
          assert.deepEqual(shown, expected, what);
          assert.ok(!`${message} ${hint} ${stack}`.includes(KEY.slice(6, 20)), what);
        }
        assert.equal(readFileSync(store.path, 'utf8'), text);
      }
    });

    it('name the field that is not as it should be', async () => {
      const store = storeIn(privateFolder());
      writeFileSync(store.path, inList({ ...good, tenant_id: 5 }), { mode: 0o600 });
      assert.match((await failure(() => store.read())).message, /profiles\.0\.tenant_id/);
    });
  });
});
