import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Interrupted, type StopSignal } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { type Host } from '../../../src/cli/host.js';
import { readStdin, terminalPrompts } from '../../../src/cli/asking/prompts.js';
import { TypedTerminal } from '../../helpers/typed-terminal.js';

const never = new AbortController().signal;
const hostWith = (stdin: PassThrough): Host => ({ stdin }) as unknown as Host;

describe('piped stdin', () => {
  it('is read to its end, and not after a signal', async () => {
    assert.equal(await readStdin(hostWith(new PassThrough().end('x y')), never), 'x y');
    const stop = new AbortController();
    const reading = readStdin(hostWith(new PassThrough()), stop.signal);
    const reason = new Interrupted('SIGTERM');
    stop.abort(reason);
    await assert.rejects(reading, reason);
  });
});

const NO_OR_YES = [
  { value: 'no', name: 'no' },
  { value: 'yes', name: 'yes' },
];

describe('a question', () => {
  let terminal: TypedTerminal;
  beforeEach(() => (terminal = new TypedTerminal()));

  function ask(): Promise<string> {
    const prompts = terminalPrompts(terminal, never) ?? assert.fail('no one to ask');
    return prompts.choose('Sure?', NO_OR_YES);
  }

  it('is not answered by what was typed before, in however many parts that comes', async () => {
    for (const round of ['the first', 'the second']) {
      const answer = ask();
      for (let part = 0; part < 40; part += 1) {
        await terminal.type('y', '\r');
        await terminal.clock.advance(20);
      }
      assert.deepEqual(await terminal.lines(), round === 'the first' ? [] : ['? Sure? no']);
      // The second is what Windows shows.
      await terminal.shows(/^[❯>] no$/m);
      // What comes with the answer is none of the next question.
      await terminal.type('\ry\r');
      assert.equal(await answer, 'no', round);
    }
  });

  it('shows no key, even if the server repeats it', async () => {
    const key = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
    terminal.output.redact(new ApiKey(key));
    const prompts = terminalPrompts(terminal, never) ?? assert.fail('no one to ask');
    const row = { node: 7n, label: '7', state: `running, ${key}`, words: [] };
    for (const asked of [
      () => prompts.choose(`Node 7 is busy with ${key}.`, [{ value: 1, name: `some ${key}` }]),
      () => prompts.nodes('On which?', [row]),
    ]) {
      const answer = assert.rejects(asked(), Interrupted);
      const lines = await terminal.shows(/ld_pk_/);
      assert.doesNotMatch(lines.join(''), /4f9a8b7c/);
      await terminal.type('\u0003');
      await terminal.clock.run(answer);
    }
  });

  for (const [what, play, signal] of [
    ['Ctrl-C, while it is not there yet', () => terminal.type('\u0003'), 'SIGINT'],
    ['Ctrl-C', () => terminal.shows(/Sure/).then(() => terminal.type('\u0003')), 'SIGINT'],
    [
      'the end of its terminal',
      () => terminal.shows(/Sure/).then(() => terminal.hangUp('end')),
      'SIGHUP',
    ],
    [
      'a terminal that fails',
      () => terminal.shows(/Sure/).then(() => terminal.hangUp('error')),
      'SIGHUP',
    ],
  ] as Array<[string, () => Promise<void>, StopSignal]>) {
    it(`ends by ${what}`, async () => {
      const answer = ask();
      const rejected = assert.rejects(answer, new Interrupted(signal));
      await play();
      await terminal.clock.run(rejected);
    });
  }
});

describe('what is typed', () => {
  let terminal: TypedTerminal;
  beforeEach(() => (terminal = new TypedTerminal()));
  const prompts = (): NonNullable<ReturnType<typeof terminalPrompts>> =>
    terminalPrompts(terminal, never) ?? assert.fail('no one to ask');

  it('as a number marks no line of a list, and an arrow with Ctrl still moves', async () => {
    const answer = prompts().choose('Sure?', NO_OR_YES);
    await terminal.shows(/❯ no$/m);
    await terminal.type('2');
    assert.match((await terminal.lines()).join('\n'), /❯ no$/m);
    await terminal.type('\u001b[1;5B');
    await terminal.shows(/❯ yes$/m);
    await terminal.type('\r');
    assert.equal(await answer, 'yes');
  });

  it('as a secret is forgotten once it is refused, since no one sees what is left of it', async () => {
    const is = (typed: string): true | string => typed === 'ld_pk_right' || 'not that one';
    const answer = prompts().secret('API key:', is);
    await terminal.shows(/API key/);
    await terminal.type('ld_pk_wrong\r');
    await terminal.shows(/not that one/);
    await terminal.type('ld_pk_right', '\r');
    assert.equal(await answer, 'ld_pk_right');
  });
});
