import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isInteger, LosslessNumber, parse } from 'lossless-json';
import { NestedTooDeepError, parseJson } from '../../../src/base/parse-json.js';

/** Pieces that look like numbers or structure, of which strings are made that try to confuse the reader. */
const PIECES = ['1', '-12.5e+3', ':', ',', '[', ']', '{', '}', ' ', '"', '\\', '\n', '0', 'reconfigure:42', 'é', '💥'];
const trickyText = fc.array(fc.constantFrom(...PIECES)).map((pieces) => pieces.join(''));

/** A JSON text and what it holds. */
interface Sample {
  text: string;
  value: unknown;
}

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  trickyText.map((value) => ({ text: JSON.stringify(value), value })),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((value) => ({ text: String(value), value })),
  fc
    .constantFrom('0.1', '-0.0', '1e400', '12345678901234567890.25', '1E-7')
    .map((text) => ({ text, value: new LosslessNumber(text) })),
  fc.constantFrom(true, false, null).map((value) => ({ text: String(value), value })),
);
const space = fc.constantFrom('', ' ', '\n\t');

function arrayOf(items: readonly Sample[], gap: string): Sample {
  const inside = items.map(({ text }) => gap + text + gap).join(',');
  return { text: `[${inside || gap}]`, value: items.map(({ value }) => value) };
}

function objectOf(fields: ReadonlyArray<[string, Sample]>, gap: string): Sample {
  const inside = fields.map(([name, { text }]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${text}${gap}`).join(',');
  return { text: `{${inside || gap}}`, value: Object.fromEntries(fields.map(([name, { value }]) => [name, value])) };
}

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(fc.array(tie('sample'), { maxLength: 5 }), space).map(([items, gap]) => arrayOf(items, gap)),
    fc
      .tuple(fc.uniqueArray(fc.tuple(trickyText, tie('sample')), { maxLength: 5, selector: ([name]) => name }), space)
      .map(([fields, gap]) => objectOf(fields, gap)),
  ),
}));

describe('reading JSON', () => {
  it('gives back what was written, whatever the strings in it look like', () => {
    fc.assert(
      fc.property(sample, ({ text, value }) => {
        assert.deepStrictEqual(parseJson(text), value);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every digit of an integer, wherever it stands', () => {
    assert.deepEqual(parseJson('{"id":18446744073709551615,"in":[610809900976570889 , -1,0],"n":{"x":1}}'), {
      id: 18446744073709551615n,
      in: [610809900976570889n, -1n, 0n],
      n: { x: 1n },
    });
    assert.equal(parseJson(' 610809900976570889\n'), 610809900976570889n);
    assert.deepEqual(parseJson('1.50'), new LosslessNumber('1.50'));
  });

  it('leaves text alone that looks like a number, or ends like a string', () => {
    for (const value of ['a:1,b', '[1,2]', ':1]', '{"a":1}', '",1', '\\', '\\",1,', 'reconfigure:42', '12:00:00,']) {
      const text = JSON.stringify({ [value]: value, n: 1 });
      assert.deepEqual(parseJson(text), { [value]: value, n: 1n });
    }
  });

  it('takes the last of two fields with one name, whichever way it is read', () => {
    assert.deepEqual(parseJson('{"a":1,"a":2}'), { a: 2n });
    assert.deepEqual(parseJson('{"a":1,"a":2,"b":"x:1,"}'), { a: 2n, b: 'x:1,' });
    // Both numbers are the same once they are rounded.
    const text = '{"a":"","b":9007199254740993,"a":9007199254740992}';
    assert.deepEqual(parseJson(text), { a: 9007199254740992n, b: 9007199254740993n });
  });

  it('keeps the digits of each field whatever the names are: integers, or one of them twice', () => {
    const name = fc.constantFrom('a', 'b', '1', '0', '10', '-1', '01', '1.5', '');
    const neighbour = fc.bigInt({ min: 2n ** 64n - 8n, max: 2n ** 64n }).map(String);
    const fields = fc.array(fc.tuple(name, fc.oneof(neighbour, fc.constantFrom('"1"', 'null', '{"a":1}', '[2]'))));
    const textOf = (pairs: Array<[string, string]>) => `{${pairs.map(([key, text]) => `"${key}":${text}`).join()}}`;
    const exactly = (text: string): unknown =>
      parse(text, undefined, {
        parseNumber: (digits) => (isInteger(digits) ? BigInt(digits) : digits),
        onDuplicateKey: ({ newValue }) => newValue,
      });
    fc.assert(
      fc.property(fc.array(fields), (objects) => {
        const text = `[${objects.map(textOf).join()}]`;
        assert.deepEqual(parseJson(text), exactly(text));
      }),
      { numRuns: 500 },
    );
  });

  it('makes a field of __proto__, and nobody’s prototype', () => {
    const read = parseJson('{"__proto__":{"id":1}}') as object;
    assert.deepEqual(Object.keys(read), ['__proto__']);
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
  });

  describe('nested deep', () => {
    const nested = (depth: number, inside = '1'): string =>
      `${'[{"a":'.repeat(depth / 2)}${inside}${'}]'.repeat(depth / 2)}`;

    it('is read up to 100 levels, however many brackets stand beside or within texts', () => {
      const text = JSON.stringify({ ['[{'.repeat(200)]: '{['.repeat(200) });
      for (const sound of [nested(100), nested(98, text), `[${Array(300).fill('[],[1],{"a":1}').join()}]`]) {
        assert.doesNotThrow(() => parseJson(sound));
      }
    });

    it('is refused beyond, whether it ends or not, and however deep it is', () => {
      const deeper = [
        `[${nested(100)}]`,
        `{"a":${nested(100)}}`,
        nested(2000),
        nested(1_000_000),
        `{"b":1,"1":2,"c":${nested(2000)}}`,
      ];
      for (const text of deeper) {
        assert.throws(() => parseJson(text), NestedTooDeepError);
      }
      assert.throws(() => parseJson('['.repeat(1_000_000)), NestedTooDeepError);
    });
  });

  it('refuses what is not JSON', () => {
    for (const text of [
      '',
      '01',
      '[01]',
      '[1.]',
      '[.5]',
      '[+1]',
      '[1,]',
      '{"a":1',
      '[- 1]',
      '{"a":1}x',
      '[NaN]',
      "['1']",
    ]) {
      assert.throws(() => parseJson(text), SyntaxError, text);
    }
  });
});
