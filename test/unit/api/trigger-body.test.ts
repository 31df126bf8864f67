import assert from 'node:assert/strict';
import fc from 'fast-check';
import { triggerBody } from '../../../src/api/supervisor-api.js';
import { UsageError } from '../../../src/base/errors.js';
import { MAX_ID } from '../../../src/base/ids.js';

describe('the body of a trigger', () => {
  it('is {} for every node', () => assert.equal(triggerBody(null), '{}'));

  it('names each node once, ascending, digit for digit, without spaces', () => {
    assert.equal(
      triggerBody([18446744073709551615n, 610809900976570889n, 9n, 10n, 610809900976570889n]),
      '{"nodes":[9,10,610809900976570889,18446744073709551615]}',
    );
  });

  it('is the same for the same nodes in any order, and holds exactly these', () => {
    const ids = fc.uniqueArray(fc.bigInt({ min: 0n, max: MAX_ID }), { minLength: 1 });
    fc.assert(
      fc.property(ids, (nodes) => {
        const body = triggerBody(nodes);
        assert.equal(triggerBody([...nodes].reverse()), body);
        const digits = /^\{"nodes":\[([\d,]+)\]\}$/.exec(body)?.[1]?.split(',') ?? [];
        assert.deepEqual(new Set(digits), new Set(nodes.map(String)));
        assert.equal(digits.length, nodes.length);
      }),
    );
  });

  it('is never an empty list', () => assert.throws(() => triggerBody([]), UsageError));
});
