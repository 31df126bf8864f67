import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quote } from 'shell-quote';
import { cleanEnvironment, ldctl, startLdctl } from '../helpers/ldctl.js';
import { Terminal } from '../helpers/terminal.js';

const TAB = '\t';
/** Typed behind Tab: it is a word of its own if the one before it was ended by a blank. */
const END = 'END';
/** A key that a shell must not run. */
const HOSTILE = 'hostile $(touch ran) `touch ran`';
const NODE = '610809900976570889';

/** Stands for ldctl: hands completion on to it, and shows the words that any other command would get. */
const STAND_IN = `#!/bin/sh
case "$1 $#" in
  '__complete '* | 'completion 2') exec ${quote(ldctl())} "$@" ;;
esac
printf 'words:'
printf '<%s>' "$@"
echo .
`;

interface Shell {
  name: string;
  command: readonly string[];
  /** Typed first. */
  setUp: string;
}

/** bash is everywhere; `npm run check:programs` installs and names others. */
const HERE = (process.env.LDCTL_TEST_SHELLS ?? 'bash').split(' ');

const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    command: ['bash', '--norc', '--noprofile', '-i'],
    setUp: 'eval "$(ldctl completion bash)"',
  },
  {
    name: 'zsh',
    command: ['zsh', '-f', '-i'],
    setUp: 'autoload -U compinit; compinit -u -D; source <(ldctl completion zsh)',
  },
  {
    name: 'fish',
    command: ['fish', '--no-config', '--interactive'],
    setUp: 'ldctl completion fish | source',
  },
];

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

/** What is typed before Tab, and the words of the line then. */
const LINES: ReadonlyArray<readonly [what: string, typed: string, words: readonly string[]]> = [
  ['a topic', 'act', ['activities', END]],
  ['a command', 'activities tr', ['activities', 'trigger', END]],
  ['a runtime', 'activities trigger ig', ['activities', 'trigger', 'iggy', END]],
  ['an action', 'activities trigger iggy resta', [...RESTART, END]],
  ['an action that goes on', 'activities trigger iggy rec', ['activities', 'trigger', 'iggy', `reconfigure:${END}`]],
  ['a flag', 'whoami --prof', ['whoami', '--profile', END]],
  ['a flag before the command', '--prof', ['--profile', END]],
  ['a flag after another', 'activities list --utc --stat', ['activities', 'list', '--utc', '--status', END]],
  ['a format', 'activities list -o nd', ['activities', 'list', '-o', 'ndjson', END]],
  [
    'a status in a list',
    'activities list --status completed,rej',
    ['activities', 'list', '--status', 'completed,rejected', END],
  ],
  [
    'a value behind an equals sign',
    'activities list --status=proc',
    ['activities', 'list', '--status=processing', END],
  ],
  ['a second command of a line', 'whoami; ldctl act', ['activities', END]],
  ['a profile', '--profile pre', ['--profile', 'preview', END]],
  ['a profile behind an equals sign', 'whoami --profile=pre', ['whoami', '--profile=preview', END]],
  ['a profile as an argument', 'profiles use pre', ['profiles', 'use', 'preview', END]],
  ['a node that was seen there', 'activities trigger iggy restart -n 61', [...RESTART, '-n', NODE, END]],
  ['an activity that was seen there', 'activities show 90', ['activities', 'show', '9001', END]],
  ['the key of a roll', 'activities roll --resume run', ['activities', 'roll', '--resume', 'run 42: ü', END]],
  ['a shell', 'completion po', ['completion', 'powershell', END]],
  [
    'what holds a command, and runs nothing of it',
    'activities roll --resume hos',
    ['activities', 'roll', '--resume', HOSTILE, END],
  ],
  [
    'a file where one fits',
    'activities trigger iggy restart --nodes-from only-f',
    [...RESTART, '--nodes-from', 'only-file', END],
  ],
  ['no file where none fits', 'activities trigger iggy restart only-f', [...RESTART, `only-f${END}`]],
  ['nothing that is not there', 'activities list --status zz', ['activities', 'list', '--status', `zz${END}`]],
];

describe('completion in a real shell', function () {
  this.timeout(20_000);
  let folder: string;
  let env: NodeJS.ProcessEnv;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-completion-'));
    env = { ...cleanEnvironment(folder), XDG_CACHE_HOME: join(folder, 'cache'), LANG: 'C.UTF-8' };
    const profiles = [
      { name: 'prod', deployment_id: '71', deployment_name: 'main prod' },
      { name: 'preview', deployment_id: '72', deployment_name: 'other' },
    ].map((profile) => ({ ...profile, tenant_id: '7', key: { store: 'command', command: 'vault' } }));
    const config = join(folder, 'config');
    mkdirSync(config, { mode: 0o700 });
    writeFileSync(join(config, 'config.json'), JSON.stringify({ current: 'prod', profiles }), { mode: 0o600 });
    const entry = { id: '9001', node: NODE, about: 'restart iggy, completed' };
    writeFileSync(join(config, 'seen.json'), JSON.stringify([entry]), { mode: 0o600 });
    mkdirSync(join(config, 'rolls'), { mode: 0o700 });
    for (const [at, key] of ['run 42: ü', HOSTILE].entries()) {
      const record = JSON.stringify({ key: `71.${key}`, begunAt: Date.now() });
      writeFileSync(join(config, 'rolls', `${String(at).repeat(64)}.1`), record, { mode: 0o600 });
    }
    writeFileSync(join(folder, 'only-file'), '');
    rmSync(join(folder, 'ldctl'));
    writeFileSync(join(folder, 'ldctl'), STAND_IN, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { name, command, setUp } of SHELLS.filter(({ name }) => HERE.includes(name))) {
    describe(name, () => {
      let shell: Terminal | undefined;

      before(async () => {
        shell = new Terminal(command, { ...env, TERM: 'dumb' }, { columns: 200 });
        shell.enter(`cd ${folder}; ${setUp}; ldctl ready`);
        await shell.shows(/words:<ready>/);
      });
      // Killed, it would write its history into the folder while that is removed.
      after(async () => {
        shell?.enter('exit');
        await shell?.ended();
      });

      for (const [what, typed, words] of LINES) {
        it(`completes ${what}`, async () => {
          assert.ok(shell);
          shell.enter(`ldctl ${typed}${TAB}${END}`);
          await shell.shows(/words:.*END>\./);
          const [said = ''] = shell.text.split('words:').slice(-1);
          assert.equal(said.slice(0, said.lastIndexOf('>') + 1), words.map((word) => `<${word}>`).join(''));
          assert.equal(existsSync(join(folder, 'ran')), false);
        });
      }
    });
  }

  it('prints each script, in any format', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      const { code, stdout } = await startLdctl(['completion', shell], env).input().ended();
      assert.equal(code, 0);
      assert.match(stdout, /ldctl __complete/);
      const json = await startLdctl(['completion', shell, '-o', 'json'], env).input().ended();
      assert.deepEqual(JSON.parse(json.stdout), { shell, script: stdout });
    }
  });
});
