import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import { deployment, EVERY, ROLL, setUp, supervisor } from './bench.js';

beforeEach(() => setUp());

/** By any type, as a program without types may. */
function refused(call: () => unknown, pattern: RegExp): Promise<void> {
  return assert.rejects(
    () => Promise.resolve().then(call),
    (error) => {
      assert.ok(error instanceof LdctlError);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, pattern);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /Invalid|Expected|received|--[a-z]/);
      const meansAll = /^trigger: nodes: (a list|the list)/.test(error.message);
      assert.equal(/leave it out/.test(error.hint ?? ''), meansAll);
      assert.equal(supervisor.posts.length + supervisor.reads.length, 0);
      return true;
    },
  );
}

describe('what a program asks for wrongly', () => {
  const bad: ReadonlyArray<
    readonly [call: 'trigger' | 'roll' | 'wait', request: unknown, pattern: RegExp]
  > = [
    ['trigger', { ...EVERY, nodes: [] }, /trigger: nodes: the list is empty$/],
    ['trigger', { ...EVERY, nodes: undefined }, /trigger: nodes: a list of ids/],
    ['trigger', { ...EVERY, nodes: null }, /trigger: nodes: a list of ids/],
    ['trigger', { ...EVERY, nodes: new Array(2) }, /trigger: nodes: an id is a bigint/],
    ['trigger', { ...EVERY, node: [1n] }, /trigger: node: there is no such field$/],
    [
      'trigger',
      { ...EVERY, nodes: [Number(610809900976570889n)] },
      /trigger: nodes: an id is a bigint/,
    ],
    ['trigger', { ...EVERY, nodes: [-1n] }, /trigger: nodes: an id/],
    ['trigger', { ...EVERY, nodes: [2n ** 64n] }, /trigger: nodes: an id/],
    ['trigger', { runtime: 'iggy', nodes: [1n] }, /trigger: action: it is missing$/],
    ['trigger', { runtime: 'iggy', action: 'explode', nodes: [1n] }, /unknown action "explode"/],
    ['trigger', { runtime: 'kafka', action: 'restart', nodes: [1n] }, /unknown runtime "kafka"/],
    ['trigger', { ...EVERY, expectNodes: 0 }, /trigger: expectNodes: give a whole number/],
    ['trigger', { ...EVERY, expectNodes: 100_001 }, /trigger: expectNodes: give a whole number/],
    ['trigger', { ...EVERY, idempotencyKey: '' }, /idempotencyKey: it is empty/],
    ['roll', { ...EVERY, nodes: [1n], idempotencyKey: '-' }, /idempotencyKey: "-" has no letter/],
    ['trigger', { ...EVERY, wait: 'no' }, /trigger: wait: true or false was expected/],
    ['trigger', { runtime: 7, action: 'stop' }, /trigger: runtime: text was expected/],
    ['trigger', { ...EVERY, action: 'reconfigure' }, /reconfigure needs the id of a config/],
    ['trigger', { ...EVERY, timeoutMs: -1 }, /trigger: timeoutMs: milliseconds/],
    ['trigger', { ...EVERY, timeoutMs: NaN }, /trigger: timeoutMs: milliseconds/],
    ['trigger', { ...EVERY, timeoutMs: '10m' }, /trigger: timeoutMs: milliseconds/],
    ['trigger', { ...EVERY, ifBusy: 'join' }, /trigger: ifBusy: ignore, wait or fail was expected/],
    ['trigger', undefined, /trigger: an object was expected/],
    ['roll', { ...EVERY, nodes: [] }, /roll: nodes: the list is empty/],
    ['roll', EVERY, /roll: nodes: it is missing/],
    ['roll', { ...ROLL, gate: 'curl' }, /roll: gate: a function was expected/],
    ...[0, 1.5, '0%', '101%', 'many'].map((maxUnavailable) => {
      return ['roll', { ...ROLL, maxUnavailable }, /roll: maxUnavailable: /] as const;
    }),
    ['wait', {}, /wait: .*it is missing/],
    ['wait', { ids: [] }, /wait: ids: the list is empty/],
    ['wait', { ids: ['7'] }, /wait: ids: an id is a bigint/],
    ['wait', { ids: [7n], after: 3n }, /wait: after: there is no such field/],
    ['wait', { after: 3n, runtime: 'iggy' }, /wait: action: it is missing/],
    ['wait', null, /wait: an object was expected/],
  ];
  for (const [call, request, pattern] of bad) {
    it(`is refused, and nothing is sent or read: ${pattern.source}`, () =>
      refused(() => deployment[call](request as never), pattern));
  }

  const odd = [
    { limit: -1 },
    { limit: 1.5 },
    { since: 'yesterday' },
    { since: new Date(NaN) },
    { status: 'done' },
    { status: [], x: 1 },
    { runtime: 'kafka' },
    { action: 'explode' },
    { nodes: [1] },
    { nodes: [] },
    { after: 7 },
  ];
  it('is refused by what reads the log, before it is read', async () => {
    for (const request of odd) {
      await refused(() => deployment.activities(request as never).next(), /^activities: /);
    }
    for (const request of [{ since: new Date() }, { after: '7' }]) {
      await refused(() => deployment.follow(request as never).next(), /^follow: /);
    }
    await refused(() => deployment.nodes({ node: 2n } as never), /nodes: node: there is no such/);
  });
});
