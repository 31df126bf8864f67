import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCommandLine, type Commands } from '../../../src/cli/line/argv.js';
import { readInvocation } from '../../../src/cli/line/usage.js';
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
});
