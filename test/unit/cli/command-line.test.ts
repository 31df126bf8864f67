import assert from 'node:assert/strict';
import { readyForOclif } from '../../../src/cli/command-line.js';
import type { UsageError } from '../../../src/base/errors.js';

/** Split at blanks, and `''` is nothing. */
function wordsOf(line: string): string[] {
  return line
    .split(' ')
    .filter(Boolean)
    .map((word) => (word === "''" ? '' : word));
}

async function refusalOf(line: string): Promise<UsageError> {
  const [end] = await Promise.allSettled([readyForOclif(wordsOf(line))]);
  assert.equal(end.status, 'rejected');
  const error = end.reason as UsageError;
  assert.equal(error.exitCode, 2);
  return error;
}

describe('a command line', () => {
  for (const [typed, read] of [
    ['activities list', 'activities list'],
    ['', ''],
    ['--profile x activities list', 'activities list --profile x'],
    ['-o json activities list', 'activities list -o json'],
    ['-ojson activities list', 'activities list -ojson'],
    ['-qo json activities list', 'activities list -qo json'],
    ['-qojson --utc activities list --limit 5', 'activities list -qojson --utc --limit 5'],
    ['--output=csv --context x whoami', 'whoami --output=csv --context x'],
    ['--profile x activities trigger iggy restart -n 7', 'activities trigger iggy restart --profile x -n 7'],
    ["--deployment '' activities list", "activities list --deployment ''"],
    ['--debug sandbox exec -- ldctl --json whoami', 'sandbox exec --debug -- ldctl --json whoami'],
    ['--help activities', '--help activities'],
    ['--json --help', '--help'],
    ['-o json -h activities list', '-h activities list'],
    ['sandbox exec -- tool --token x', 'sandbox exec -- tool --token x'],
  ] as const) {
    it(`"${typed}" is read as "${read}"`, async () => {
      assert.deepEqual(await readyForOclif(wordsOf(typed)), wordsOf(read));
    });
  }

  for (const [typed, message] of [
    ['-o json', /no command is given/],
    ['--profile', /no command is given/],
    ['--node 7 activities list', /^--node stands before the command/],
    ['-n 7 activities list', /^-n stands before the command/],
    ['-qx activities list', /^-x stands before the command/],
    ['-- activities list', /^-- stands before the command/],
  ] as const) {
    it(`refuses "${typed}", and says what to do`, async () => {
      const error = await refusalOf(typed);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', /ldctl /);
    });
  }

  for (const typed of [
    'whoami --api-key ld_pk_x',
    '--api-key=ld_pk_x whoami',
    'whoami --token=ld_pk_x',
    'whoami -key ld_pk_x',
  ]) {
    it(`refuses a key, and does not repeat it: ${typed}`, async () => {
      const error = await refusalOf(typed);
      assert.match(error.message, /a key is never a flag/);
      assert.match(error.hint ?? '', /LD_API_KEY.*profile/);
      assert.doesNotMatch(error.message + String(error.hint), /ld_pk_/);
    });
  }
});
