import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

function fifoIn({ folder }: Scene, name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', ['-m', '600', path]);
  return path;
}

/** Opens a FIFO for writing, which waits for who reads it, and says `open`; then does as `after` says. */
const writerTo = (scene: Scene, path: string, after = 'exec sleep 600') =>
  scene.spawn('sh', ['-c', `exec 3>'${path}'; echo open; ${after}`]).input();

/** Somebody reads a FIFO that has a writer, who says nothing; Ctrl-C ends that. */
async function interruptedAt(scene: Scene, path: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const writer = writerTo(scene, path);
  const run = scene.start(args, env).input();
  await writer.said(/open/);
  run.kill('SIGINT');
  const { code, stderr } = await run.ended();
  assert.equal(code, 130, stderr);
  assert.equal(scene.posts.length, 0);
}

/** A config folder with one profile, which gets its key from a shell command. */
function configWithKeyCommand({ folder, sandbox, url }: Scene, script: string): NodeJS.ProcessEnv {
  const config = join(folder, 'config');
  mkdirSync(config, { mode: 0o700 });
  const profile = {
    name: 'prod',
    tenant_id: String(sandbox.tenantId),
    supervisor_url: url,
    deployment_id: String(sandbox.deploymentId),
    key: { store: 'command', command: ['sh', '-c', script] },
  };
  writeFileSync(join(config, 'config.json'), JSON.stringify({ current: 'prod', profiles: [profile] }), { mode: 0o600 });
  return { LD_API_KEY: '', LD_DEPLOYMENT_ID: '', LD_SUPERVISOR_URL: '', LD_TENANT_ID: '' };
}

describe('what is read, and never comes', function () {
  this.timeout(300_000);

  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  sideBySide({
    'a key file that is a pipe with a silent writer ends by Ctrl-C': () =>
      withScene({}, async (scene) => {
        const path = fifoIn(scene, 'key');
        await interruptedAt(scene, path, ['activities', 'list'], { LD_API_KEY: '', LD_API_KEY_FILE: path });
      }),

    'a list of nodes that is a pipe with a silent writer ends by Ctrl-C': () =>
      withScene({}, async (scene) => {
        const path = fifoIn(scene, 'nodes');
        await interruptedAt(scene, path, [...RESTART, '--nodes-from', path]);
      }),

    'a key file that is a pipe is read to its end': () =>
      withScene({}, async (scene) => {
        const path = fifoIn(scene, 'key');
        const key = scene.env['LD_API_KEY'] ?? '';
        const script = `printf %s '${key.slice(0, 9)}' >&3; sleep 0.3; printf '%s\\n' '${key.slice(9)}' >&3`;
        writerTo(scene, path, script);
        const args = ['activities', 'list', '-o', 'json'];
        const { code, stderr } = await scene.ldctl(args, { LD_API_KEY: '', LD_API_KEY_FILE: path });
        assert.equal(code, 0, stderr);
      }),

    'a list of nodes comes from a process substitution': () =>
      withScene({}, async (scene) => {
        const [node] = scene.nodes;
        const script = `ldctl ${RESTART.join(' ')} --nodes-from <(sleep 0.2; echo ${node}) --no-wait`;
        const { code, stderr } = await scene.spawn('bash', ['-c', script]).input().ended();
        assert.equal(code, 0, stderr);
        assert.deepEqual(
          scene.posts.map(({ nodes }) => nodes?.map(String)),
          [[node]],
        );
      }),

    'a config that is a pipe is refused at once': () =>
      withScene({}, async (scene) => {
        mkdirSync(join(scene.folder, 'config'), { mode: 0o700 });
        const path = fifoIn(scene, 'config/config.json');
        const { code, stderr } = await scene.ldctl(['activities', 'list']);
        assert.equal(code, 2, stderr);
        assert.ok(stderr.includes(`${path} is not a regular file`), stderr);
      }),

    'a record that is a pipe is refused at once, and nothing is sent': () =>
      withScene({}, async (scene) => {
        const args = [...RESTART, '--node', String(scene.nodes[0]), '--idempotency-key', 'deploy-7'];
        assert.equal((await scene.ldctl(args)).code, 0);
        const runs = join(scene.folder, 'config', 'runs');
        const [name = ''] = readdirSync(runs);
        rmSync(join(runs, name));
        const path = fifoIn(scene, `config/runs/${name}`);
        const { code, stderr } = await scene.ldctl(args);
        assert.equal(code, 7, stderr);
        assert.ok(stderr.includes(path), stderr);
        assert.equal(scene.dispatched, 1);
      }),

    'a key command that leaves a program behind on its stdout has printed its key all the same': () =>
      withScene({}, async (scene) => {
        const pid = join(scene.folder, 'pid');
        const script = `sleep 600 2> /dev/null & echo $! > '${pid}'; echo '${scene.env['LD_API_KEY'] ?? ''}'`;
        const { code, stderr } = await scene.ldctl(['activities', 'list'], configWithKeyCommand(scene, script));
        process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
        assert.equal(code, 0, stderr);
      }),

    'a key command that waits ends by Ctrl-C': () =>
      withScene({}, async (scene) => {
        const pid = join(scene.folder, 'pid');
        const fifo = fifoIn(scene, 'asked');
        const env = configWithKeyCommand(scene, `echo $$ > '${pid}'; echo > '${fifo}'; exec sleep 600`);
        const asked = scene.spawn('cat', [fifo]).input();
        const run = scene.start(['activities', 'list'], env).input();
        await asked.ended();
        run.kill('SIGINT');
        const { code, stderr } = await run.ended();
        assert.equal(code, 130, stderr);
      }),

    'a lock that another process holds ends by Ctrl-C': () =>
      withScene({}, async (scene) => {
        const lock = join(scene.folder, 'config', 'config.json.lock');
        mkdirSync(lock, { recursive: true, mode: 0o700 });
        chmodSync(join(scene.folder, 'config'), 0o700);
        // Held by this process, which is there.
        writeFileSync(join(lock, `${process.pid}-held`), '');
        const add = ['profiles', 'add', 'prod', '--no-verify', '--key-store', 'file', '--tenant-id', '1'];
        const run = scene.start(add).input();
        const isWaiting = (): boolean =>
          readdirSync(join(lock, '..')).some((name) => name.startsWith('config.json.lock.'));
        while (!isWaiting()) await new Promise((resolve) => setTimeout(resolve, 5));
        run.kill('SIGINT');
        const { code, stderr } = await run.ended();
        assert.equal(code, 130, stderr);
        assert.deepEqual(readdirSync(join(lock, '..')), ['config.json.lock']);
      }),
  });
});
