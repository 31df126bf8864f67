import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { checkIdempotencyKey, wireKey, type TriggerIdentity } from '../../../src/activities/wire-key.js';
import { formatAction, type Action } from '../../../src/base/activity.js';
import { UsageError } from '../../../src/base/errors.js';
import { MAX_ID, sortedUnique } from '../../../src/base/ids.js';

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
const key = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 200,
});

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

const example: TriggerIdentity = { deploymentId: 7n, runtime: 'iggy', action: { verb: 'restart' }, nodes: [2n, 1n] };

describe('wireKey', () => {
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
        assert.equal(
          wireKey('key', one) === wireKey('key', other),
          same,
          `${formatAction(one.action)} ${formatAction(other.action)}`,
        );
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

describe('a key on the wire', () => {
  /** What comes before the digest of the trigger. */
  const sent = (text: string): string => wireKey(text, { ...example, nodes: null }).slice(0, -33);

  for (const text of ['x', 'job-17', '}~', 'a~', '!', 'x'.repeat(200)]) {
    it(`is ${text.slice(0, 10)} as it is`, () => assert.equal(sent(text), text));
  }

  for (const [text, digest] of [
    // printf %s 'build and test' | openssl dgst -sha256 -binary | basenc --base64url
    ['build and test', '~v1keiVS_U_czx9mq9gl7M98WK_1c7d7p4oRheSrRDs0'],
    ['ключ', '~HeNqMq95jaDBrJKXYDoyDtj-VnzyHJF3ESpM6RTruL4'],
    ['~', '~es5DHLYVhMubjcfsCM84rAotZJZgvobTSftDEItUL6Q'],
    ['a\nb', '~fhj3NzEbLcOy8mndeDlrA1HxT7Zu-oefdoyyMYGIPHg'],
  ] as const) {
    it(`is the digest of ${JSON.stringify(text)}`, () => assert.equal(sent(text), digest));
  }

  it('is one of its own for each text, in whichever form it is written', () => {
    const texts = ['é', 'e\u0301', 'a b', 'a  b', ' a b', '~', '~~', sent('é'), sent('~')];
    assert.equal(new Set(texts.map(sent)).size, texts.length);
  });

  it('fits into a header, whatever the text', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
    fc.assert(fc.property(text, (any) => assert.match(wireKey(any, example), /^[\x21-\x7e]{34,255}$/)));
  });
});

describe('checkIdempotencyKey', () => {
  it('takes any text of 1 to 200 characters', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).filter((any) => !any.includes('\ufffd'));
    fc.assert(fc.property(text, (any) => assert.equal(checkIdempotencyKey(any), any)));
    for (const longest of ['x', 'я', '🦀'].map((one) => one.repeat(200))) checkIdempotencyKey(longest);
  });

  for (const [text, why] of [
    ['', /is empty/],
    ['x'.repeat(201), /has 201 characters/],
    ['🦀'.repeat(201), /has 201 characters/],
    ['cut \ud83e', /not text in UTF-8/],
    ['latin1 \ufffd', /not text in UTF-8/],
  ] as const) {
    it(`refuses ${JSON.stringify(text).slice(0, 20)}, and says why`, () =>
      assert.throws(
        () => checkIdempotencyKey(text),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.equal(error.code, 'invalid_idempotency_key');
          assert.match(error.message, /^--idempotency-key: /);
          assert.match(error.message, why);
          return true;
        },
      ));
  }
});
