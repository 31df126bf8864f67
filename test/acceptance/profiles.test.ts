import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Ended } from '../helpers/ldctl.js';
import { ProcessWatch } from '../helpers/process-watch.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

/** The flags of a profile for the sandbox, all but the key. */
const target = ({ sandbox, url }: Scene): string[] => [
  ...['--tenant-id', sandbox.tenantId.toString(), '--api-url', url],
  ...['--deployment', sandbox.deploymentId.toString()],
];

/** Adds a profile with a key from stdin. */
function add(scene: Scene, name: string, key: string, ...more: string[]): Promise<Ended> {
  return scene
    .start(['profiles', 'add', name, '--api-key-stdin', ...target(scene), ...more])
    .input(key)
    .ended();
}

/** Takes out of the scene's environment what points at the sandbox, so that only a profile does. */
function withoutVariables(scene: Scene): Scene {
  for (const name of Object.keys(scene.env)) {
    if (name.startsWith('LD_') || name.startsWith('LDCTL_SANDBOX')) scene.env[name] = undefined;
  }
  return scene;
}

const keyOf = ({ sandbox }: Scene): string => sandbox.apiKey;
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

describe('profiles, as processes', function () {
  this.timeout(180_000);

  sideBySide({
    'a profile is all it takes: add, then act, on the deployment that it names': () =>
      withScene({}, async (scene) => {
        withoutVariables(scene);
        assert.equal((await add(scene, 'prod', keyOf(scene), '--key-store', 'file')).code, 0);
        const { code, stderr } = await scene.ldctl([
          'activities',
          'trigger',
          'iggy',
          'restart',
          '--node',
          scene.nodes[0] ?? '',
        ]);
        assert.equal(code, 0, stderr);
        assert.equal(scene.dispatched, 1);
      }),

    'a deployment is found by its id, its name and its path, and by no other': () =>
      withScene({}, async (scene) => {
        const list = (deployment: string): Promise<Ended> =>
          scene.ldctl(['activities', 'list', '--limit', '1', '--deployment', deployment], {
            LD_SUPERVISOR_URL: undefined,
          });
        for (const name of [`${scene.sandbox.deploymentId}`, 'sandbox', 'platform/production/sandbox']) {
          const { code, stderr } = await list(name);
          assert.equal(code, 0, stderr);
        }
        for (const name of ['platform/testing/sandbox', 'production/sandbox', '/sandbox']) {
          const { code, stderr } = await list(name);
          assert.equal(code, 5, stderr);
          assert.match(stderr, /hint: .*deployments list/);
        }
      }),

    'a key that is not accepted is not stored, and the exit code is 4': () =>
      withScene({}, async (scene) => {
        const { code, stderr } = await add(scene, 'prod', `${keyOf(scene)}x`, '--key-store', 'file');
        assert.equal(code, 4, stderr);
        assert.deepEqual(
          filesBelow(scene.folder).filter((path) => path.includes('config.json')),
          [],
        );
      }),

    'a profile named by --profile is taken whole, and one line says what that left out': () =>
      withScene({}, async (scene) => {
        assert.equal((await add(scene, 'prod', keyOf(scene), '--key-store', 'file')).code, 0);
        const env = {
          LD_API_KEY: 'left-over',
          LD_DEPLOYMENT_ID: '7',
          LD_TENANT_ID: undefined,
          LD_API_URL: undefined,
          LD_SUPERVISOR_URL: undefined,
        };
        const { code, stderr } = await scene.ldctl(['activities', 'list', '--profile', 'prod'], env);
        assert.equal(code, 0, stderr);
        assert.equal(
          stderr,
          '--profile prod is taken whole: LD_API_KEY, LD_DEPLOYMENT_ID from the environment ignored\n',
        );
      }),

    'variables that hide what the current profile says are named, outside of the sandbox only': () =>
      withScene({}, async (scene) => {
        assert.equal((await add(scene, 'stage', keyOf(scene), '--key-store', 'file')).code, 0);
        const list = ['activities', 'list', '--limit', '1'];
        assert.equal((await scene.ldctl(list)).stderr, '', 'they say the same');
        const env = { LD_API_KEY: `${keyOf(scene)}x`, LD_TENANT_ID: '7' };
        const { stderr } = await scene.ldctl(list, env);
        const line =
          'LD_API_KEY, LD_TENANT_ID from the environment hide what profile stage says; unset them, or give --profile stage';
        assert.equal(stderr.split('\n')[0], line);
        const inside = `ldctl profiles add x --no-verify --key-store file --api-key-stdin --tenant-id 7 <<< abc; LD_API_KEY=x ldctl profiles use x`;
        const said = await scene.ldctl(['sandbox', 'exec', '--', 'bash', '-c', inside], env);
        assert.equal(said.code, 0, said.stderr);
        assert.doesNotMatch(said.stderr, /from the environment/);
      }),

    'a variable for another tenant than the deployment’s stops before anything is sent: exit 5': () =>
      withScene({}, async (scene) => {
        const trigger = ['activities', 'trigger', 'iggy', 'restart', '--yes'];
        for (const [args, env, origin] of [
          [trigger, { LD_TENANT_ID: '7' }, 'LD_TENANT_ID'],
          [[...trigger, '--tenant-id', '7'], {}, '--tenant-id'],
        ] as const) {
          const { code, stderr } = await scene.ldctl(args, env);
          assert.equal(code, 5, stderr);
          assert.ok(
            stderr.includes(`belongs to tenant ${scene.sandbox.tenantId}, and ${origin} is for tenant 7`),
            stderr,
          );
        }
        assert.equal(scene.posts.length, 0);
      }),

    'a profile for another tenant than the deployment’s stops before anything is sent: exit 5': () =>
      withScene({}, async (scene) => {
        withoutVariables(scene);
        assert.equal((await add(scene, 'prod', keyOf(scene), '--key-store', 'file')).code, 0);
        assert.equal((await scene.ldctl(['profiles', 'update', 'prod', '--tenant-id', '7', '--no-verify'])).code, 0);
        const { code, stderr } = await scene.ldctl(['activities', 'trigger', 'iggy', 'restart', '--yes']);
        assert.equal(code, 5, stderr);
        for (const part of [scene.sandbox.tenantId.toString(), 'tenant 7', 'profile prod'])
          assert.ok(stderr.includes(part), stderr);
        assert.equal(scene.posts.length, 0);
      }),

    'the key is in no file but the config, which is private, in no arguments, and in no child’s environment': () =>
      // Keys of its own: other tests run on this machine, too.
      withScene({ seed: Date.now() % 2 ** 32 }, async (scene) => {
        withoutVariables(scene);
        const key = keyOf(scene);
        const secret = join(scene.folder, 'vault');
        writeFileSync(secret, key, { mode: 0o600 });
        const watch = process.platform === 'linux' ? new ProcessWatch(key) : null;
        const said: string[] = [];
        for (const args of [
          ['profiles', 'add', 'file', '--api-key-stdin', '--key-store', 'file', ...target(scene)],
          ['profiles', 'add', 'command', '--key-command', `cat ${secret}`, ...target(scene)],
          ['profiles', 'list'],
          ['profiles', 'show', '-o', 'json'],
          ['whoami', '--debug'],
          ['whoami', '--profile', 'command', '-o', 'yaml'],
          [
            'activities',
            'trigger',
            'iggy',
            'restart',
            '--yes',
            '--profile',
            'command',
            '--idempotency-key',
            'k',
            '--debug',
          ],
          ['profiles', 'update', 'command', '--key-store', 'file'],
          ['profiles', 'remove', 'command', '--yes'],
        ]) {
          const { code, stdout, stderr } = await scene.start(args, { DEBUG: '*' }).input(key).ended();
          assert.equal(code, 0, stderr);
          said.push(stdout, stderr);
        }
        watch?.stop();
        assert.deepEqual(watch?.found ?? [], []);
        assert.ok(!watch || watch.looks > 100, 'the process list was hardly looked at');
        assert.ok(!said.join('').includes(key));
        const config = join(scene.folder, 'config');
        const holders = filesBelow(scene.folder).filter((path) => readFileSync(path, 'utf8').includes(key));
        assert.deepEqual(holders.sort(), [join(config, 'config.json'), secret].sort());
        assert.equal(statSync(config).mode & 0o777, 0o700);
        for (const path of filesBelow(config)) assert.equal(statSync(path).mode & 0o777, 0o600, path);
      }),

    'a key command is given no key, and its words are in no error': () =>
      withScene({}, async (scene) => {
        const script = join(scene.folder, 'vault.sh');
        writeFileSync(script, `#!/bin/sh\nenv > "${scene.folder}/seen"\nexit 3\n`, { mode: 0o700 });
        const { code, stderr } = await scene.ldctl([
          'profiles',
          'add',
          'prod',
          ...target(scene),
          '--key-command',
          `${script} --token s3cr3t`,
        ]);
        assert.equal(code, 2);
        assert.match(stderr, /vault\.sh ended with exit code 3/);
        assert.ok(!stderr.includes('s3cr3t'));
        assert.ok(!readFileSync(join(scene.folder, 'seen'), 'utf8').includes(keyOf(scene)));
      }),

    'a config that others can read is refused, and the chmod that is printed mends it': () =>
      withScene({}, async (scene) => {
        withoutVariables(scene);
        assert.equal((await add(scene, 'prod', keyOf(scene), '--key-store', 'file')).code, 0);
        chmodSync(join(scene.folder, 'config', 'config.json'), 0o644);
        const { code, stderr } = await scene.ldctl(['activities', 'list']);
        assert.equal(code, 2);
        const command = /^hint: .*(chmod 600 .*)$/m.exec(stderr)?.[1];
        assert.ok(command !== undefined, stderr);
        assert.equal((await scene.shell(`${command} && ldctl activities list`)).code, 0);
      }),

    'a config folder that cannot be made is a clear error, before anything is asked of the API': () =>
      withScene({}, async (scene) => {
        writeFileSync(join(scene.folder, 'config'), 'a file');
        const { code, stderr } = await add(scene, 'prod', keyOf(scene), '--key-store', 'file');
        assert.equal(code, 2, stderr);
        assert.match(stderr, /cannot write .*config/);
        assert.match(stderr, /hint: .*LDCTL_CONFIG_DIR names another folder/);
        assert.equal(scene.sandbox.record.reads, 0);
      }),

    'without a keyring, the error names what else there is': () =>
      withScene({}, async (scene) => {
        scene.env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${scene.folder}/no-bus`;
        const { code, stderr } = await add(scene, 'prod', keyOf(scene));
        assert.equal(code, 2);
        assert.match(stderr, /^error: nothing was stored: there is no keyring to be reached here/m);
        assert.match(stderr, /^hint: .*--key-store file.*--key-command/m);
      }),

    'a keyring that never answers is given up after 3 s, whether a key is put there or wanted from there': () =>
      withScene({}, async (scene) => {
        withoutVariables(scene);
        const bus = createServer((socket) => void socket.resume()).listen(join(scene.folder, 'bus'));
        await once(bus, 'listening');
        scene.env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${scene.folder}/bus`;
        const put = await add(scene, 'prod', keyOf(scene));
        assert.equal(put.code, 2);
        assert.match(put.stderr, /did not answer within 3 s/);
        assert.match(put.stderr, /--key-store file/);

        const config = join(scene.folder, 'config');
        mkdirSync(config, { mode: 0o700, recursive: true });
        const profile = {
          name: 'prod',
          tenant_id: '7',
          deployment_id: '7',
          supervisor_url: scene.url,
          key: { store: 'keyring', account: 'prod.1' },
        };
        writeFileSync(join(config, 'config.json'), JSON.stringify({ current: 'prod', profiles: [profile] }), {
          mode: 0o600,
        });
        const get = await scene.ldctl(['activities', 'list']);
        assert.equal(get.code, 2);
        assert.match(
          get.stderr,
          /the key of profile prod is in the keyring, and the keyring did not answer within 3 s/,
        );
        assert.match(get.stderr, /unlock it/);
        bus.close();
      }),
  });
});
