import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { checkIdempotencyKey, wireKey, type TriggerIdentity } from '../../../src/activities/wire-key.js';
import { formatAction, type Action } from '../../../src/core/activity.js';
import { UsageError } from '../../../src/core/errors.js';
import { MAX_ID, sortedUnique } from '../../../src/core/ids.js';

const id = fc.bigInt({ min: 0n, max: MAX_ID });
// Few values, so that two triggers are often nearly the same.
const fewIds = fc.constantFrom(1n, 2n, 11n, 12n, 112n, MAX_ID);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom<Action>({ verb: 'start' }, { verb: 'stop' }, { verb: 'restart' }),
  fewIds.map((configId): Action => ({ verb: 'reconfigure', configId })),
);
const trigger: fc.Arbitrary<TriggerIdentity> = fc.record({
  deploymentId: fewIds,
  runtime: fc.constantFrom('iggy', 'connectors'),
  action,
  nodes: fc.option(fc.uniqueArray(fewIds, { minLength: 1, maxLength: 4 })),
});
const key = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 200 });

/** Two triggers are the same when deployment, runtime, action and the set of nodes are. */
function describeTrigger({ deploymentId, runtime, action: { verb, configId }, nodes }: TriggerIdentity): string {
  return JSON.stringify([
    String(deploymentId),
    runtime,
    verb,
    String(configId),
    nodes && sortedUnique(nodes).map(String),
  ]);
}

describe('wireKey', () => {
  const example: TriggerIdentity = { deploymentId: 7n, runtime: 'iggy', action: { verb: 'restart' }, nodes: [2n, 1n] };

  it('is the key, a dot, and the first 32 hex digits of SHA-256', () => {
    assert.match(wireKey('job-17', example), /^job-17\.[0-9a-f]{32}$/);
    const digest = createHash('sha256').update('7\niggy\nrestart\n1,2').digest('hex');
    assert.equal(wireKey('job-17', example), `job-17.${digest.slice(0, 32)}`);
  });

  it('is the same in the next version for every node, too: a journal may hold it', () => {
    const digest = createHash('sha256').update('7\niggy\nrestart\nevery').digest('hex');
    assert.equal(wireKey('job-17', { ...example, nodes: null }), `job-17.${digest.slice(0, 32)}`);
  });

  it('is another one for every other trigger, and the same for the same', () => {
    fc.assert(
      fc.property(trigger, trigger, (one, other) => {
        const same = describeTrigger(one) === describeTrigger(other);
        assert.equal(wireKey('key', one) === wireKey('key', other), same, `${formatAction(one.action)} ${formatAction(other.action)}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on the order of the nodes, or on one that is named twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1 }), fc.integer(), (nodes, cut) => {
        const turned = [...nodes.slice(cut % nodes.length), ...nodes];
        assert.equal(wireKey('key', { ...example, nodes }), wireKey('key', { ...example, nodes: turned }));
      }),
    );
  });

  it('is another one for another key, and within the 255 characters of the header', () => {
    fc.assert(
      fc.property(key, key, trigger, (one, other, what) => {
        assert.ok(wireKey(one, what).length <= 255);
        assert.equal(wireKey(one, what) === wireKey(other, what), one === other);
      }),
    );
  });

  it('tells nodes that a JavaScript number would fold', () => {
    const of = (node: bigint): string => wireKey('key', { ...example, nodes: [node] });
    assert.notEqual(of(610809900976570889n), of(610809900976570900n));
  });
});

describe('checkIdempotencyKey', () => {
  it('takes 1 to 200 visible ASCII characters', () => {
    fc.assert(fc.property(key, (text) => assert.equal(checkIdempotencyKey(text), text)));
    assert.equal(checkIdempotencyKey('x'.repeat(200)).length, 200);
  });

  for (const text of ['', 'x'.repeat(201), 'a b', 'a\nb', 'ключ', 'tab\t', 'é']) {
    it(`refuses ${JSON.stringify(text).slice(0, 20)}, and says what it takes`, () =>
      assert.throws(
        () => checkIdempotencyKey(text),
        (error) =>
          error instanceof UsageError &&
          error.code === 'invalid_idempotency_key' &&
          /^--idempotency-key: .*1 to 200 visible ASCII/.test(`${error.message} ${error.hint ?? ''}`),
      ));
  }
});
