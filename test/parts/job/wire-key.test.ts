import assert from 'node:assert/strict';
import { checkIdempotencyKey, wireKey } from '../../../src/job/wire-key.js';
import { DEPLOYMENT } from '../../helpers/virtual-server.js';

const TRIGGER = {
  deploymentId: DEPLOYMENT,
  runtime: 'iggy',
  action: 'restart',
  nodes: [1n, 2n],
} as const;

describe('an idempotency key', () => {
  const LONGEST = 'k'.repeat(200);
  for (const [key, why] of [
    ['deploy 42', null],
    ['k', null],
    [LONGEST, null],
    ['', 'it is empty'],
    [`${LONGEST}k`, 'it has more than 200 characters'],
    ['caf\ufffd', 'it is not text in UTF-8'],
    ['7', null],
    ['\u00e9', null],
    ['-', '"-" has no letter and no digit'],
    [' \u2013/', '" \u2013/" has no letter and no digit'],
  ] as const) {
    it(`${JSON.stringify(key.slice(0, 9))} of ${key.length}: ${why ?? 'is taken'}`, () => {
      const check = (): string => checkIdempotencyKey(key, '--idempotency-key');
      if (why === null) assert.equal(check(), key);
      else assert.throws(check, { message: `--idempotency-key: ${why}`, exitCode: 2 });
    });
  }

  it('stands on the wire as it is, with what makes two triggers the same one', () => {
    assert.match(wireKey('deploy-42', TRIGGER), /^deploy-42\.[0-9a-f]{32}$/);
    assert.equal(wireKey('k', { ...TRIGGER, nodes: [2n, 1n] }), wireKey('k', TRIGGER));
    const others = [
      { nodes: [1n] },
      { nodes: null },
      { action: 'stop' },
      { runtime: 'connectors' },
    ];
    const keys = others.map((other) => wireKey('k', { ...TRIGGER, ...other } as typeof TRIGGER));
    assert.equal(new Set([...keys, wireKey('k', TRIGGER)]).size, 5);
  });

  it('goes by its digest where it is not visible ASCII, or looks like such a digest', () => {
    for (const key of ['caf\u00e9', 'a b', '~k']) {
      assert.match(wireKey(key, TRIGGER), /^~[\w-]{43}\.[0-9a-f]{32}$/);
    }
  });
});
