import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Interrupted, UsageError } from '../../../src/base/errors.js';
import {
  fetchKeyFile,
  parseApiKey,
  runKeyCommand,
  type KeyTools,
} from '../../../src/config/keys.js';
import { failureOf, fails } from '../../helpers/failure.js';
import { describeOnPosix, itOnPosix } from '../../helpers/platform.js';
import { KEY, keyTools, privateFolder, removeFolders } from './fixtures.js';

const usage = (step: Promise<unknown>): Promise<UsageError> => failureOf(step, UsageError);
/** It shows neither the key nor anything of it. */
function assertMute(error: UsageError, ...texts: string[]): void {
  const said = `${error.message} ${error.hint ?? ''} ${error.stack ?? ''}`;
  for (const text of texts) assert.ok(!said.includes(text), said);
  assert.equal(error.cause, undefined);
}

describe('an API key', () => {
  it('is read without the white space around it, and by no prefix', () => {
    for (const text of [KEY, ` ${KEY}\r\n`, 'x', `\ufeff${KEY}`]) {
      assert.equal(parseApiKey(text, 'it').reveal(), text.trim());
    }
  });

  it('is not empty, and has neither a space nor a control character; it is not shown', async () => {
    for (const text of ['', ' \n', 'ld_pk_a b', 'ld_pk_a\nb', 'ld_pk_ä', 'ld_pk_\u0000']) {
      const error = await usage(Promise.resolve().then(() => parseApiKey(text, 'stdin')));
      assert.equal(error.code, 'invalid_key', JSON.stringify(text));
      assert.match(error.message, /^stdin: /);
      assertMute(error, 'ld_pk_');
    }
  });
});

describe('a file that a user names', () => {
  after(removeFolders);
  const keyFile = (text: string | Buffer): string => {
    const path = join(privateFolder(), 'key');
    writeFileSync(path, text);
    return path;
  };

  it('is read trimmed, as Windows PowerShell writes it, and with the lines of Windows', async () => {
    for (const text of [
      `${KEY}\n`,
      Buffer.from(`\ufeff${KEY}\r\n`, 'utf16le'),
      `\ufeff${KEY}\r\n`,
    ]) {
      assert.equal((await fetchKeyFile(keyFile(text))).reveal(), KEY);
    }
  });

  it('that is empty, missing, a folder, or the key itself is an error that shows no key', async () => {
    for (const [path, code] of [
      [keyFile(' \n'), 'invalid_key'],
      [join(privateFolder(), 'none'), 'file_unreadable'],
      [privateFolder(), 'file_unreadable'],
      [KEY, 'file_unreadable'],
    ] as const) {
      const error = await usage(fetchKeyFile(path));
      assert.equal(error.code, code);
      assertMute(error, KEY);
    }
  });

  it('that is missing is named, unless it may be a key', async () => {
    const path = join(privateFolder(), 'none');
    await fails(fetchKeyFile(path), { message: `LD_API_KEY_FILE: there is no file ${path}` });
    for (const key of [KEY, `/${KEY}`, 'aBc/dEf+9gHiJkLmNoPq']) {
      const mute = (await usage(fetchKeyFile(key))).message;
      assert.equal(mute, 'LD_API_KEY_FILE: there is no file', key);
    }
  });

  itOnPosix('that has no end is an error', 'it has no /dev/zero', async () => {
    assert.match((await usage(fetchKeyFile('/dev/zero'))).message, /it is too long/);
  });

  itOnPosix('that is a pipe is read to its end, or to the signal', 'it has no FIFOs', async () => {
    const path = join(privateFolder(), 'key');
    execFileSync('mkfifo', ['-m', '600', path]);
    const reading = fetchKeyFile(path);
    const writer = await open(path, 'w');
    await writer.write(KEY.slice(0, 9));
    await nextTurn();
    await writer.write(KEY.slice(9));
    await writer.close();
    assert.equal((await reading).reveal(), KEY);

    const stop = new AbortController();
    const silent = fetchKeyFile(path, stop.signal);
    const reason = new Interrupted('SIGINT');
    stop.abort(reason);
    await assert.rejects(silent, reason);
    await assert.rejects(fetchKeyFile(path, stop.signal), reason);
  });
});

