import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type UsageError } from '../../../src/base/errors.js';
import { readCommandLine } from '../../../src/cli/argv.js';
import { type Commands } from '../../../src/cli/host.js';
import { readInvocation } from '../../../src/cli/usage.js';
import { ROOT } from '../../helpers/root.js';

const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
  commands: Commands;
};

/** Split at spaces, and `''` is nothing. */
function wordsOf(line: string): string[] {
  return line
    .split(' ')
    .filter(Boolean)
    .map((word) => (word === "''" ? '' : word));
}

function read(line: string): ReturnType<typeof readInvocation> {
  return readInvocation(readCommandLine(wordsOf(line), commands), commands);
}

describe('a command line', () => {
  for (const [typed, id, args] of [
    ['activities list', 'activities:list', ''],
    ['--profile x activities list', 'activities:list', '--profile x'],
    ['activities --profile x list', 'activities:list', '--profile x'],
    ['activities list --profile x', 'activities:list', '--profile x'],
    ['-qo json activities --utc list --limit 5', 'activities:list', '-qo json --utc --limit 5'],
    ['-ojson activities list', 'activities:list', '-ojson'],
    ['activities -o=json list', 'activities:list', '-o=json'],
    [
      'activities --deployment x trigger iggy restart --yes',
      'activities:trigger',
      '--deployment x iggy restart --yes',
    ],
    ['activities -d x trigger iggy restart', 'activities:trigger', '-d x iggy restart'],
    ['activities --node 7 trigger iggy restart', 'activities:trigger', '--node 7 iggy restart'],
    [
      'activities trigger iggy restart -n 7 -n 8 -q',
      'activities:trigger',
      'iggy restart -n 7 -n 8 -q',
    ],
    [
      '--debug sandbox exec -- ldctl --json whoami',
      'sandbox:exec',
      '--debug -- ldctl --json whoami',
    ],
    ['sandbox exec -- tool --token x', 'sandbox:exec', '-- tool --token x'],
    [
      'activities trigger iggy restart --confirm=--help',
      'activities:trigger',
      'iggy restart --confirm=--help',
    ],
    [
      'activities trigger iggy restart --idempotency-key -- -y',
      'activities:trigger',
      'iggy restart --idempotency-key -- -y',
    ],
  ] as const) {
    it(`"${typed}" runs ${id}`, () => assert.deepEqual(read(typed), { id, args: wordsOf(args) }));
  }

  for (const [typed, words] of [
    ['', ''],
    ['activities', 'activities'],
    ['--help activities', 'activities'],
    ['--json --help', ''],
    ['-o json -h activities list', 'activities list'],
    ['activities trigger iggy restart --yes --help', 'activities trigger'],
  ] as const) {
    it(`"${typed}" asks for help`, () => assert.deepEqual(read(typed), { help: wordsOf(words) }));
  }

  it('may ask for the version after global flags', () =>
    assert.deepEqual(read('--debug --version'), { version: true }));

  for (const [typed, message, hint] of [
    ['-o json', 'no command is given', /^See ldctl --help$/],
    ['--profile', 'no command is given', /ldctl --help/],
    ['-- activities list', 'no command is given', /ldctl --help/],
    ['activities -o json', 'no command is given', /^See ldctl activities --help$/],
    ['activities --', 'no command is given', /ldctl activities --help/],
    ['activities --bogus', 'there is no flag --bogus', /^See ldctl activities --help$/],
    ['activities --bogus list', 'there is no flag --bogus', /^See ldctl activities list --help$/],
    ['activities --profil x list', 'there is no flag --profil', /^Did you mean --profile\?/],
    ['--node 7 profiles list', 'there is no flag --node', /^See ldctl profiles list --help$/],
    ['--profile x version', 'there is no flag --profile', /^See ldctl version --help$/],
    ['-qx activities list', 'there is no flag -x', /ldctl activities list --help/],
    [
      'activities trigger iggy restart --pause 5s',
      'there is no flag --pause',
      /^It goes with ldctl activities roll\./,
    ],
    ['activities list --utc=no', '--utc takes no value', /^See ldctl activities list --help$/],
    [
      'activities trigger',
      'missing RUNTIME (iggy or connectors) and ACTION (start, stop, restart, reconfigure:ID, or reconfigure with --config ID)',
      /^See ldctl activities trigger --help$/,
    ],
    ...['restart iggy', 'iggy/restart', 'Restart Iggy --yes', 'restart,iggy', 'iggy:restart'].map(
      (typed) =>
        [
          `activities trigger ${typed}`,
          'the runtime comes first, then the action',
          /^Write: ldctl activities trigger iggy restart\. See/,
        ] as const,
    ),
    [
      'activities trigger iggy:reconfigure:42',
      'the runtime comes first, then the action',
      /^Write: ldctl activities trigger iggy reconfigure:42\./,
    ],
    [
      'activities roll reconfigure:42 connectors',
      'the runtime comes first, then the action',
      /^Write: ldctl activities roll connectors reconfigure:42\./,
    ],
    [
      "activities trigger '' restart",
      'RUNTIME is empty',
      /^Is a variable unset\? See ldctl activities trigger --help$/,
    ],
    ["activities roll iggy -- ''", 'ACTION is empty', /^Is a variable unset\?/],
    ["activities show ''", 'ID is empty', /^Is a variable unset\?/],
    ...['trigger iggy restart --watch', 'roll iggy restart -f', 'wait 7 --follow', 'wait -w'].map(
      (typed) =>
        [
          `activities ${typed}`,
          `there is no flag ${typed.split(' ').at(-1)}`,
          /^It follows to the end without a flag\. See/,
        ] as const,
    ),
    [
      'activities trigger --runtime iggy --action restart',
      'there is no flag --runtime',
      /^Write: ldctl activities trigger iggy restart\. See/,
    ],
    [
      'activities roll iggy --action restart',
      'there is no flag --action',
      /^Write: ldctl activities roll iggy restart\. See/,
    ],
    [
      'profiles use --name prod',
      'there is no flag --name',
      /^Write: ldctl profiles use prod\. See/,
    ],
    [
      'activities list --json id,status',
      'unexpected argument: id,status',
      /^-o json takes no fields\. For a table: --columns id,status\. See/,
    ],
    ['activities list -o json id', 'unexpected argument: id', /^-o json takes no fields\./],
    ['activities list --json=id', '--json takes no value', /^-o json takes no fields\./],
    ['activities list now --json', 'unexpected argument: now', /^See ldctl activities list/],
    ['activities show 7 8', 'unexpected argument: 8', /^Give one id at a time\. See/],
    ['activities show 7 -- 8', 'unexpected argument: 8', /^Give one id at a time\. See/],
    [
      'activities trigger iggy restart --node …889,',
      '--node: "…889," has a comma too many',
      /^Is a variable unset\?/,
    ],
    ['activities list --status ,', '--status: "," has a comma too many', /^Is a variable unset\?/],
    ['--bogus --help', 'there is no flag --bogus', /^See ldctl --help$/],
    ['-v', 'there is no flag -v', /^Did you mean ldctl --version\? See/],
    ['frobnicate --help', 'there is no command frobnicate', /^See ldctl --help$/],
    [
      'activities lst',
      'there is no command activities lst',
      /^Did you mean ldctl activities list\?/,
    ],
    ['activites', 'there is no command activites', /^Did you mean ldctl activities\?/],
    ['activity list', 'there is no command activity list', /^Did you mean ldctl activities list\?/],
    ['activities ls', 'there is no command activities ls', /^Did you mean ldctl activities list\?/],
    [
      'profiles delete old',
      'there is no command profiles delete old',
      /^Did you mean ldctl profiles remove\?/,
    ],
    ['constructor', 'there is no command constructor', /^See ldctl --help$/],
    ['activities __proto__', 'there is no command activities __proto__', /^See ldctl activities/],
    ['login', 'there is no command login', /^Did you mean ldctl profiles add\?/],
    ['config', 'there is no command config', /^Did you mean ldctl profiles add\?/],
    ['sandbox stop', 'there is no command sandbox stop', /^A sandbox ends with Ctrl-C/],
    [
      'activities list --json -o csv',
      '--json and -o csv do not go together',
      /^See ldctl activities list --help$/,
    ],
    ["--deployment '' activities list", '--deployment is empty', /^Is a variable unset\?/],
    [
      "activities trigger iggy restart --yes --profile ''",
      '--profile is empty',
      /^Is a variable unset\?/,
    ],
    ['activities list --since=', '--since is empty', /^Is a variable unset\?/],
    ['activities list --columns=', '--columns is empty', /^Is a variable unset\?/],
    ['deployments list -d x', 'there is no flag -d', /^See ldctl deployments list --help$/],
    ['profile list', 'there is no command profile list', /^Did you mean ldctl profiles list\?/],
    [
      'trigger iggy',
      'there is no command trigger iggy',
      /^Did you mean ldctl activities trigger\?/,
    ],
    [
      'restart iggy',
      'there is no command restart iggy',
      /^Did you mean ldctl activities trigger\?/,
    ],
  ] as const) {
    it(`refuses "${typed}", and says what to do`, () => {
      assert.throws(() => read(typed), { exitCode: 2, message, hint });
    });
  }

  for (const typed of [
    'whoami --api-key',
    '--api-key=',
    'whoami --token=',
    'whoami -key',
    'profiles add x',
    'activities show',
    'activities list --node',
  ]) {
    it(`refuses a key, and does not repeat it: ${typed}`, () => {
      assert.throws(
        () => read(`${typed}${typed.endsWith('=') ? '' : ' '}ld_pk_x`),
        (error: UsageError) => {
          assert.match(error.message, /key/);
          assert.match(error.hint ?? '', /LD_API_KEY.*profile/);
          return !`${error.message}${error.hint}`.includes('ld_pk_');
        },
      );
    });
  }
});
