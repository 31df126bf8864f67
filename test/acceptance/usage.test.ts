import assert from 'node:assert/strict';
import { withScene } from '../helpers/scene.js';
import { turnstile } from '../helpers/side-by-side.js';

const TRIGGER = ['activities', 'trigger'];
const RESTART = [...TRIGGER, 'iggy', 'restart'];

/** What was typed, and what the one line about it has to say. */
const MISTAKES: ReadonlyArray<readonly [args: readonly string[], says: RegExp]> = [
  [[...TRIGGER, 'iggy', 'explode'], /unknown action "explode"/],
  [[...TRIGGER, 'iggy', 'reconfigure', '--yes'], /reconfigure needs the id of a config/],
  [[...TRIGGER, 'iggy'], /missing ACTION \(/],
  [TRIGGER, /missing RUNTIME and ACTION \(/],
  [[...RESTART, '--node', '12x'], /--node: "12x" is not an id/],
  [[...RESTART, '--node', '18446744073709551616'], /--node: 18446744073709551616 is out of range/],
  [[...RESTART, '--node', '', '--yes'], /--node names no node/],
  [[...RESTART, '--node', ',', '--yes'], /--node names no node/],
  [[...RESTART, '--node', '7', '--expect-nodes', '2'], /--expect-nodes does not go with --node/],
  [[...RESTART, '--yes', '--timeout', 'soon'], /--timeout: "soon" is not a duration/],
  [[...RESTART, '--yes', '--explode'], /nonexistent flag: --explode/],
  [[...RESTART, '--yes', '--nodes', '7'], /nonexistent flag: --nodes.*\n.*Did you mean --node\?/],
  [['frobnicate'], /there is no command frobnicate/],
  [['activities', 'frobnicate'], /there is no command activities frobnicate/],
  [['activities', 'triger', 'iggy', 'restart'], /there is no command.*\n.*Did you mean ldctl activities trigger\?/],
  [['activities', 'wait'], /nothing to wait for/],
  [['activities', 'list', '--follow', '-o', 'json'], /--follow has no end, and json needs one/],
];

const ONE_ERROR_MAYBE_A_HINT = /^error: [^\n]+ \([a-z_]+\)\n(hint: [^\n]+\n)?$/;

describe('a mistake on the command line', function () {
  this.timeout(300_000);

  it(`ends with 2, one line about it and nothing sent, for each of ${MISTAKES.length}`, () =>
    withScene({}, async (scene) => {
      const inTurn = turnstile(4);
      const failures = await Promise.allSettled(
        MISTAKES.map(([args, says]) =>
          inTurn(async () => {
            const { code, stdout, stderr } = await scene.ldctl(args);
            const what = `ldctl ${args.map((arg) => arg || "''").join(' ')} said:\n${stdout}${stderr}`;
            assert.equal(code, 2, what);
            assert.match(stderr, ONE_ERROR_MAYBE_A_HINT, what);
            assert.match(stderr, says, what);
            if (!args.includes('json')) assert.equal(stdout, '', what);
          }),
        ),
      );
      assert.deepEqual(
        failures.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : [])),
        [],
      );
      assert.deepEqual(scene.sandbox.record, { posts: [], dispatches: [], reads: 0 });
    }));
});
