import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { parseJson, stringifyJson } from '../../../src/base/json.js';
import { ApiKey } from '../../../src/base/secret.js';

/** Texts that look like numbers or structure, to confuse a reader. */
const PIECES = [
  '1',
  '-12.5e+3',
  ':',
  ',',
  '[',
  ']',
  '{',
  '}',
  ' ',
  '"',
  '\\',
  '\n',
  '\u2028',
  'reconfigure:42',
  '💥',
];
const trickyText = fc.array(fc.constantFrom(...PIECES)).map((pieces) => pieces.join(''));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    trickyText,
    fc.string({ unit: 'binary' }),
    fc.bigInt({ min: -(2n ** 128n), max: 2n ** 128n }),
    fc
      .constantFrom('0.1', '-0.0', '1e400', '12345678901234567890.25', '1E-7')
      .map((text) => new LosslessNumber(text)),
    fc.constantFrom(true, false, null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(trickyText, fc.constantFrom('__proto__', '7', '01', '')), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
}));

describe('exact JSON', () => {
  it('is read as it was written, with an indent or without', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (any, indent) => {
        assert.deepStrictEqual(parseJson(stringifyJson(any, { indent })), any);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every digit of an integer, wherever it stands', () => {
    assert.deepEqual(
      parseJson('{"id":18446744073709551615,"in":[610809900976570889 , -1,0],"n":{"x":1.50}}'),
      {
        id: 18446744073709551615n,
        in: [610809900976570889n, -1n, 0n],
        n: { x: new LosslessNumber('1.50') },
      },
    );
    assert.equal(parseJson(' 610809900976570889\n'), 610809900976570889n);
  });

  it('refuses what is nested deeper than 1,000, and nothing that is only long', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    assert.throws(() => parseJson(nested(1001)), /^SyntaxError: nested too deep$/);
    assert.ok(Array.isArray(parseJson(nested(1000))));
    assert.deepEqual(parseJson(`[${'{},'.repeat(2000)}[]]`), [...Array<object>(2000).fill({}), []]);
  });

  it('leaves an integer of more than 40 digits as text', () => {
    const digits = '7'.repeat(40);
    assert.deepEqual(parseJson(`[${digits}, ${digits}7]`), [BigInt(digits), `${digits}7`]);
  });

  it('takes the last of two fields with one name, which may be __proto__', () => {
    assert.deepEqual(parseJson('{"a":9007199254740993,"b":"","a":9007199254740992}'), {
      a: 9007199254740992n,
      b: '',
    });
    const read = parseJson('{"__proto__":{"id":1}}') as object;
    assert.deepEqual(Object.keys(read), ['__proto__']);
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
  });

  it('is nothing else', () => {
    const others = [
      '',
      '01',
      '[01]',
      '[1.]',
      '[.5]',
      '[+1]',
      '[1,]',
      '{"a":1',
      '[- 1]',
      '[--1]',
      '{"a":1}x',
      '[NaN]',
      "['1']",
      '{1:2}',
      '[1 2]',
      '["1"2]',
      '[1.2.3]',
      '"1',
    ];
    for (const text of [...others, '['.repeat(1_000_000), `"${'\\"'.repeat(1_000_000)}`]) {
      assert.throws(() => parseJson(text), SyntaxError, text.slice(0, 100));
    }
  });

  it('is what JSON.parse takes', () => {
    const takes = (read: (text: string) => unknown, text: string): boolean => {
      try {
        read(text);
        return true;
      } catch {
        return false;
      }
    };
    const anyText = fc.array(fc.constantFrom(...PIECES, '-', '0', '.5', '\\"', 'true'));
    fc.assert(
      fc.property(anyText, (pieces) => {
        const text = pieces.join('');
        assert.equal(takes(parseJson, text), takes(JSON.parse, text), text);
      }),
      { numRuns: 5000 },
    );
  });

  it('has ids as strings where that is asked for, wherever they stand, indented or not', () => {
    const list = {
      id: 18446744073709551615n,
      in: [1n, { deep: 2n }],
      load: new LosslessNumber('1.50'),
      is: { toJSON: () => ({ id: 3n }) },
    };
    const text =
      '{"id":"18446744073709551615","in":["1",{"deep":"2"}],"load":1.50,"is":{"id":"3"}}';
    assert.equal(stringifyJson(list, { stringIds: true }), text);
    assert.equal(stringifyJson(list, { stringIds: true, indent: 1 }).replaceAll(/\s/g, ''), text);
  });

  it('shows of a key its mask alone', () => {
    const key = new ApiKey('ld_pk_0123456789abcdef0123456789abcdef');
    assert.equal(stringifyJson([key, { key }]), '["ld_pk_…cdef",{"key":"ld_pk_…cdef"}]');
  });
});
