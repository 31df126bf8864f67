import assert from 'node:assert/strict';
import { withScene } from '../helpers/scene.js';
import { turnstile } from '../helpers/side-by-side.js';

const TRIGGER = ['activities', 'trigger'];
const RESTART = [...TRIGGER, 'iggy', 'restart'];
const SECRET = 'ld_pk_0f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** What was typed, what the line about it has to say, and what the one on what to do next. */
const MISTAKES: ReadonlyArray<readonly [args: readonly string[], says: RegExp, next: RegExp]> = [
  [[...TRIGGER, 'iggy', 'explode'], /unknown action "explode"/, /one of: start, stop/],
  [[...TRIGGER, 'restart', 'iggy'], /unknown runtime "restart"/, /one of: iggy, connectors/],
  [[...TRIGGER, 'iggy', 'reconfigure', '--yes'], /reconfigure needs the id of a config/, /reconfigure:ID/],
  [[...TRIGGER, 'iggy', 'reconfigure', '42'], /unexpected argument: 42/, /reconfigure:ID/],
  [[...TRIGGER, 'iggy'], /missing ACTION \(/, /See ldctl activities trigger --help/],
  [TRIGGER, /missing RUNTIME and ACTION \(/, /See ldctl activities trigger --help/],
  [[...RESTART, '610809900976570889'], /unexpected argument: 6108/, /Nodes go with --node/],
  [[...RESTART, '--node', '12x'], /--node: "12x" is not an id/, /decimal digits/],
  [[...RESTART, '--node', '18446744073709551616'], /--node: 18446744073709551616 is out of range/, /largest id/],
  [[...RESTART, '--node', '', '--yes'], /--node names no node/, /leave --node out/],
  [[...RESTART, '--node', ',', '--yes'], /--node names no node/, /leave --node out/],
  [[...RESTART, '--node', '7', '--expect-nodes', '2'], /--expect-nodes does not go with --node/, /See ldctl/],
  [RESTART, /every node of .* nobody can be asked here/, /Add --yes.*or name nodes with --node/],
  [[...RESTART, '--yes', '--timeout', 'soon'], /--timeout: "soon" is not a duration/, /10m/],
  [[...RESTART, '--yes', '--explode'], /nonexistent flag: --explode/, /See ldctl activities trigger --help/],
  [[...RESTART, '--yes', '--nodes', '7'], /nonexistent flag: --nodes/, /Did you mean --node\?/],
  [[...RESTART, '--yes', '--pause', '5s'], /--pause goes with --rolling/, /See ldctl activities trigger --help/],
  [['activities', 'triger', 'iggy', 'restart'], /there is no command/, /Did you mean ldctl activities trigger\?/],
  [['activities', 'wait'], /nothing to wait for, and nothing is processing/, /Give ids of activities/],
  [['activities', 'wait', 'abc'], /"abc" is not an id/, /decimal digits/],
  [['activities', 'list', '--follow', '-o', 'json'], /--follow has no end, and json needs one/, /-o ndjson/],
  [['activities', 'list', '610809900976570889'], /activities list 6108/, /See ldctl/],
  [['activities', 'list', '--status', 'done'], /--status: there is no "done"/, /processing, completed, rejected/],
  [['activities', 'list', '--since', 'yesterday'], /"yesterday" is not a time/, /2h/],
  [['activities', 'list', '--columns', 'colour'], /there is no column "colour"/, /The columns are: id, /],
  [['activities', 'list', '-o', 'xml'], /--output=xml/, /See ldctl activities list --help/],
  [['activities', 'list', '--limit'], /--limit expects a value/, /See ldctl activities list --help/],
  [['frobnicate'], /there is no command frobnicate/, /See ldctl --help/],
  [['activities', 'frobnicate'], /there is no command activities frobnicate/, /See ldctl --help/],
  [['login'], /there is no command login/, /Did you mean ldctl profiles add\?/],
  [['config', 'get-contexts'], /there is no command config/, /Did you mean ldctl profiles list\?/],
  [['status'], /there is no command status/, /Did you mean ldctl activities list\?/],
  [['logs', '-f'], /there is no command logs/, /Did you mean ldctl activities list\?/],
  [['restart', 'iggy'], /there is no command restart/, /Did you mean ldctl activities trigger RUNTIME restart\?/],
  [['profile', 'rm', 'old'], /there is no command profile/, /Did you mean ldctl profiles remove\?/],
  [['-o', 'table'], /no command is given/, /See ldctl --help/],
  [['-v'], /-v stands before the command/, /Did you mean ldctl --version\?/],
  [['--node', '7', 'activities', 'list'], /--node stands before the command/, /ldctl help global-flags/],
  [['whoami', '--api-key', SECRET], /a key is never a flag/, /LD_API_KEY .*or keep it in a profile/],
  [['profiles', 'add', 'prod', SECRET], /looks like a key/, /A key is never an argument/],
  [['profiles', 'use'], /missing NAME/, /See ldctl profiles use --help/],
  [['sandbox', 'exec', 'ls'], /no command to run/, /two dashes: ldctl sandbox exec -- /],
];

const AN_ERROR_AND_A_HINT = /^error: [^\n]+ \([a-z_]+\)\nhint: ([^\n]+)\n$/;

describe('a mistake on the command line', function () {
  this.timeout(300_000);

  it(`ends with 2, a line about it, one on what to do, and nothing sent, for each of ${MISTAKES.length}`, () =>
    withScene({}, async (scene) => {
      const inTurn = turnstile(4);
      const failures = await Promise.allSettled(
        MISTAKES.map(([args, says, next]) =>
          inTurn(async () => {
            const { code, stdout, stderr } = await scene.ldctl(args);
            const what = `ldctl ${args.map((arg) => arg || "''").join(' ')} said:\n${stdout}${stderr}`;
            assert.equal(code, 2, what);
            const [, hint = assert.fail(what)] = AN_ERROR_AND_A_HINT.exec(stderr) ?? [];
            assert.match(stderr, says, what);
            assert.match(hint, next, what);
            assert.ok(!stderr.includes(SECRET), what);
            if (!args.includes('json')) assert.equal(stdout, '', what);
          }),
        ),
      );
      assert.deepEqual(
        failures.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : [])),
        [],
      );
      assert.deepEqual([scene.sandbox.record.posts, scene.sandbox.record.dispatches], [[], []]);
    }));
});
