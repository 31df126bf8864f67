import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Interrupted, UsageError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { parseApiKey } from '../../../src/config/api-key.js';
import { KeyringError, type KeyStore } from '../../../src/config/key-store.js';
import { fetchKeyFile, fetchProfileKey, type KeyTools } from '../../../src/config/keys.js';
import { type Profile } from '../../../src/config/profile.js';
import { failureOf } from '../../helpers/failure.js';
import { KEY, keyTools, OTHER_KEY, privateFolder, profileNamed, removeFolders, untouchedKeyring } from './fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

const isUsage =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof UsageError && error.code === code;

describe('reading an API key', () => {
  it('drops white space around it, and insists on no prefix', () => {
    assert.equal(parseApiKey(`  ${KEY}\r\n`, 'it').reveal(), KEY);
    assert.equal(parseApiKey('!~', 'it').reveal(), '!~');
  });

  for (const text of ['', ' \n']) {
    it(`refuses ${JSON.stringify(text)} as empty`, () => {
      assert.throws(() => parseApiKey(text, 'LD_API_KEY'), isUsage('empty_key'));
    });
  }

  for (const text of [
    `${KEY} ${KEY}`,
    `${KEY}\n${KEY}`,
    `${KEY}\t`.repeat(2),
    `${KEY}ü`,
    `${KEY}\u0000`,
    `${KEY}\u007f`,
  ]) {
    it(`refuses ${JSON.stringify(text)}, says where it came from, and never shows it`, () => {
      assert.throws(
        () => parseApiKey(text, 'LD_API_KEY'),
        (error: unknown) => {
          assert.ok(error instanceof UsageError);
          assert.equal(error.code, 'invalid_key');
          assert.match(error.message, /LD_API_KEY/);
          assert.doesNotMatch(`${error.stack ?? ''} ${error.hint ?? ''}`, /ld_pk_/);
          return true;
        },
      );
    });
  }
});

describe('the key of a profile', () => {
  it('in the config is the one that is stored', async () => {
    assert.equal((await fetchProfileKey(profileNamed('prod'), keyTools())).reveal(), KEY);
  });

  it('by a command is what the command prints', async () => {
    const command = [process.execPath, '-e', `console.log('${OTHER_KEY}')`];
    const profile = profileNamed('prod', { key: { store: 'command', command } });
    assert.equal((await fetchProfileKey(profile, keyTools())).reveal(), OTHER_KEY);
  });

  it('by a command that fails names the profile', async () => {
    const profile = profileNamed('prod', { key: { store: 'command', command: ['ldctl-no-such-program'] } });
    await assert.rejects(fetchProfileKey(profile, keyTools()), /profile prod/);
  });

  describe('in the keyring', () => {
    const profile = profileNamed('prod', { key: { store: 'keyring', account: 'prod.1a2b3c4d' } });
    const keyringThat = (get: KeyStore['get']): KeyTools => keyTools({ keyring: { ...untouchedKeyring, get } });

    it('is found by its account', async () => {
      const tools = keyringThat((account) =>
        Promise.resolve(account === 'prod.1a2b3c4d' ? new ApiKey(OTHER_KEY) : null),
      );
      assert.equal((await fetchProfileKey(profile, tools)).reveal(), OTHER_KEY);
    });

    it('that is gone is an error with a way on', async () => {
      const error = await failure(
        profile,
        keyringThat(() => Promise.resolve(null)),
      );
      assert.equal(error.code, 'key_missing');
      assert.match(error.hint ?? '', /ldctl profiles update prod/);
    });

    it('that cannot be used is an error that names the profile, with a way on', async () => {
      const fault = new KeyringError('keyring_unavailable', 'there is no keyring to be reached here');
      const error = await failure(
        profile,
        keyringThat(() => Promise.reject(fault)),
      );
      assert.equal(error.code, 'keyring_unavailable');
      assert.match(error.message, /profile prod/);
      assert.match(error.hint ?? '', /LD_API_KEY/);
    });

    it('hands on an interrupt', async () => {
      const reason = new Interrupted('SIGINT');
      await assert.rejects(
        fetchProfileKey(
          profile,
          keyringThat(() => Promise.reject(reason)),
        ),
        reason,
      );
    });
  });
});

