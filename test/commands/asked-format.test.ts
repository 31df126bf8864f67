import assert from 'node:assert/strict';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type FormatName } from '../../src/output/streams.js';
import { CommandBench } from '../helpers/command.js';
import { readAs } from '../helpers/readers.js';
import { type Words } from '../helpers/words.js';

/**
 * What makes each of these command lines wrong, so that an error is printed in the format that was
 * asked for.
 */
const WRONG = 'iggy explode';

/** What follows the wrong words, and the format it asks for by the rules of the parser. */
const ASKED: ReadonlyArray<readonly [words: Words, format: FormatName]> = [
  ['--json', 'json'],
  ['-o json', 'json'],
  ['-ojson', 'json'],
  ['-o=json', 'json'],
  ['--output json', 'json'],
  ['--output=json', 'json'],
  ['-qo json', 'json'],
  ['-qojson', 'json'],
  ['-qo=json', 'json'],
  ['-qo yaml', 'yaml'],
  ['-q -o ndjson', 'ndjson'],
  ['--nodes 7 -qo json', 'json'],
  ['--interval --json', 'json'],
  ['--json -o', 'json'],
  ['-o json --json --timeout', 'json'],
  // What is the value of a flag asks for nothing, whatever it looks like.
  ['--confirm --output=json', 'table'],
  [['--gate-cmd', 'report -o json'], 'table'],
  ['--idempotency-key json', 'table'],
  ['--idempotency-key -- -o json', 'json'],
  ['-- -o json', 'table'],
  ['-- --json', 'table'],
  ['-o xml', 'table'],
  ['-o', 'table'],
];

describe('an error is printed in the format that the parser finds asked for', () => {
  for (const [words, format] of ASKED) {
    it(`${String(words)}: ${format}`, async () => {
      const bench = new CommandBench();
      const { code, stdout, stderr } = await bench.run(ActivitiesTrigger, WRONG, words);
      bench.close();
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^error: /);
      if (format === 'table') {
        assert.equal(stdout, '');
        return;
      }
      const read = readAs(format, stdout);
      const [document] = (format === 'ndjson' ? read : [read]) as [
        { error: { exit_code: bigint } },
      ];
      assert.equal(document.error.exit_code, 2n);
    });
  }
});
