import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { ApiKey } from '../../../src/base/secret.js';
import { loadFormat } from '../../../src/output/formats.js';
import { printList } from '../../../src/output/list.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { written } from '../output/support/samples.js';

const KEY = 'ld_pk_0123456789abcdef0123456789abcdef';
const MASK = 'ld_pk_…cdef';

describe('a key in a text', () => {
  it('is masked wherever it stands, also within a word, and after an escape or a colour', () => {
    const key = new ApiKey(KEY);
    for (const place of [
      '#',
      '"#"',
      '/#/',
      'Bearer #',
      '# and #',
      'x#0',
      String.raw`a\n#`,
      '\u001b[31m#',
    ]) {
      assert.equal(key.scrub(place.replaceAll('#', KEY)), place.replaceAll('#', MASK));
    }
    assert.equal(key.scrub(KEY.slice(1)), KEY.slice(1));
    assert.equal(key.scrub(KEY.toUpperCase()), MASK);
  });

  it('may hold characters that mean something to a pattern, or to a replacement', () => {
    const odd = 'a$&b^c.*d|e(f)g?h+i';
    assert.equal(new ApiKey(odd).scrub(`${odd} a$&b^c--d|e(f)g?h+i`), '… a$&b^c--d|e(f)g?h+i');
  });

  it('is not masked where it cannot be told from data, and in text only where it is short', () => {
    for (const [value, inData, inText] of [
      ['completed', false, false],
      ['a23456789012345', false, false],
      ['610809900976570889', false, true],
      ['1.5e1000000000000', false, true],
      ['"status":"completed"', false, true],
      ['reconfigure:610809900976570889', false, true],
      ['a234567890123456', true, true],
      [KEY, true, true],
    ] as const) {
      const key = new ApiKey(value);
      assert.equal(key.scrub(`x ${value} y`, 'data') !== `x ${value} y`, inData, value);
      assert.equal(key.scrub(`x ${value} y`) !== `x ${value} y`, inText, value);
      assert.equal(key.scrub(JSON.stringify(`x${value}`)).includes(value), !inText, value);
      assert.ok(key.isIn(`x${value}y`));
    }
  });
});

/** Pieces of a document as it is written, of which an unlucky key may be made. */
const PIECES = [
  '"',
  ',',
  ':',
  '{',
  '[',
  '610809900976570889',
  '"id":',
  'status',
  'completed',
  '-',
  'x',
  '\\',
  '0',
];
const unluckyKey = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(''));

describe('a key that occurs in the data', () => {
  for (const [format, read] of [
    ['json', (text: string) => JSON.parse(text) as unknown],
    ['yaml', (text: string) => parseYaml(text) as unknown],
  ] as const) {
    it(`breaks no ${format}, and changes no id`, async () => {
      await loadFormat(format);
      await fc.assert(
        fc.asyncProperty(unluckyKey, async (value) => {
          const key = new ApiKey(value);
          const output = written(memoryOutput(), { format });
          output.redact(key);
          const id = 610809900976570889n;
          const item = {
            id,
            status: 'completed',
            action: 'reconfigure:610809900976570889',
            note: value,
          };
          await printList(output, [{ entries: [item], total: 1 }], { noun: 'x', columns: [] });
          const { items } = read(output.stdout.text) as { items: unknown[] };
          assert.deepEqual(items, [{ ...item, id: String(id), note: key.scrub(value, 'data') }]);
        }),
        { numRuns: 300 },
      );
    });
  }
});