const failure = (profile: Profile, tools: KeyTools): Promise<UsageError> =>
  failureOf(fetchProfileKey(profile, tools), UsageError);

describe('LD_API_KEY_FILE', () => {
  after(removeFolders);

  function keyFile(text: string, mode: number): string {
    const path = join(privateFolder(), 'key');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  for (const mode of [0o400, 0o444, 0o600, 0o644]) {
    itOnPosix(
      `is read trimmed, and without a word when its mode is 0${mode.toString(8)}`,
      'it keeps no modes',
      async () => {
        const { notify, notices } = keyTools();
        assert.equal((await fetchKeyFile(keyFile(`${KEY}\n`, mode), notify)).reveal(), KEY);
        assert.deepEqual(notices, []);
      },
    );
  }

  for (const mode of [0o620, 0o602, 0o666]) {
    itOnPosix(
      `is warned of, and read, when others can write it: 0${mode.toString(8)}`,
      'it keeps no modes',
      async () => {
        const { notify, notices } = keyTools();
        const path = keyFile(KEY, mode);
        assert.equal((await fetchKeyFile(path, notify)).reveal(), KEY);
        assert.equal(notices.length, 1);
        assert.ok(notices[0]?.includes(path));
      },
    );
  }

  it('is read as Windows PowerShell writes it, and with the lines of Windows', async () => {
    const { notify } = keyTools();
    const path = join(privateFolder(), 'key');
    for (const bytes of [Buffer.from(`\ufeff${KEY}\r\n`, 'utf16le'), Buffer.from(`\ufeff${KEY}\r\n`, 'utf8')]) {
      writeFileSync(path, bytes, { mode: 0o600 });
      assert.equal((await fetchKeyFile(path, notify)).reveal(), KEY);
    }
  });

  it('that is empty is an error', async () => {
    await assert.rejects(fetchKeyFile(keyFile(' \n', 0o600), keyTools().notify), isUsage('empty_key'));
  });

  it('that is missing, or a folder, is an error', async () => {
    const { notify } = keyTools();
    await assert.rejects(fetchKeyFile(join(privateFolder(), 'none'), notify), isUsage('key_file_unreadable'));
    await assert.rejects(fetchKeyFile(privateFolder(), notify), isUsage('key_file_unreadable'));
  });

  itOnPosix('that has no end is an error', 'it has no /dev/zero', async () => {
    const error: unknown = await fetchKeyFile('/dev/zero', keyTools().notify).catch((fault: unknown) => fault);
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /it holds more than 65536 bytes/);
  });

  itOnPosix('that is a pipe is read to its end, or to the signal', 'it has no FIFOs', async () => {
    const path = join(privateFolder(), 'key');
    execFileSync('mkfifo', ['-m', '600', path]);
    const reading = fetchKeyFile(path, keyTools().notify);
    const writer = await open(path, 'w');
    await writer.write(KEY.slice(0, 9));
    await nextTurn();
    await writer.write(KEY.slice(9));
    await writer.close();
    assert.equal((await reading).reveal(), KEY);

    const stop = new AbortController();
    const silent = fetchKeyFile(path, keyTools().notify, stop.signal);
    const reason = new Interrupted('SIGINT');
    stop.abort(reason);
    await assert.rejects(silent, reason);
    await assert.rejects(fetchKeyFile(path, keyTools().notify, stop.signal), reason);
  });

  it('that holds the key itself instead of a path does not show it', async () => {
    const error: unknown = await fetchKeyFile(KEY, keyTools().notify).catch((fault: unknown) => fault);
    assert.ok(error instanceof UsageError);
    assert.doesNotMatch(`${error.stack ?? ''} ${error.hint ?? ''}`, /ld_pk_/);
    assert.equal(error.cause, undefined);
    assert.match(error.hint ?? '', /LD_API_KEY is the variable for the key itself/);
  });
});
