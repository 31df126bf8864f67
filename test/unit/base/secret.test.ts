import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { ApiKey } from '../../../src/base/secret.js';
import { type FormatName } from '../../../src/output/formats.js';
import { printList } from '../../../src/output/list.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { options } from '../output/support/samples.js';

const KEY = 'ld_pk_0123456789abcdef0123456789abcdef';
const MASK = 'ld_pk_…cdef';
const scrub = (text: string): string => new ApiKey(KEY).scrub(text);

describe('a key in a text', () => {
  it('is masked as a whole token, wherever it stands', () => {
    const places = [
      '#',
      ' # ',
      'key: #.',
      '"#"',
      '?key=#&x=1',
      '/#/',
      'Bearer #',
      '(#)',
      'a\n#\nb',
      '# and #',
      'key=#,',
      '…#…',
    ];
    for (const place of places) {
      assert.equal(scrub(place.replaceAll('#', KEY)), place.replaceAll('#', MASK));
    }
  });

  it('is masked behind an escape of JSON or YAML, and behind a colour', () => {
    for (const before of [
      String.raw`a\n`,
      String.raw`a\t`,
      String.raw`\u2028`,
      String.raw`\U000e0041`,
      '\u001b[31m',
      '\u001b[1m',
    ]) {
      assert.equal(scrub(before + KEY), before + MASK, JSON.stringify(before));
    }
  });

  it('is left alone as a part of another token', () => {
    for (const text of [`${KEY}0`, `x${KEY}`, `a-${KEY}`, `${KEY}_old`, KEY.slice(1), KEY.toUpperCase()])
      assert.equal(scrub(text), text);
  });

  it('is masked within another word where an error quotes it, but not where it may be a part of an id', () => {
    assert.equal(new ApiKey(KEY).maskEvery(`x${KEY}0`), `x${MASK}0`);
    assert.equal(new ApiKey('"a":"b","c":"d"}').maskEvery('x"a":"b","c":"d"}'), 'x…');
    for (const value of ['completed', '6108099009765708']) {
      assert.equal(new ApiKey(value).maskEvery(`${value} ${value}89`), `${value} ${value}89`);
    }
  });

  it('may hold characters that mean something to a pattern, or to a replacement', () => {
    const odd = 'a$&b^c.*d|e(f)g?h+i';
    assert.equal(new ApiKey(odd).scrub(`${odd} a$&b^c--d|e(f)g?h+i`), '… a$&b^c--d|e(f)g?h+i');
  });

  it('is not masked where it cannot be told from data', () => {
    for (const [value, isMasked] of [
      ['completed', false],
      ['a23456789012345', false],
      ['610809900976570889', false],
      ['1.5e1000000000000', false],
      ['"status":"completed"', false],
      ['reconfigure:610809900976570889', false],
      ['a234567890123456', true],
      [KEY, true],
    ] as const) {
      const key = new ApiKey(value);
      assert.equal(key.scrub(`x ${value} y`) !== `x ${value} y`, isMasked, value);
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
  '7261845022003200001',
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
  const READ: Partial<Record<FormatName, (text: string) => unknown>> = {
    json: (text) => JSON.parse(text) as unknown,
    yaml: (text) => parseYaml(text) as unknown,
  };
  for (const [format, read] of Object.entries(READ)) {
    it(`breaks no ${format}, and changes no id`, async () => {
      await fc.assert(
        fc.asyncProperty(unluckyKey, async (value) => {
          const key = new ApiKey(value);
          const output = memoryOutput();
          output.redact((text) => key.scrub(text));
          const item = {
            id: 610809900976570889n,
            node_id: 7261845022003200001n,
            status: 'completed',
            action: 'reconfigure:610809900976570889',
          };
          await printList(
            output,
            [[item, { ...item, note: value }]],
            { noun: 'x', columns: [] },
            options({ format: format as FormatName }),
          );
          assert.match(output.stdout.text, /\bid"?: ?"610809900976570889"[,\s]/);
          const { items } = read(output.stdout.text) as { items: Array<Record<string, unknown>> };
          assert.deepEqual(Object.keys(items[0] ?? {}), Object.keys(item));
          assert.deepEqual([items[0]?.status, items[0]?.action], [item.status, item.action]);
          assert.equal(items[1]?.note, key.scrub(value));
        }),
        { numRuns: 300 },
      );
    });
  }
});
