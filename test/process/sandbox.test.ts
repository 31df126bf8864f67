import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ldctl, type Ended, type Run } from '../helpers/ldctl.js';
import { endsWith, plan, Scene } from '../helpers/scene.js';
import { Terminal } from '../helpers/terminal.js';

const NODE = process.execPath;
/** Prints the environment, a variable a line. */
const PRINT_ENV =
  "for (const [name, value] of Object.entries(process.env)) console.log(name + '=' + value)";

describe('sandbox exec and start', () => {
  let scene: Scene;
  before(async () => void (scene = await Scene.open()));
  after(() => scene.close());

  const exec = (command: readonly string[], env: NodeJS.ProcessEnv = {}): Run =>
    scene.start(['sandbox', 'exec', '--work', '100ms', '--', ...command], env);
  const ends = (code: number, ...command: string[]): Promise<Ended> =>
    endsWith(code, exec(command).input());

  plan('exec ends with the code of the command, 128 + n, and 126', async () => {
    await ends(7, NODE, '-e', 'process.exit(7)');
    await ends(137, 'sh', '-c', 'kill -KILL $$');
    await ends(126, scene.folder);
  });

  plan('exec hands on stdin, stdout, stderr and every argument as it is', async () => {
    const code = 'process.stdin.pipe(process.stdout); console.error(...process.argv.slice(1))';
    const child = exec([NODE, '-e', code, '--', '--json', "it's", '%PATH%', '']);
    const { stdout, stderr } = await child.input('through').ended();
    assert.deepEqual([stdout, stderr], ['through', "--json it's %PATH% \n"]);
  });

  plan('exec says nothing of its own to a shell that reads a script', async () => {
    const { stdout, stderr } = await exec(['sh']).input('echo hello').ended();
    assert.deepEqual([stdout, stderr], ['hello\n', '']);
  });

  plan('exec sets the environment of a sandbox, and none of the user’s own', async () => {
    const users = {
      ...{ LD_API_KEY: 'ld_pk_of_the_user', LD_API_KEY_FILE: '/secret', LD_PROFILE: 'production' },
      ...{ NO_PROXY: 'example.com', no_proxy: undefined },
    };
    const { stdout } = await endsWith(0, exec([NODE, '-e', PRINT_ENV], users).input());
    const env = new Map(
      stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
    const url = env.get('LDCTL_SANDBOX_URL') ?? '';
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.notEqual(url, scene.url);
    for (const name of ['LD_API_URL', 'LD_SUPERVISOR_URL']) assert.equal(env.get(name), url);
    for (const name of ['LD_API_KEY', 'LDCTL_SANDBOX_READONLY_KEY', 'LDCTL_SANDBOX_MINIMAL_KEY']) {
      assert.match(env.get(name) ?? '', /^ld_pk_[A-Za-z0-9]{32}$/);
    }
    assert.deepEqual([env.has('LD_API_KEY_FILE'), env.has('LD_PROFILE')], [false, false]);
    assert.equal(env.get('NO_PROXY'), 'example.com,127.0.0.1');
  });

  plan('exec puts this same ldctl first on the PATH of the command', async () => {
    const folder = mkdtempSync(join(scene.folder, 'another-'));
    writeFileSync(join(folder, 'ldctl'), '#!/bin/sh\necho another\n', { mode: 0o700 });
    const PATH = [folder, process.env.PATH].join(delimiter);
    const { stdout } = await endsWith(0, exec(['sh', '-c', 'ldctl --version'], { PATH }).input());
    assert.equal(stdout, (await scene.ends(0, '--version')).stdout);
  });

  plan('exec says nothing of a profile that its variables override', async () => {
    await scene.ends(0, 'profiles add prod --key-store file');
    const trigger = ['ldctl', 'activities', 'trigger', 'iggy', 'restart', '--yes', '--no-wait'];
    assert.doesNotMatch((await ends(0, ...trigger)).stderr, /override/);
  });

  plan('exec has this very ldctl on the PATH, also of what it starts', async () => {
    const inner = `require('node:child_process').execSync('ldctl --version', { stdio: 'inherit' })`;
    assert.match(
      (await ends(0, 'ldctl', 'sandbox', 'exec', '--', NODE, '-e', inner)).stdout,
      /^ldctl\//,
    );
  });

  plan('exec gives a config folder of its own, private and gone afterwards', async () => {
    const child = exec(['sh', '-c', 'echo "$LDCTL_CONFIG_DIR"; cat']);
    await child.said(/\n/);
    const folder = child.stdout.trim();
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    await endsWith(0, child.input());
    assert.equal(existsSync(dirname(folder)), false);
  });

  plan(
    'exec forwards SIGTERM, and outlives SIGINT, which the terminal gives to the command as well',
    async () => {
      const told = exec([
        'sh',
        '-c',
        'trap "echo told; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
      ]);
      await told.said(/ready/);
      // Two signals to one that was not released would end it.
      told.kill('SIGINT');
      told.kill('SIGTERM');
      assert.equal((await endsWith(3, told)).stdout, 'ready\ntold\n');
      const child = exec(['sh', '-c', 'echo ready; cat; exit 5']);
      await child.said(/ready/);
      for (let times = 0; times < 2; times++) child.kill('SIGINT');
      await endsWith(5, child.input());
    },
  );

  plan('start says at a terminal what its lines are for, and ends at Ctrl-C', async () => {
    const terminal = new Terminal(ldctl('sandbox', 'start', '--nodes', '1'), scene.env);
    await terminal.shows(/^export LD_API_KEY=/m);
    await terminal.shows(/\)\. Paste these into another terminal; Ctrl-C here\s+ends\s+it\.$/m);
    terminal.interrupt();
    assert.equal((await terminal.ended()).code, 0);
  });

  plan('start prints what to export, talks on stderr, and serves, until SIGTERM: 0', async () => {
    const child = scene.start('sandbox start --nodes 1').input();
    await child.said(/^Serving http:\/\/\S+ \(seed \d+\)\. Ctrl-C ends it\.$/m);
    const url = /^export LDCTL_SANDBOX_URL='(.*)'$/m.exec(child.stdout)?.[1] ?? '';
    const quiet = scene.start('sandbox start --quiet').input();
    await quiet.said(/LDCTL_SANDBOX_URL/);
    quiet.kill('SIGTERM');
    assert.equal((await quiet.ended()).stderr, '');
    const record = await fetch(`${url}/sandbox/record`);
    assert.equal(await record.text(), '{"posts":[],"dispatches":[],"reads":0}');
    const { port } = new URL(url);
    const second = await endsWith(2, scene.start(`sandbox start --port ${port}`).input());
    assert.equal(
      second.stderr,
      `error: --port: ${port} is in use\nhint: Choose another one, or leave --port out to get a free one.\n`,
    );
    child.kill('SIGTERM');
    const { stdout } = await endsWith(0, child);
    for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^export [A-Z_]+='[^']*'$/);
  });
});
