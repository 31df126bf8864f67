import assert from 'node:assert/strict';
import { story, turnstile, wordsOf, type Words } from '../helpers/scene.js';

const RESTART = 'activities trigger iggy restart';
const SECRET = 'ld_pk_0f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** What was typed, what the line about it has to say, and what the one on what to do next. */
const MISTAKES: ReadonlyArray<readonly [args: Words, says: RegExp, next: RegExp]> = [
  ['activities trigger iggy explode', /unknown action "explode"/, /one of: start, stop/],
  ['activities trigger igy restart', /unknown runtime "igy"/, /^A runtime is one of: iggy, conn/],
  [
    'activities trigger iggy reconfigure --yes',
    /reconfigure needs the id of a config/,
    /reconfigure:ID/,
  ],
  ['activities trigger iggy reconfigure 42', /unexpected argument: 42/, /reconfigure:ID/],
  [`${RESTART} now`, /unexpected argument: now/, /^See ldctl activities trigger --help$/],
  [`${RESTART} --timeout 1m --timeout 2m`, /flag --timeout can only be specified once/, /^See/],
  ['activities list -o json -o csv', /flag --output can only be specified once/, /^See/],
  ['activities list -o xml', /expected --output=xml to be one of: table, json, /, /^See/],
  ['activities list --limit', /flag --limit expects a value/, /^See/],
  ['activities list -o', /flag --output expects one of these values: table, json, /, /^See/],
  ['activities list 610809900976570889', /unexpected argument: 6/, /^Nodes go with --node ID, /],
  ['version now', /unexpected argument: now/, /^See ldctl version --help$/],
  ['completion tcsh', /expected tcsh to be one of: bash, zsh, /, /^See/],
  [
    'activities trigger iggy',
    /missing ACTION \(start, stop, restart/,
    /See ldctl activities trigger --help/,
  ],
  [
    'activities trigger',
    /missing RUNTIME \(iggy or connectors\) and ACTION \(start/,
    /See ldctl activities trigger --help/,
  ],
  [`${RESTART} --node 12x`, /--node: "12x" is not an id/, /decimal digits/],
  [
    `${RESTART} --node 18446744073709551616`,
    /--node: "18446744073709551616" is not an id/,
    /at most 18446744073709551615/,
  ],
  [[...wordsOf(RESTART), '--node', '', '--yes'], /--node is empty/, /variable unset/],
  [
    `${RESTART} --node 7 --expect-nodes 2`,
    /--expect-nodes cannot be used with --node/,
    /See ldctl/,
  ],
  [
    RESTART,
    /every node of .* cannot ask without a terminal/,
    /Add --yes.*or name nodes with --node/,
  ],
  [`${RESTART} --yes --timeout soon`, /--timeout: "soon" is not a duration/, /10m/],
  [`${RESTART} --yes --nodes 7`, /there is no flag --nodes/, /Did you mean --node\?/],
  [
    'activities trigger iggy,connectors restart',
    /one runtime at a time/,
    /one of: iggy, connectors/,
  ],
  [[...wordsOf(RESTART), '--node', '1 2'], /several ids in one value/, /with commas/],
  [[...wordsOf(RESTART), '--node', 'broker-1 b-2'], /several ids in one value/, /with commas/],
  [`${RESTART} --nodes-from nope`, /--nodes-from: there is no file nope$/m, /Check the path/],
  [['activities', 'wait', ''], /activity is empty/, /variable unset/],
  ['activities list --since 1d --until 2d', /--until is before --since/, /is the longer one/],
  ['activities wait', /nothing to wait for/, /Give ids of activities/],
  ['activities list --follow -o json', /--follow never ends, so it cannot print json/, /-o ndjson/],
  [
    'activities list --status done',
    /--status: unknown status "done"/,
    /processing, completed, rejected/,
  ],
  ['activities list --since yesterday', /"yesterday" is not a time/, /2h/],
  ['activities list --columns colour', /there is no column "colour"/, /The columns are: id, /],
  [
    'activities stats --columns colour',
    /there is no column "colour"/,
    /The columns are: runtime, /,
  ],
  ['deployments list --columns colour', /there is no column "colour"/, /The columns are: division/],
  ['trigger restart igy', /there is no command trigger/, /Did you mean ldctl activities trigger\?/],
  [
    `whoami --api-key ${SECRET}`,
    /a key does not belong on the command line/,
    /LD_API_KEY .*or keep it in a profile/,
  ],
  ...[
    `activities show ${SECRET.replace('_pk_', '_sk_')}`,
    `activities show -- ${SECRET}`,
    `activities list -o ${SECRET}`,
    SECRET,
    `LD_API_KEY=${SECRET} activities list`,
    `ld-api-key:${SECRET}`,
    `activities list --profile "${SECRET}"`,
    `${RESTART} --nodes-from ./${SECRET}`,
  ].map(
    (typed) =>
      [
        typed,
        /a key does not belong on the command line/,
        /Other users can read it there/,
      ] as const,
  ),
  ['sandbox exec --', /give the command after two dashes|no command is given/, /sandbox exec -- /],
  ['sandbox exec', /give the command after two dashes/, /Write: ldctl sandbox exec -- CMD/],
  ['sandbox exec ls', /give the command after two dashes/, /Write: ldctl sandbox exec -- ls$/],
];

const AN_ERROR_AND_A_HINT = /^error: [^\n]+\nhint: ([^\n]+)\n$/;

describe('a mistake on the command line', () => {
  story(
    `ends with 2, a line about it, one on what to do, and nothing sent: ${MISTAKES.length}`,
    {},
    async (scene) => {
      const inTurn = turnstile(4);
      const assertRefused = async (args: Words, says: RegExp, next: RegExp): Promise<void> => {
        const { code, stdout, stderr } = await scene.ldctl(args);
        const what = `ldctl ${wordsOf(args).join(' ')} said:\n${stdout}${stderr}`;
        assert.equal(code, 2, what);
        const [, hint = assert.fail(what)] = AN_ERROR_AND_A_HINT.exec(stderr) ?? [];
        assert.match(stderr, says, what);
        assert.match(hint, next, what);
        assert.ok(!stderr.includes(SECRET.slice(6)), what);
        if (!wordsOf(args).includes('json')) assert.equal(stdout, '', what);
      };
      const ends = await Promise.allSettled(
        MISTAKES.map((mistake) => inTurn(() => assertRefused(...mistake))),
      );
      const failures = ends.flatMap((end) =>
        end.status === 'rejected' ? [String(end.reason)] : [],
      );
      assert.deepEqual(failures, []);
      assert.deepEqual(scene.sandbox.record, { posts: [], dispatches: [], reads: 0 });
    },
  );

  story('is none where a global flag stands between group and command', {}, async (scene) => {
    const args = `activities --deployment ${scene.sandbox.deploymentId} trigger iggy restart --yes -o json`;
    const { stdout } = await scene.ends(0, args, { LD_DEPLOYMENT_ID: undefined });
    assert.equal((JSON.parse(stdout) as { outcome: string }).outcome, 'completed');
    assert.equal(scene.dispatched, 1);
  });
});

function assertNarrow(text: string): void {
  for (const line of text.split('\n').filter((one) => !one.startsWith('  $ '))) {
    assert.ok(line.length <= 80, line);
  }
}

describe('help', () => {
  story(
    'of a command has its examples first, and names the global flags, in 80 columns',
    {},
    async (scene) => {
      for (const asked of [
        'activities list -h',
        '-o json -h activities list',
        'help activities list',
      ]) {
        const { stdout } = await scene.ends(0, asked);
        assert.deepEqual(stdout.match(/^[A-Z ]+$/gm), [
          'USAGE',
          'EXAMPLES',
          'FLAGS',
          'DESCRIPTION',
          'GLOBAL FLAGS',
        ]);
        assert.match(stdout, /^ {2}\$ ldctl activities list \[FLAGS\]$/m);
        const [, last = ''] = stdout.split('GLOBAL FLAGS\n');
        assert.match(last, /-p\/--profile, -d\/--deployment,[^]*`ldctl help global-flags`\n$/);
        assertNarrow(stdout);
      }
    },
  );

  story(
    'of a trigger fits 40 lines and of a roll 46, with its flags in groups',
    {},
    async (scene) => {
      const groups = ['TARGET FLAGS', 'CONSENT FLAGS', 'FOLLOWING FLAGS', 'SCRIPTING FLAGS'];
      for (const [command, most, more] of [
        ['trigger', 40, []],
        ['roll', 46, ['ROLL FLAGS']],
      ] as const) {
        const { stdout } = await scene.ends(0, `activities ${command} --help`);
        assert.ok(stdout.trimEnd().split('\n').length <= most, stdout);
        // The placeholder says how a duration is written.
        assert.match(stdout, /^ +--timeout 30s {2,}\w/m);
        assert.deepEqual(stdout.match(/^[A-Z ]+ FLAGS$/gm), [...groups, ...more, 'GLOBAL FLAGS']);
      }
    },
  );

  story('on global flags and exit codes is in 80 columns', {}, async (scene) => {
    for (const [topic, lines] of [
      [
        'global-flags',
        [
          /^ {2}-o, --output table\|json\|yaml\|csv\|ndjson$/m,
          /^ {2}-p, --profile NAME {2,}The profile/m,
        ],
      ],
      ['exit-codes', [/^9 {5}a gate halted the roll {11}yes {13}look at the gate's output$/m]],
    ] as const) {
      const { stdout } = await scene.ends(0, `help ${topic}`);
      for (const line of lines) assert.match(stdout, line);
      assertNarrow(stdout);
    }
  });

  story(
    'of ldctl itself shows three ways in, and every group; that of a group its commands',
    {},
    async (scene) => {
      const root = await scene.ends(0, []);
      for (const way of [
        'sandbox exec -- bash',
        'profiles add',
        'activities trigger iggy restart',
      ]) {
        assert.match(root.stdout, new RegExp(`^ {2}ldctl ${way}`, 'm'));
      }
      for (const group of ['activities', 'deployments', 'nodes', 'profiles', 'sandbox']) {
        assert.match(root.stdout, new RegExp(`^ {2}${group} {2,}\\w`, 'm'));
      }
      for (const asked of ['profiles', 'help profiles', 'profiles --help']) {
        assert.match(
          (await scene.ends(0, asked)).stdout,
          /^ {2}profiles use +Make a profile the current one/m,
        );
      }
      for (const [typed, meant] of [
        ['profil', 'profiles'],
        ['exit-code', 'exit-codes'],
        ['exit codes', 'exit-codes'],
        ['activities lst', 'activities list'],
      ]) {
        const unknown = await scene.ends(2, `help ${typed}`);
        assert.match(
          unknown.stderr,
          new RegExp(`there is no help on ${typed}\nhint: Did you mean ldctl help ${meant}\\?`),
        );
      }
    },
  );
});
