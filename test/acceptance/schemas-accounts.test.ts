import assert from 'node:assert/strict';
import { type Ended } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { assertMatches, type IdType } from '../helpers/schemas.js';
import { sideBySide } from '../helpers/side-by-side.js';

async function prints(scene: Scene, args: readonly string[], schema: string, ids?: IdType): Promise<string> {
  const { code, stdout, stderr } = await scene.ldctl([...args, '-o', 'json']);
  assert.equal(code, 0, stderr);
  assertMatches(schema, stdout, ids);
  return stdout;
}

async function printsLines(scene: Scene, args: readonly string[], schema: string): Promise<string[]> {
  const { code, stdout, stderr } = await scene.ldctl([...args, '-o', 'ndjson']);
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) assertMatches(schema, line);
  return lines;
}

function addProfile(scene: Scene, name: string, ...more: string[]): Promise<Ended> {
  const args = ['profiles', 'add', name, '--key-store', 'file', '--api-key-stdin', '-o', 'json', ...more];
  return scene.start(args).input(String(scene.env.LD_API_KEY)).ended();
}

describe('who and where, as the schemas have it:', function () {
  this.timeout(300_000);

  sideBySide({
    'whoami, with everything known': () =>
      withScene({}, async (scene) => {
        assert.match(await prints(scene, ['whoami'], 'identity'), /"may_manage": true/);
        assert.match(await prints(scene, ['whoami', '--number-ids'], 'identity', 'integer'), /"tenant_id": \d+/);
      }),

    'whoami, with little known': () =>
      withScene({}, async (scene) => {
        for (const name of ['LD_TENANT_ID', 'LD_DEPLOYMENT_ID', 'LD_SUPERVISOR_URL']) scene.env[name] = undefined;
        assert.match(await prints(scene, ['whoami'], 'identity'), /"notes": \[\n/);
      }),

    'deployments, a tree of them and one that has no supervisor': () =>
      withScene({}, async (scene) => {
        await prints(scene, ['deployments', 'list'], 'deployment-list');
        const lines = await printsLines(scene, ['deployments', 'list'], 'deployment');
        assert.match(lines.join('\n'), /"supervisor_url":null/);
      }),

    'profiles, from the first to none': () =>
      withScene({}, async (scene) => {
        for (const name of ['one', 'two']) {
          const { code, stdout, stderr } = await addProfile(scene, name, '--deployment', 'sandbox');
          assert.equal(code, 0, stderr);
          assertMatches('profile', stdout);
        }
        await prints(scene, ['profiles', 'list'], 'profile-list');
        assert.equal((await printsLines(scene, ['profiles', 'list'], 'profile')).length, 2);
        await prints(scene, ['profiles', 'show', 'two'], 'profile');
        await prints(scene, ['profiles', 'update', 'two', '--protected'], 'profile');
        await prints(scene, ['profiles', 'use', 'two'], 'profile');
        assert.match(await prints(scene, ['profiles', 'remove', 'two', '--yes'], 'profile-removed'), /"current": null/);
      }),

    'a sandbox that was started': () =>
      withScene({}, async (scene) => {
        const run = scene.start(['sandbox', 'start', '-o', 'json']);
        await run.said(/Ctrl-C stops it/);
        run.kill('SIGINT');
        const { code, stdout, stderr } = await run.ended();
        assert.equal(code, 0, stderr);
        assertMatches('sandbox', stdout);
      }),
  });
});
