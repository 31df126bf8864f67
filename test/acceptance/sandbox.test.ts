import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ldctl, type Ended, type Run } from '../helpers/ldctl.js';
import { describeOnPosix } from '../helpers/platform.js';
import { Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const NODE = process.execPath;
/** Prints the environment, a variable a line. */
const PRINT_ENV = "for (const [name, value] of Object.entries(process.env)) console.log(name + '=' + value)";

describe('sandbox exec and start', function () {
  this.timeout(300_000);
  let scene: Scene;
  before(async () => void (scene = await Scene.open()));
  after(() => scene.close());

  const exec = (command: readonly string[], env: NodeJS.ProcessEnv = {}): Run =>
    scene.start(['sandbox', 'exec', '--work', '100ms', '--', ...command], env);
  const run = (...command: string[]): Promise<Ended> => exec(command).input().ended();
  const js = (code: string, ...args: string[]): Promise<Ended> => run(NODE, '-e', code, '--', ...args);

  sideBySide({
    'exec ends with the code of the command, and 127 where there is none': async () => {
      assert.equal((await js('process.exit(7)')).code, 7);
      const missing = await run('ldctl-no-such-command');
      assert.deepEqual([missing.code, missing.stderr], [127, 'ldctl-no-such-command: command not found\n']);
    },

    'exec hands on stdin, stdout, stderr and every argument as it is': async () => {
      const code = 'process.stdin.pipe(process.stdout); console.error(...process.argv.slice(1))';
      const child = exec([NODE, '-e', code, '--', '--json', "it's", '%PATH%', '']);
      const { stdout, stderr } = await child.input('through').ended();
      assert.deepEqual([stdout, stderr], ['through', "--json it's %PATH% \n"]);
    },

    'exec without a command, or without the dashes, is a usage error': async () => {
      for (const argv of [['--'], ['true'], ['true', '--', 'true']]) {
        const { code, stderr } = await scene.ldctl(['sandbox', 'exec', ...argv]);
        assert.equal(code, 2);
        assert.match(stderr, /sandbox exec -- CMD/);
      }
    },

    'exec sets the environment of a sandbox, and none of the user’s own': async () => {
      const users = {
        ...{ LD_API_KEY: 'ld_pk_of_the_user', LD_API_KEY_FILE: '/secret', LD_PROFILE: 'production' },
        ...{ NO_PROXY: 'example.com', no_proxy: undefined },
      };
      const { stdout } = await exec([NODE, '-e', PRINT_ENV], users).input().ended();
      const env = new Map(stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
      const url = env.get('LDCTL_SANDBOX_URL') ?? '';
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.notEqual(url, scene.url);
      for (const name of ['LD_API_URL', 'LD_SUPERVISOR_URL']) assert.equal(env.get(name), url);
      for (const name of ['LD_API_KEY', 'LDCTL_SANDBOX_READONLY_KEY', 'LDCTL_SANDBOX_MINIMAL_KEY']) {
        assert.match(env.get(name) ?? '', /^ld_pk_[A-Za-z0-9]{32}$/);
      }
      assert.deepEqual([env.has('LD_API_KEY_FILE'), env.has('LD_PROFILE')], [false, false]);
      assert.equal(env.get('NO_PROXY'), 'example.com,127.0.0.1');
    },

    'exec has this very ldctl on the PATH, also of what it starts': async () => {
      const [program, ...args] = ldctl('sandbox', 'exec', '--', 'ldctl', 'sandbox', 'exec', '--', NODE, '-e');
      const inner = `require('node:child_process').execSync('ldctl --version', { stdio: 'inherit' })`;
      const { code, stdout } = await scene
        .spawn(program, [...args, inner])
        .input()
        .ended();
      assert.equal(code, 0);
      assert.match(stdout, /^ldctl\//);
    },

    'start says the same as an object, or in the syntax of another shell': async () => {
      const lines: Array<[args: string[], line: RegExp]> = [
        [['--shell', 'cmd'], /^@set "LD_TENANT_ID=7261845022003200001"$/m],
        [['--shell', 'powershell'], /^\$env:LD_TENANT_ID = '7261845022003200001'$/m],
        [['-o', 'json'], /^ *"LD_TENANT_ID": "7261845022003200001",$/m],
      ];
      for (const [args, line] of lines) {
        const started = scene.start(['sandbox', 'start', ...args]);
        await started.said(line);
        started.kill('SIGTERM');
        await started.ended();
      }
    },
  });

  describeOnPosix('with signals, modes and scripts', 'it has none', () => {
    sideBySide({
      'exec ends with 128 + n when the command dies of signal n, and 126 when it cannot be run': async () => {
        assert.equal((await run('sh', '-c', 'kill -KILL $$')).code, 137);
        assert.equal((await run(scene.folder)).code, 126);
      },

      'exec starts ldctl itself, where the one on the PATH cannot be started': async () => {
        // The folder of the one on the PATH is cut in two by the colon.
        const TMPDIR = join(scene.folder, 'no:exec');
        mkdirSync(TMPDIR);
        assert.equal((await exec(['ldctl', 'activities', 'list'], { TMPDIR }).input().ended()).code, 0);
      },

      'exec gives a config folder of its own, private and gone afterwards': async () => {
        const child = exec(['sh', '-c', 'echo "$LDCTL_CONFIG_DIR"; cat']);
        await child.said(/\n/);
        const folder = child.stdout.trim();
        assert.equal(statSync(folder).mode & 0o777, 0o700);
        assert.equal((await child.input().ended()).code, 0);
        assert.equal(existsSync(dirname(folder)), false);
        const nowhere = await exec(['true'], { TMPDIR: '/dev/null/none' }).input().ended();
        assert.equal(nowhere.code, 126);
        assert.match(nowhere.stderr, /^true: no temporary folder for it can be made \(.*\/dev\/null\/none/);
      },

      'exec forwards SIGTERM and waits for the end': async () => {
        const child = exec(['sh', '-c', 'trap "echo told; exit 3" TERM; echo ready; while :; do sleep 0.05; done']);
        await child.said(/ready/);
        child.kill('SIGTERM');
        const { code, stdout } = await child.ended();
        assert.deepEqual([code, stdout], [3, 'ready\ntold\n']);
      },

      'exec outlives SIGINT, which the terminal gives to the command as well': async () => {
        const child = exec(['sh', '-c', 'echo ready; cat; exit 5']);
        await child.said(/ready/);
        child.kill('SIGINT');
        child.kill('SIGINT');
        assert.equal((await child.input().ended()).code, 5);
      },

      'start prints what to export, talks on stderr, serves, and ends with 0 at SIGINT and SIGTERM': async () => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) {
          const child = scene.start(['sandbox', 'start', '--nodes', '1']);
          await child.said(/Ctrl-C stops it/);
          const url = /^export LDCTL_SANDBOX_URL='(.*)'$/m.exec(child.stdout)?.[1] ?? '';
          const record = await fetch(`${url}/sandbox/record`);
          assert.equal(await record.text(), '{"posts":[],"dispatches":[],"reads":0}');
          child.kill(signal);
          const { code, stdout } = await child.ended();
          assert.equal(code, 0);
          for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^export [A-Z_]+='[^']*'$/);
        }
      },
    });
  });
});
