import assert from 'node:assert/strict';
import { withScene } from '../helpers/scene.js';
import { turnstile } from '../helpers/side-by-side.js';

const TRIGGER = ['activities', 'trigger'];
const RESTART = [...TRIGGER, 'iggy', 'restart'];
const SECRET = 'ld_pk_0f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** What was typed, what the line about it has to say, and what the one on what to do next. */
const MISTAKES: ReadonlyArray<readonly [args: readonly string[], says: RegExp, next: RegExp]> = [
  [[...TRIGGER, 'iggy', 'explode'], /unknown action "explode"/, /one of: start, stop/],
  [
    [...TRIGGER, 'restart', 'iggy'],
    /unknown runtime "restart"/,
    /^Did you mean ldctl activities trigger iggy restart\?/,
  ],
  [[...TRIGGER, 'igy', 'restart'], /unknown runtime "igy"/, /^Did you mean iggy\? .*one of: iggy, connectors/],
  [[...TRIGGER, 'iggy', 'reboot'], /unknown action "reboot"/, /^Did you mean restart\? .*one of: start, stop/],
  [[...TRIGGER, 'iggy', 'reconfigure', '--yes'], /reconfigure needs the id of a config/, /reconfigure:ID/],
  [[...TRIGGER, 'iggy', 'reconfigure', '42'], /unexpected argument: 42/, /reconfigure:ID/],
  [[...TRIGGER, 'iggy'], /missing ACTION \(start, stop, restart/, /For example: ldctl activities trigger iggy restart/],
  [
    TRIGGER,
    /missing RUNTIME \(iggy or connectors\) and ACTION \(start/,
    /For example: ldctl activities trigger iggy restart/,
  ],
  [[...RESTART, '610809900976570889'], /unexpected argument: 6108/, /Nodes go with --node/],
  [[...RESTART, '--node', '12x'], /--node: "12x" is not an id/, /decimal digits/],
  [[...RESTART, '--node', '18446744073709551616'], /--node: 18446744073709551616 is out of range/, /largest id/],
  [[...RESTART, '--node', '', '--yes'], /--node names no node/, /leave --node out/],
  [[...RESTART, '--node', ',', '--yes'], /--node names no node/, /leave --node out/],
  [[...RESTART, '--node', '7', '--expect-nodes', '2'], /--expect-nodes does not go with --node/, /See ldctl/],
  [RESTART, /every node of .* there is no one to ask/, /Add --yes.*or name nodes with --node/],
  [[...RESTART, '--yes', '--timeout', 'soon'], /--timeout: "soon" is not a duration/, /10m/],
  [[...RESTART, '--yes', '--explode'], /there is no flag --explode/, /See ldctl activities trigger --help/],
  [[...RESTART, '--yes', '--nodes', '7'], /there is no flag --nodes/, /Did you mean --node\?/],
  [[...RESTART, '--yes', '--pause', '5s'], /there is no flag --pause here/, /It goes with ldctl activities roll\./],
  [['activities', 'triger', 'iggy', 'restart'], /there is no command/, /Did you mean ldctl activities trigger\?/],
  [['activities', 'wait'], /nothing to wait for/, /Give ids of activities/],
  [['activities', 'wait', 'abc'], /"abc" is not an id/, /decimal digits/],
  [['activities', 'list', '--follow', '-o', 'json'], /--follow has no end, and json needs one/, /-o ndjson/],
  [['activities', 'list', '610809900976570889'], /unexpected argument: 6108/, /Nodes go with --node/],
  [['activities', 'list', '--status', 'done'], /--status: there is no "done"/, /processing, completed, rejected/],
  [['activities', 'list', '--since', 'yesterday'], /"yesterday" is not a time/, /2h/],
  [['activities', 'list', '--columns', 'colour'], /there is no column "colour"/, /The columns are: id, /],
  [['activities', 'list', '-o', 'xml'], /--output: "xml" is none of: table, json/, /See ldctl activities list --help/],
  [['activities', 'list', '--limit'], /--limit needs a value/, /See ldctl activities list --help/],
  [['frobnicate'], /there is no command frobnicate/, /See ldctl --help/],
  [['activities', 'frobnicate'], /there is no command activities frobnicate/, /See ldctl --help/],
  [['restart', 'iggy'], /there is no command restart/, /Did you mean ldctl activities trigger iggy restart\?/],
  [['profile', 'list'], /there is no command profile/, /Did you mean ldctl profiles list\?/],
  [['-o', 'table'], /no command is given/, /See ldctl --help/],
  [['-v'], /there is no flag -v/, /Did you mean ldctl --version\?/],
  [['--node', '7', 'profiles', 'list'], /there is no flag --node/, /See ldctl profiles list --help/],
  [['activities', '--bogus'], /there is no flag --bogus/, /See ldctl activities --help/],
  [['activities', '-o', 'table'], /activities has commands, and none is given/, /See ldctl activities --help/],
  [
    ['sandbox', 'exec', '--nodes', 'five', '--', 'true'],
    /--nodes: "five" is not a whole number/,
    /See ldctl sandbox exec/,
  ],
  [[...RESTART, '--yes=false'], /--yes takes no value/, /See ldctl/],
  [[...RESTART, '--yes', '--timeout', '1s', '--timeout', '2s'], /--timeout is given twice/, /See ldctl/],
  [['whoami', '--api-key', SECRET], /a key is never a flag/, /LD_API_KEY .*or keep it in a profile/],
  [['profiles', 'add', 'prod', SECRET], /looks like a key/, /A key is never an argument/],
  [['profiles', 'use'], /missing NAME/, /See ldctl profiles use --help/],
  [['sandbox', 'exec', 'ls'], /no command to run/, /two dashes: ldctl sandbox exec -- /],
];

const AN_ERROR_AND_A_HINT = /^error: [^\n]+\nhint: ([^\n]+)\ncode [a-z_]+\n$/;

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

  it('is none where a global flag stands between group and command: the trigger is carried out', () =>
    withScene({}, async (scene) => {
      const args = [
        'activities',
        '--deployment',
        String(scene.env.LD_DEPLOYMENT_ID),
        'trigger',
        'iggy',
        'restart',
        '--yes',
        '-o',
        'json',
      ];
      const { code, stdout, stderr } = await scene.ldctl(args, { LD_DEPLOYMENT_ID: undefined });
      assert.equal(code, 0, stderr);
      assert.equal((JSON.parse(stdout) as { outcome: string }).outcome, 'completed');
      assert.equal(scene.dispatched, 1);
    }));
});
