import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type UsageError } from '../../../src/base/errors.js';
import { readCommandLine } from '../../../src/cli/argv.js';
import { askedOf, type Commands } from '../../../src/cli/usage.js';
import { ROOT } from '../../helpers/root.js';

const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as { commands: Commands };

/** Split at blanks, and `''` is nothing. */
function wordsOf(line: string): string[] {
  return line
    .split(' ')
    .filter(Boolean)
    .map((word) => (word === "''" ? '' : word));
}

function read(line: string): ReturnType<typeof askedOf> {
  return askedOf(readCommandLine(wordsOf(line), commands), commands);
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
    ['activities --deployment x trigger iggy restart --yes', 'activities:trigger', '--deployment x iggy restart --yes'],
    ['activities -d x trigger iggy restart', 'activities:trigger', '-d x iggy restart'],
    ["--deployment '' activities list", 'activities:list', "--deployment ''"],
    ['activities trigger iggy restart -n 7 -q', 'activities:trigger', 'iggy restart -n 7 -q'],
    ['--debug sandbox exec -- ldctl --json whoami', 'sandbox:exec', '--debug -- ldctl --json whoami'],
    ['sandbox exec -- tool --token x', 'sandbox:exec', '-- tool --token x'],
    ['activities trigger iggy restart --confirm=--help', 'activities:trigger', 'iggy restart --confirm=--help'],
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
    ['activities list --limit --help', 'activities list'],
  ] as const) {
    it(`"${typed}" asks for help`, () => assert.deepEqual(read(typed), { help: wordsOf(words) }));
  }

  it('may ask for the version behind global flags', () =>
    assert.deepEqual(read('--debug --version'), { version: true }));

  for (const [typed, message, hint] of [
    ['-o json', /^no command is given$/, /^See ldctl --help$/],
    ['--profile', /^no command is given$/, /ldctl --help/],
    ['activities -o json', /^activities has commands, and none of them is given$/, /^See ldctl activities --help$/],
    ['activities --', /none of them is given$/, /ldctl activities --help/],
    ['activities --bogus', /^there is no flag --bogus$/, /^See ldctl activities --help$/],
    ['activities --bogus list', /^there is no flag --bogus$/, /^See ldctl activities list --help$/],
    ['activities --profil x list', /^there is no flag --profil$/, /^Did you mean --profile\?/],
    [
      'activities trigger iggy restart --pause 5s',
      /^there is no flag --pause here$/,
      /^It goes with ldctl activities roll\. See/,
    ],
    ['activities list --utc=no', /^--utc takes no value$/, /^See ldctl activities list --help$/],
    ['--profile x version', /^there is no flag --profile$/, /^See ldctl version --help$/],
    [
      'activities --node 7 list',
      /^--node stands before the command/,
      /^It goes behind it: ldctl activities list --node …/,
    ],
    [
      '--node 7 activities list',
      /^--node stands before the command/,
      /^It goes behind it: ldctl activities list --node …/,
    ],
    ['-n 7 activities list', /^-n stands before/, /ldctl activities list -n …/],
    ['sandbox --nodes 5 exec -- false', /^--nodes stands before/, /^It goes behind it: ldctl sandbox exec --nodes …/],
    ['-qx activities list', /^there is no flag -x$/, /ldctl activities list --help/],
    ['-- activities list', /^no command is given$/, /ldctl --help/],
    ['-v', /^-v goes with no command$/, /^Did you mean ldctl --version\?$/],
    ['frobnicate --help', /^there is no command frobnicate$/, /^See ldctl --help$/],
    ['activities lst', /^there is no command activities lst$/, /^Did you mean ldctl activities list\?/],
    ['activites', /^there is no command activites$/, /^Did you mean ldctl activities\?/],
    ['profile list', /^there is no command profile list$/, /^Did you mean ldctl profiles list\?/],
    ['trigger iggy', /^there is no command trigger iggy$/, /^Did you mean ldctl activities trigger\?/],
    ['restart iggy', /^there is no command restart iggy$/, /^Did you mean ldctl activities trigger iggy restart\?/],
  ] as const) {
    it(`refuses "${typed}", and says what to do`, () => {
      assert.throws(
        () => read(typed),
        (error: UsageError) => {
          assert.equal(error.exitCode, 2);
          assert.match(error.message, message);
          assert.match(error.hint ?? '', hint);
          return true;
        },
      );
    });
  }

  for (const typed of [
    'whoami --api-key ld_pk_x',
    '--api-key=ld_pk_x whoami',
    'whoami --token=ld_pk_x',
    'whoami -key ld_pk_x',
  ]) {
    it(`refuses a key, and does not repeat it: ${typed}`, () => {
      assert.throws(
        () => read(typed),
        (error: UsageError) => {
          assert.match(error.message, /a key is never a flag/);
          assert.match(error.hint ?? '', /LD_API_KEY.*profile/);
          return !`${error.message}${error.hint}`.includes('ld_pk_');
        },
      );
    });
  }
});
