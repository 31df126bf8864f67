import assert from 'node:assert/strict';
import { ApiError, UsageError } from '../../../src/base/errors.js';
import { loadFormat } from '../../../src/output/formats.js';
import { printError } from '../../../src/output/list.js';
import { sentence } from '../../../src/output/sentence.js';
import { FORMAT_NAMES } from '../../../src/output/streams.js';
import { memoryOutput, type MemoryOutput } from '../../helpers/memory-output.js';
import { written } from './support/samples.js';

const denied = new ApiError(
  'the API refused: permission deployment:manage is missing',
  { status: 403, code: 'permission_denied', reason: 'missing' },
  { requestId: '4bf92f3577b34da6a3ce929d0e0e4736', hint: 'Ask for a key with deployment:manage.' },
);

before(() => Promise.all(FORMAT_NAMES.map(loadFormat)));

function print(error: unknown, output = memoryOutput()): MemoryOutput {
  printError(written(output), error);
  return output;
}

describe('an error on stderr', () => {
  const cases: Array<[what: string, error: unknown, lines: string[]]> = [
    [
      'lets no line of a message pass for another error, and no control character through',
      new UsageError('bad\nerror: worse\u001B[2J\u009B2J', { hint: 'one\r\ntwo' }),
      ['error: bad', '  error: worse [2J 2J', 'hint: one', '  two'],
    ],
    ['is a fault where it was not foreseen', 'thrown text', ['error: thrown text']],
  ];
  it("shows ldctl's own code with --debug", () => {
    const output = written(memoryOutput(), { debug: true });
    printError(output, new UsageError('bad'));
    assert.deepEqual(output.stderr.lines, ['error: bad', 'code usage']);
  });
  for (const [what, error, lines] of cases) {
    it(what, () => assert.deepEqual(print(error).stderr.lines, lines));
  }

  it('is coloured at a terminal, and breaks between words', () => {
    const { stderr } = print(denied, memoryOutput({ isTTY: true, columns: 40 }));
    assert.deepEqual(stderr.lines, [
      '\u001B[31merror:\u001B[39m the API refused: permission',
      '  deployment:manage is missing',
      '\u001B[1mhint:\u001B[22m Ask for a key with',
      '  deployment:manage.',
      '\u001B[2mcode permission_denied, request\u001B[22m',
      '\u001B[2m  4bf92f3577b34da6a3ce929d0e0e4736\u001B[22m',
    ]);
    const hint = 'hint: For example: ldctl activities list --node 7. See `ldctl help`.';
    const { stderr: narrow } = memoryOutput({ isTTY: true, columns: 34, colour: false });
    assert.equal(
      sentence(narrow, hint),
      'hint: For example:\n  ldctl activities list --node 7.\n  See `ldctl help`.\n',
    );
    assert.equal(
      sentence(memoryOutput().stderr, 'word '.repeat(30)),
      `${'word '.repeat(30).trimEnd()}\n`,
    );
  });
});
