import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from 'shell-quote';
import { ldctl } from '../helpers/ldctl.js';
import { endsWith, Scene } from '../helpers/scene.js';
import { Terminal } from '../helpers/terminal.js';

/** Typed by Tab: it is a word of its own if the one before it was ended by a space. */
const END = 'END';
/** A name that a shell must not run. */
const HOSTILE = 'hostile $(touch ran) `touch ran`';
const NODE = 610809900976570889n;
const RESTART = 'activities trigger iggy restart';

/**
 * Stands for ldctl: hands completion on to it, and shows the words that any other command would
 * get.
 */
const STAND_IN = `#!/bin/sh
case "$1 $#" in
  '__complete '* | 'completion 2') exec ${quote(ldctl())} "$@" ;;
esac
printf 'words:'
printf '<%s>' "$@"
echo .
`;

/**
 * How each is started, and what is typed first. bash is everywhere; `npm run check:programs`
 * installs and names others.
 */
const SHELLS: Readonly<Record<string, readonly [command: string, setUp: string]>> = {
  bash: ['bash --norc --noprofile -i', 'eval "$(ldctl completion bash)"'],
  zsh: ['zsh -f -i', 'autoload -U compinit; compinit -u -D; source <(ldctl completion zsh)'],
  fish: ['fish --no-config --interactive', 'ldctl completion fish | source'],
};
const HERE = (process.env.LDCTL_TEST_SHELLS ?? 'bash').split(' ');

/** What is typed before Tab, and the words of the line then. */
const LINES: ReadonlyArray<readonly [typed: string, line: string]> = [
  ['act', 'activities END'],
  ['activities tr', 'activities trigger END'],
  ['activities trigger ig', 'activities trigger iggy END'],
  ['activities trigger iggy resta', `${RESTART} END`],
  ['activities trigger iggy rec', 'activities trigger iggy reconfigure END'],
  ['whoami --prof', 'whoami --profile END'],
  ['--prof', '--profile END'],
  ['activities list --utc --stat', 'activities list --utc --status END'],
  ['activities list -o nd', 'activities list -o ndjson END'],
  ['activities list --status=proc', 'activities list --status=processing END'],
  ['activities list --status zz', 'activities list --status zzEND'],
  ['whoami; ldctl act', 'activities END'],
  ['--profile pre', '--profile preview END'],
  ['whoami --profile=pre', 'whoami --profile=preview END'],
  ['profiles use pre', 'profiles use preview END'],
  [`${RESTART} -n bro`, `${RESTART} -n broker-1 END`],
  ['completion po', 'completion powershell END'],
  ['activities roll --resume la', 'activities roll --resume last END'],
  [`${RESTART} only-f`, `${RESTART} only-fEND`],
];

/** What the sandbox's Core lists. */
const PATHS = [
  'platform/demo/sandbox\t7263012455120900033',
  'platform/demo/staging\t7263012455120900034',
  'platform/testing/staging\t7263012455120900035',
  'research/lab/basement\t7263012455120900037',
];

describe('completion in a real shell', function () {
  this.timeout(120_000);
  let scene: Scene;

  before(async () => {
    scene = await Scene.open({ nodes: [NODE], reject: [NODE], history: 0 });
    const config = join(scene.folder, 'config');
    mkdirSync(config, { mode: 0o700 });
    const profiles = [
      { name: 'prod', deployment_id: '71', deployment_name: 'main prod' },
      { name: 'preview', deployment_id: '72', deployment_name: HOSTILE },
    ].map((profile) => ({
      ...profile,
      tenant_id: '7',
      key: { store: 'command', command: 'false' },
    }));
    writeFileSync(join(config, 'config.json'), JSON.stringify({ current: 'prod', profiles }), {
      mode: 0o600,
    });
    await scene.ends(0, `nodes name ${NODE} broker-1`);
    const files = readdirSync(config, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(config, name),
    );
    for (const file of files) assert.equal(statSync(file).mode & 0o77, 0, file);
    writeFileSync(join(scene.folder, 'only-file'), '');
    rmSync(join(scene.folder, 'ldctl'));
    writeFileSync(join(scene.folder, 'ldctl'), STAND_IN, { mode: 0o755 });
  });
  after(() => scene.close());

  for (const [typed, env, offered] of [
    ['nodes list -n', {}, ['broker-1\t610809900976570889']],
    ['nodes list -p prod -n', {}, []],
    ['nodes list -d', {}, PATHS],
    ['nodes list -d demo/sandbox,', {}, PATHS.map((path) => `demo/sandbox,${path}`)],
    ['nodes list -d', { LD_API_KEY: 'ld_pk_of_nobody' }, []],
    ['nodes list -d', { LD_API_URL: 'http://127.0.0.1:1' }, []],
    // Its key command fails.
    ['nodes list -p prod -d', {}, []],
  ] as const) {
    it(`offers ${offered.length} values after ${typed} ${Object.keys(env).join(' ')}`, async () => {
      const words = typed.endsWith(',') ? typed.split(' ') : [...typed.split(' '), ''];
      const [program, ...args] = ldctl('__complete', ...words);
      const ended = scene.spawn(program, args, env).input().ended();
      const { stdout, stderr } = await endsWith(0, ended);
      assert.deepEqual([stdout.trim().split('\n'), stderr], [[...offered, ':done'], '']);
    });
  }

  for (const [name, [command, setUp]] of Object.entries(SHELLS).filter(([shell]) =>
    HERE.includes(shell),
  )) {
    describe(name, () => {
      let shell: Terminal | undefined;

      before(async () => {
        const env = {
          ...scene.env,
          XDG_CACHE_HOME: join(scene.folder, 'cache'),
          LANG: 'C.UTF-8',
          TERM: 'dumb',
        };
        shell = new Terminal(command.split(' '), env, { columns: 200 });
        shell.enter(`cd '${scene.folder}'; ${setUp}; ldctl ready`);
        await shell.shows(/words:<ready>/);
      });
      // Killed, it would write its history into the folder while that is removed.
      after(async () => {
        shell?.enter('exit');
        await shell?.ended();
      });

      for (const [typed, line] of LINES) {
        it(`completes ${typed}, without a request`, async () => {
          assert.ok(shell);
          const { reads } = scene.sandbox.record;
          shell.enter(`ldctl ${typed}\t${END}`);
          await shell.shows(/words:.*END>\./);
          const [said = ''] = shell.text.split('words:').slice(-1);
          const words = line.split(' ').map((word) => `<${word}>`);
          assert.equal(said.slice(0, said.lastIndexOf('>') + 1), words.join(''));
          assert.equal(existsSync(join(scene.folder, 'ran')), false);
          assert.equal(scene.sandbox.record.reads, reads);
        });
      }
    });
  }
});