describeOnPosix('a key command', 'its shell is another', function () {
  this.timeout(20_000);
  after(removeFolders);
  const run = (
    command: string,
    tools: Partial<KeyTools> = {},
    signal?: AbortSignal,
    limitMs?: number,
  ) => runKeyCommand(command, 'the key command', keyTools(tools), signal, limitMs);

  it('is run by the shell, and its trimmed output is the key', async () => {
    assert.equal((await run(`printf ' %s\\n' "$(echo ${KEY} | cat)"`)).reveal(), KEY);
  });

  it('is given the environment, but for the key, and no piped input', async () => {
    const env = { PATH: process.env['PATH'], LD_API_KEY: KEY, VAULT: 'x' };
    assert.equal((await run('cat; echo "$VAULT${LD_API_KEY:-none}"', { env })).reveal(), 'xnone');
  });

  for (const [what, command, message] of [
    ['fails', `echo ${KEY}; exit 3`, /^the key command ended with exit code 3$/],
    [
      'is not found',
      'ldctl-no-such-program --token s3cr3t',
      /^the key command ended with exit code 127$/,
    ],
    ['is killed', 'kill -TERM $$', /^the key command was ended by SIGTERM$/],
    ['prints nothing', 'true', /^the output of the key command: the API key is empty$/],
    [
      'prints more than a key',
      `echo ${KEY}; echo ${KEY}`,
      /^the output of the key command: not an API key$/,
    ],
  ] as const) {
    it(`that ${what} is an error, without its words or its output`, async () => {
      const error = await usage(run(command));
      assert.match(error.message, message);
      assertMute(error, KEY, 's3cr3t');
    });
  }

  it('that the system cannot start is an error, without its words', async () => {
    const error = await usage(run(`: ${'s3cr3t'.repeat(30_000)}`));
    assert.equal(error.message, 'the key command could not be run');
    assertMute(error, 's3cr3t');
  });

  it('is run where the working directory has been deleted', async () => {
    const before = process.cwd();
    const gone = privateFolder();
    process.chdir(gone);
    try {
      rmSync(gone, { recursive: true });
      assert.equal((await run(`echo ${KEY}`)).reveal(), KEY);
    } finally {
      process.chdir(before);
    }
  });

  it('is not waited for once it has printed too much', async () => {
    const error = await usage(run('head -c 70000 /dev/zero; exec sleep 60'));
    assert.match(error.message, /prints more than 64 kB/);
  });

  it('is given up after its time, though only what it started is left', async () => {
    const left = `spawn('sleep', ['2'], { detached: true, stdio: 'inherit' }).unref()`;
    const slow = `'${process.execPath}' -e "require('child_process').${left}"; echo ${KEY}`;
    assert.match((await usage(run(slow, {}, undefined, 900))).message, /did not end within 0.9 s/);
  });

  it('is given up after its time also at a terminal', async () => {
    const asking = run('exec sleep 5', { sharesTerminal: true }, undefined, 1);
    assert.match((await usage(asking)).message, /did not end within 0.001 s/);
  });

  it('is given up after its time, and at Ctrl-C, with its process group', async () => {
    const mark = join(privateFolder(), 'mark');
    const slow = `(sleep 2; touch '${mark}') & sleep 5; echo ${KEY}`;
    assert.match((await usage(run(slow, {}, undefined, 300))).message, /did not end within 0.3 s/);
    const reason = new Interrupted('SIGINT');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 100);
    await assert.rejects(run(slow, {}, stop.signal), reason);
    await assert.rejects(run('true', {}, stop.signal), reason);
    await sleep(2500);
    assert.equal(existsSync(mark), false);
  });
});
