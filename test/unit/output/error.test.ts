import assert from 'node:assert/strict';
import { ApiError, Interrupted, LdctlError, UsageError } from '../../../src/base/errors.js';
import { printError } from '../../../src/output/error.js';
import { FORMAT_NAMES, type FormatName } from '../../../src/output/formats.js';
import { memoryOutput, type MemoryOutput } from '../../helpers/memory-output.js';
import { options } from './support/samples.js';

const denied = new ApiError(
  'the API refused: permission deployment:manage is missing',
  { status: 403, code: 'permission_denied', reason: 'missing' },
  { requestId: '4bf92f3577b34da6a3ce929d0e0e4736', hint: 'Ask for a key with deployment:manage.' },
);

async function print(error: unknown, format: FormatName = 'table', output = memoryOutput()): Promise<MemoryOutput> {
  await printError(output, error, options({ format }));
  return output;
}

describe('an error on stderr', () => {
  const cases: Array<[what: string, error: unknown, lines: string[]]> = [
    [
      'says what happened, what to do next, and last the code and the request',
      denied,
      [
        'error: the API refused: permission deployment:manage is missing',
        'hint: Ask for a key with deployment:manage.',
        'code permission_denied, request 4bf92f3577b34da6a3ce929d0e0e4736',
      ],
    ],
    ['does without a hint', new Interrupted('SIGINT'), ['error: interrupted by SIGINT', 'code interrupted']],
    [
      'lets no line of a message pass for another error, and no control character through',
      new UsageError('bad\nerror: worse\u001B[2J\u009B2J', { hint: 'one\r\ntwo' }),
      ['error: bad', '  error: worse [2J 2J', 'hint: one', '  two', 'code usage'],
    ],
    ['is a fault where it was not foreseen', 'thrown text', ['error: thrown text', 'code internal']],
  ];
  for (const [what, error, lines] of cases) {
    it(what, async () => assert.deepEqual((await print(error)).stderr.lines, lines));
  }

  it('is coloured at a terminal', async () => {
    const { stderr } = await print(denied, 'table', memoryOutput({ isTTY: true }));
    assert.ok(stderr.lines[0]?.startsWith('\u001B[31merror:\u001B[39m the API refused'));
    assert.equal(stderr.lines[1], '\u001B[1mhint:\u001B[22m Ask for a key with deployment:manage.');
    assert.ok(stderr.lines[2]?.startsWith('\u001B[2mcode permission_denied, request'));
  });

  it('is written whatever the format', async () => {
    for (const format of FORMAT_NAMES)
      assert.match((await print(denied, format)).stderr.text, /^error: the API refused/);
  });
});

describe('an error on stdout', () => {
  const document = {
    error: {
      code: 'permission_denied',
      message: 'the API refused: permission deployment:manage is missing',
      exit_code: 4,
      request_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      hint: 'Ask for a key with deployment:manage.',
    },
  };

  it('is a document in JSON, its keys in order', async () => {
    assert.equal((await print(denied, 'json')).stdout.text, `${JSON.stringify(document, null, 2)}\n`);
  });

  it('is a line in NDJSON', async () => {
    assert.equal((await print(denied, 'ndjson')).stdout.text, `${JSON.stringify(document)}\n`);
  });

  it('is a document in YAML, with null for what is not there', async () => {
    const error = new UsageError('no node is named', { code: 'invalid_id' });
    assert.equal(
      (await print(error, 'yaml')).stdout.text,
      'error:\n  code: invalid_id\n  message: no node is named\n  exit_code: 2\n  request_id: null\n  hint: null\n',
    );
  });

  it('is nothing in a table and in CSV', async () => {
    assert.deepEqual([(await print(denied, 'table')).stdout.text, (await print(denied, 'csv')).stdout.text], ['', '']);
  });

  it('is nothing where stdout has all it will get', async () => {
    const output = memoryOutput();
    output.settled = true;
    assert.equal((await print(denied, 'json', output)).stdout.text, '');
    assert.match(output.stderr.text, /^error: the API refused/);
  });

  it('is told once', async () => {
    const output = await print(denied, 'json');
    const once = output.stdout.text;
    assert.equal((await print(denied, 'json', output)).stdout.text, once);
  });

  it('that nobody foresaw is a fault', async () => {
    const { error } = JSON.parse((await print(new TypeError('x is undefined'), 'json')).stdout.text) as typeof document;
    assert.deepEqual([error.code, error.exit_code, error.message], ['internal', 1, 'x is undefined']);
  });

  it('carries the exit code of its kind', async () => {
    const { error } = JSON.parse(
      (await print(new LdctlError('halted', 'gate_failed', 'x'), 'json')).stdout.text,
    ) as typeof document;
    assert.equal(error.exit_code, 9);
  });
});
