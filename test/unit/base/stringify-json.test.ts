import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LosslessNumber, stringify } from 'lossless-json';
import { ApiKey } from '../../../src/base/secret.js';
import { stringifyJson } from '../../../src/base/stringify-json.js';

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u007f', '\u2028', '\ud800', 'é', '💥', 'a') }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.double(),
  fc.constantFrom(true, false, null, undefined, new LosslessNumber('1.50'), new LosslessNumber('1e400'), new Date(0)),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', '7', '"', 'id')), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
}));

describe('writing JSON', () => {
  it('gives, without an indent, what a library makes of it that takes its time', () => {
    fc.assert(
      fc.property(value, (any) => assert.equal(stringifyJson(any), stringify(any) ?? 'null')),
      { numRuns: 500 },
    );
  });

  it('writes ids as strings where that is asked for, wherever they stand, indented or not', () => {
    const list = {
      id: 18446744073709551615n,
      in: [1n, { deep: 2n }],
      load: new LosslessNumber('1.50'),
      is: { toJSON: () => ({ id: 3n }) },
    };
    const text = '{"id":"18446744073709551615","in":["1",{"deep":"2"}],"load":1.50,"is":{"id":"3"}}';
    assert.equal(stringifyJson(list, { stringIds: true }), text);
    assert.equal(stringifyJson(list, { stringIds: true, indent: 1 }).replaceAll(/\s/g, ''), text);
  });

  it('keeps the key out of it', () => {
    const key = 'ld_pk_0123456789abcdef0123456789abcdef';
    for (const any of [new ApiKey(key), { key: new ApiKey(key) }, [new ApiKey(key)]]) {
      assert.doesNotMatch(stringifyJson(any), /0123456789/);
    }
  });
});
