import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { readKey } from '../../../../src/cli/profiles/key-input.js';
import { parseKeyOptions, type KeyOptions } from '../../../../src/cli/profiles/flags.js';
import { type Host } from '../../../../src/cli/host.js';
import { Interrupted } from '../../../../src/base/errors.js';
import { KEY } from '../../config/fixtures.js';

type KeyFlags = Parameters<typeof parseKeyOptions>[0];
const NONE: KeyFlags = { 'key-store': undefined, 'key-command': undefined, 'api-key-stdin': false };
const options = (flags: Partial<KeyFlags>): KeyOptions => parseKeyOptions({ ...NONE, ...flags }, 'linux');

describe('the flags that say how a key is given and kept', () => {
  it('a key command is where the key is kept', () => {
    assert.deepEqual(options({ 'key-command': "op read 'op://a b/key'" }), {
      store: 'command',
      command: ['op', 'read', 'op://a b/key'],
      fromStdin: false,
    });
  });

  it('a store alone says nothing about the key', () => {
    assert.deepEqual(options({ 'key-store': 'keyring' }), { store: 'keyring', fromStdin: false });
    assert.deepEqual(options({ 'key-store': 'file', 'api-key-stdin': true }), { store: 'file', fromStdin: true });
  });

  const conflicts: Array<[string, Partial<KeyFlags>]> = [
    ['a command store without a command', { 'key-store': 'command' }],
    ['a command and stdin', { 'key-command': 'op', 'api-key-stdin': true }],
    ['a command to be kept in a file', { 'key-command': 'op', 'key-store': 'file' }],
    ['a command to be kept in the keyring', { 'key-command': 'op', 'key-store': 'keyring' }],
  ];
  for (const [name, flags] of conflicts) {
    it(`refuses ${name}`, () => {
      assert.throws(() => options(flags), { code: 'conflicting_flags', exitCode: 2 });
    });
  }
});

describe('a key from stdin', () => {
  const hostWith = (stdin: PassThrough): Host => ({ stdin: stdin as unknown as NodeJS.ReadStream }) as Host;
  const never = new AbortController().signal;

  it('is read to the end, in whatever pieces it comes', async () => {
    const stdin = new PassThrough();
    const read = readKey(hostWith(stdin), never);
    stdin.write(KEY.slice(0, 9));
    stdin.end(`${KEY.slice(9)}\r\n`);
    assert.equal((await read).reveal(), KEY);
  });

  it('is not waited for any longer at Ctrl-C', async () => {
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    const read = readKey(hostWith(new PassThrough()), stop.signal);
    stop.abort(reason);
    await assert.rejects(read, reason);
  });

  it('is not a whole file', async () => {
    const stdin = new PassThrough().end('x'.repeat(70_000));
    await assert.rejects(readKey(hostWith(stdin), never), { code: 'invalid_key' });
  });
});
