import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.js';
import { LdctlError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { ProfileStore } from '../../../src/config/store.js';
import { KEY, OTHER_KEY, privateFolder, profileNamed, removeFolders, withoutPrivileges } from './fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

const storeIn = (folder: string): ProfileStore => new ProfileStore(folder, systemClock);

/** The error of a step that must fail. */
async function failure(step: () => unknown): Promise<LdctlError> {
  try {
    await step();
  } catch (error) {
    assert.ok(error instanceof LdctlError, String(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('the profile store', () => {
  after(removeFolders);

  describe('what is stored', () => {
    it('comes back as it was: ids digit for digit, the key, every field', async () => {
      const folder = privateFolder();
      const profile = profileNamed('prod', {
        tenant_id: 18446744073709551615n,
        api_url: 'https://api.example',
        supervisor_url: 'https://supervisor.example',
        deployment_id: 610809900976570889n,
        deployment_name: 'main',
        protected: true,
        expires_at: '2027-01-01T00:00:00Z',
      });
      await storeIn(folder).add(profile);
      const read = storeIn(folder).get('prod');
      assert.deepEqual(read, profile);
      assert.ok(read.key.store === 'file');
      assert.equal(read.key.api_key.reveal(), KEY);
    });

    it('holds ids as strings, so that no reader of JSON rounds them', async () => {
      const folder = privateFolder();
      await storeIn(folder).add(profileNamed('prod', { deployment_id: 610809900976570889n }));
      const text = readFileSync(join(folder, 'config.json'), 'utf8');
      assert.match(text, /"tenant_id": "18446744073709551615"/);
      assert.match(text, /"deployment_id": "610809900976570889"/);
    });

    it('keeps a command as its words, and no key with it', async () => {
      const folder = privateFolder();
      await storeIn(folder).add(profileNamed('vault', { key: { store: 'command', command: ['op', 'read', 'a b'] } }));
      assert.deepEqual(storeIn(folder).get('vault').key, { store: 'command', command: ['op', 'read', 'a b'] });
      assert.doesNotMatch(readFileSync(join(folder, 'config.json'), 'utf8'), /api_key/);
    });

    it('takes any name that is a name, also those that objects have of their own', async () => {
      const store = storeIn(privateFolder());
      const names = ['constructor', '__proto__', 'prototype', 'toString', 'a.b-c_D9', 'x'.repeat(64)];
      for (const name of names) await store.add(profileNamed(name));
      assert.deepEqual(
        store.list().map(({ name }) => name),
        names,
      );
    });

    for (const name of ['', '-x', 'a b', 'a/b', 'ä', 'x'.repeat(65), '../x', 'a\n']) {
      it(`refuses the name ${JSON.stringify(name)}`, async () => {
        const folder = privateFolder();
        const error = await failure(() => storeIn(folder).add(profileNamed(name)));
        assert.equal(error.code, 'invalid_profile_name');
        assert.equal(error.exitCode, 2);
        assert.deepEqual(readdirSync(folder), []);
      });
    }

    it('keeps fields that a newer version added', async () => {
      const folder = privateFolder();
      const store = storeIn(folder);
      await store.add(profileNamed('prod'));
      const stored = JSON.parse(readFileSync(store.path, 'utf8')) as { profiles: object[] };
      const newer = { ...stored, theme: 'dark', profiles: [{ ...stored.profiles[0], colour: 'red' }] };
      writeFileSync(store.path, JSON.stringify(newer));
      await store.add(profileNamed('test'));
      const after = JSON.parse(readFileSync(store.path, 'utf8')) as {
        theme: string;
        profiles: Array<{ colour?: string }>;
      };
      assert.equal(after.theme, 'dark');
      assert.equal(after.profiles[0]?.colour, 'red');
    });
  });

  describe('operations', () => {
    it('makes the first profile the current one, and no later one', async () => {
      const store = storeIn(privateFolder());
      assert.equal(store.current(), null);
      assert.equal(await store.add(profileNamed('first')), true);
      assert.equal(await store.add(profileNamed('second')), false);
      assert.equal(store.current()?.name, 'first');
      await store.use('second');
      assert.equal(store.current()?.name, 'second');
    });

    it('refuses a name that is taken, and changes nothing, unless told to replace', async () => {
      const store = storeIn(privateFolder());
      await store.add(profileNamed('prod', { tenant_id: 1n }));
      await store.add(profileNamed('test'));
      const error = await failure(() => store.add(profileNamed('prod', { tenant_id: 2n })));
      assert.equal(error.code, 'profile_exists');
      assert.equal(error.exitCode, 2);
      assert.equal(store.get('prod').tenant_id, 1n);
      await store.add(profileNamed('prod', { tenant_id: 2n }), { replace: true });
      assert.equal(store.get('prod').tenant_id, 2n);
      assert.deepEqual(
        store.list().map(({ name }) => name),
        ['prod', 'test'],
      );
      assert.equal(store.current()?.name, 'prod');
    });

    it('updates one profile from what is stored, clears what is set to undefined, and leaves the name', async () => {
      const store = storeIn(privateFolder());
      await store.add(
        profileNamed('prod', { deployment_id: 5n, supervisor_url: 'https://s.example', protected: true }),
      );
      await store.add(profileNamed('test'));
      const changed = await store.update('prod', (profile) => ({
        ...profile,
        name: 'other',
        supervisor_url: undefined,
        deployment_id: 6n,
        key: { store: 'file', api_key: new ApiKey(OTHER_KEY) },
      }));
      assert.equal(changed.name, 'prod');
      const read = store.get('prod');
      assert.equal(read.deployment_id, 6n);
      assert.equal('supervisor_url' in read, false);
      assert.equal(read.protected, true);
      assert.equal(read.key.store === 'file' && read.key.api_key.reveal(), OTHER_KEY);
      assert.equal(store.list().length, 2);
    });

    it('changes nothing when the change itself fails', async () => {
      const store = storeIn(privateFolder());
      await store.add(profileNamed('prod'));
      const before = readFileSync(store.path);
      const fault = new Error('no');
      await assert.rejects(
        store.update('prod', () => {
          throw fault;
        }),
        fault,
      );
      assert.deepEqual(readFileSync(store.path), before);
      // The lock was let go of: the next change does not wait.
      await store.use('prod');
    });

    it('removes the current profile without choosing another one', async () => {
      const store = storeIn(privateFolder());
      await store.add(profileNamed('prod'));
      await store.add(profileNamed('test'));
      const { removed, current } = await store.remove('prod');
      assert.equal(removed.name, 'prod');
      assert.equal(current, null);
      assert.equal(store.current(), null);
      assert.deepEqual(
        store.list().map(({ name }) => name),
        ['test'],
      );
    });

    it('removes another profile and says which one is current', async () => {
      const store = storeIn(privateFolder());
      await store.add(profileNamed('prod'));
      await store.add(profileNamed('test'));
      assert.equal((await store.remove('test')).current, 'prod');
    });

    const unknown: Record<string, (store: ProfileStore) => unknown> = {
      get: (store) => store.get('nope'),
      use: (store) => store.use('nope'),
      remove: (store) => store.remove('nope'),
      update: (store) => store.update('nope', (profile) => profile),
    };
    for (const [operation, step] of Object.entries(unknown)) {
      it(`${operation}: an unknown name is exit 5, and the hint names those that exist`, async () => {
        const store = storeIn(privateFolder());
        await store.add(profileNamed('prod'));
        await store.add(profileNamed('test'));
        const error = await failure(() => step(store));
        assert.equal(error.code, 'profile_not_found');
        assert.equal(error.exitCode, 5);
        assert.match(error.hint ?? '', /prod, test/);
      });
    }

    it('an unknown name with no profile at all: the hint says how to add one', async () => {
      const error = await failure(() => storeIn(privateFolder()).get('prod'));
      assert.match(error.hint ?? '', /ldctl profiles add NAME/);
    });

    it('a current profile that does not exist is an error, not another profile', async () => {
      const store = storeIn(privateFolder());
      await store.add(profileNamed('prod'));
      writeFileSync(store.path, readFileSync(store.path, 'utf8').replace(/"current":\s*"prod"/, '"current": "gone"'));
      assert.equal((await failure(() => store.current())).exitCode, 5);
    });

    it('loses none of 20 changes that one process makes at once', async () => {
      const store = storeIn(privateFolder());
      await Promise.all(Array.from({ length: 20 }, (_, n) => store.add(profileNamed(`p${n}`))));
      assert.equal(store.list().length, 20);
    });
  });

  describe('on the disk', () => {
    itOnPosix('makes the folder 0700 and the file 0600, whatever the umask', 'it keeps no modes', async () => {
      const folder = join(privateFolder(), 'deep', 'ldctl');
      const umask = process.umask(0);
      try {
        await storeIn(folder).add(profileNamed('prod'));
      } finally {
        process.umask(umask);
      }
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      assert.equal(statSync(join(folder, 'config.json')).mode & 0o777, 0o600);
    });

    it('leaves nothing but the file behind, and takes away the drafts of killed processes, but nothing else', async () => {
      const folder = privateFolder();
      writeFileSync(join(folder, 'config.json.tmp-1234567890abcdef'), KEY, { mode: 0o600 });
      writeFileSync(join(folder, 'config.json.tmp-mine'), '');
      mkdirSync(join(folder, 'config.json.tmp-folder'));
      await storeIn(folder).add(profileNamed('prod'));
      assert.deepEqual(readdirSync(folder).sort(), ['config.json', 'config.json.tmp-folder', 'config.json.tmp-mine']);
    });

    it('creates nothing when it reads', () => {
      const folder = join(privateFolder(), 'ldctl');
      const store = storeIn(folder);
      assert.deepEqual(store.list(), []);
      assert.equal(store.current(), null);
      assert.equal(existsSync(folder), false);
    });

    for (const [what, mode] of [
      ['group can read', 0o640],
      ['others can read', 0o604],
      ['others can write', 0o602],
      ['group can run', 0o610],
    ] as const) {
      itOnPosix(
        `refuses a file that ${what}, with the chmod that mends it, and leaves it as it is`,
        'it keeps no modes',
        async () => {
          const store = storeIn(privateFolder());
          await store.add(profileNamed('prod'));
          chmodSync(store.path, mode);
          const before = readFileSync(store.path);
          for (const step of [() => store.list(), () => store.add(profileNamed('test'))]) {
            const error = await failure(step);
            assert.equal(error.code, 'config_not_private');
            assert.equal(error.exitCode, 2);
            assert.ok(error.message.includes(store.path));
            assert.ok(error.hint?.includes(`chmod 600 ${store.path}`), error.hint);
          }
          assert.deepEqual(readFileSync(store.path), before);
          chmodSync(store.path, 0o600);
          assert.equal(store.list().length, 1);
        },
      );
    }

    itOnPosix('refuses a folder that others can enter, with the chmod that mends it', 'it keeps no modes', async () => {
      const folder = privateFolder();
      const store = storeIn(folder);
      await store.add(profileNamed('prod'));
      chmodSync(folder, 0o755);
      for (const step of [() => store.list(), () => store.add(profileNamed('test'))]) {
        const error = await failure(step);
        assert.equal(error.code, 'config_not_private');
        assert.ok(error.hint?.includes(`chmod 700 ${folder}`), error.hint);
      }
    });

    itOnPosix('quotes a path with spaces in the chmod, so that it can be pasted', 'it keeps no modes', async () => {
      const folder = join(privateFolder(), 'my config');
      mkdirSync(folder, { mode: 0o755 });
      const error = await failure(() => storeIn(folder).add(profileNamed('prod')));
      assert.ok(error.hint?.includes(`chmod 700 '${folder}'`), error.hint);
    });

    it('says clearly that a folder cannot be made', async () => {
      const file = join(privateFolder(), 'file');
      writeFileSync(file, '');
      const error = await failure(() => storeIn(join(file, 'ldctl')).add(profileNamed('prod')));
      assert.equal(error.code, 'config_unwritable');
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /not a folder/);
      assert.match(error.hint ?? '', /LDCTL_CONFIG_DIR/);
    });

    itOnPosix(
      'says clearly that a file cannot be read: that is not the same as no file',
      'it keeps no modes',
      async () => {
        const folder = privateFolder();
        const store = storeIn(folder);
        await store.add(profileNamed('prod'));
        chmodSync(store.path, 0);
        const error = await withoutPrivileges(folder, () => failure(() => store.list()));
        assert.equal(error.code, 'config_unreadable');
        assert.equal(error.exitCode, 2);
        assert.ok(error.message.includes(store.path));
      },
    );

    it('reads no profiles below something that is not a folder', () => {
      const file = join(privateFolder(), 'file');
      writeFileSync(file, '');
      assert.deepEqual(storeIn(join(file, 'ldctl')).list(), []);
    });
  });

  describe('a broken file', () => {
    const good = { name: 'prod', tenant_id: '1', key: { store: 'file', api_key: KEY } };
    const inList = (profile: unknown): string => JSON.stringify({ profiles: [profile] });
    const broken: Record<string, string> = {
      'is empty': '',
      'is cut': `{"profiles": [{"name": "prod", "key": {"store": "file", "api_key": "${KEY}`,
      'is not JSON': KEY,
      'is a list': '[]',
      'has no profiles': '{}',
      'has an id as a number': inList(good).replace('"1"', '610809900976570889'),
      'has an id out of range': inList({ ...good, tenant_id: '18446744073709551616' }),
      'has a name that is none': inList({ ...good, name: '-x' }),
      'has a key that cannot be sent': inList({ ...good, key: { store: 'file', api_key: `${KEY}\n` } }),
      'has a profile without a key': inList({ ...good, key: { store: 'file' } }),
      'has an unknown key store': inList({ ...good, key: { store: 'cloud', api_key: KEY } }),
      'has an empty command': inList({ ...good, key: { store: 'command', command: [] } }),
      'has a command without a program': inList({ ...good, key: { store: 'command', command: ['', KEY] } }),
      'has a name twice': JSON.stringify({ profiles: [good, good] }),
    };
    for (const [what, text] of Object.entries(broken)) {
      it(`that ${what} is reported with its path, shows no key, and stays byte for byte`, async () => {
        const folder = privateFolder();
        const store = storeIn(folder);
        writeFileSync(store.path, text, { mode: 0o600 });
        for (const step of [() => store.list(), () => store.add(profileNamed('new')), () => store.remove('prod')]) {
          const error = await failure(step);
          assert.equal(error.code, 'config_broken');
          assert.equal(error.exitCode, 2);
          assert.ok(error.message.includes(store.path));
          assert.equal(error.cause, undefined);
          assert.ok(!`${error.message} ${error.hint ?? ''} ${error.stack ?? ''}`.includes(KEY.slice(6, 20)));
        }
        assert.equal(readFileSync(store.path, 'utf8'), text);
        assert.deepEqual(readdirSync(folder), ['config.json']);
      });
    }

    it('says in which line the JSON breaks off, and which field is not as it should be', async () => {
      const store = storeIn(privateFolder());
      writeFileSync(store.path, '{\n  "profiles": [],\n  oops\n}\n', { mode: 0o600 });
      assert.match((await failure(() => store.list())).message, /line 3/);
      writeFileSync(store.path, inList({ ...good, tenant_id: 5 }), { mode: 0o600 });
      assert.match((await failure(() => store.list())).message, /profiles\.0\.tenant_id/);
    });
  });
});
