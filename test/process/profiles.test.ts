import assert from 'node:assert/strict';
import { type Ended } from '../helpers/ldctl.js';
import { endsWith, story, type Scene } from '../helpers/scene.js';

const EVERY = 'activities trigger iggy restart --yes';
const LIST = 'activities list --limit 1';

/** The flags of a profile for the sandbox, all but the key. */
const target = ({ sandbox, url }: Scene): string =>
  `--tenant-id ${sandbox.tenantId} --api-url ${url} --deployment ${sandbox.deploymentId}`;

/** Adds a profile with a key from stdin. */
function add(code: number, scene: Scene, flags: string): Promise<Ended> {
  const args = `profiles add prod --api-key-stdin ${target(scene)} ${flags}`.trimEnd();
  return endsWith(code, scene.start(args).input(scene.sandbox.apiKey).ended());
}

describe('a profile', () => {
  story('is all it takes: add, then act, on the deployment that it names', {}, async (scene) => {
    scene.forget();
    await add(0, scene, '--key-store file');
    await scene.ends(0, `activities trigger iggy restart --node ${scene.nodes[0]}`);
    assert.equal(scene.dispatched, 1);
    // Another tenant than the deployment's stops before anything is sent.
    await scene.ends(0, 'profiles update prod --tenant-id 7 --no-verify');
    const { stderr } = await scene.ends(5, EVERY);
    for (const part of [`${scene.sandbox.tenantId}`, 'tenant 7', 'profile prod']) {
      assert.ok(stderr.includes(part), stderr);
    }
    assert.equal(scene.posts.length, 1);
  });

  story(
    'finds a deployment by its id, its name and its path, and by nothing else',
    {},
    async (scene) => {
      const byName = { LD_SUPERVISOR_URL: undefined };
      for (const name of [`${scene.sandbox.deploymentId}`, 'sandbox', 'platform/demo/sandbox']) {
        await scene.ends(0, `${LIST} --deployment ${name}`, byName);
      }
      for (const name of ['platform/testing/sandbox', 'demo/sandbox', '/sandbox']) {
        const { stderr } = await scene.ends(5, `${LIST} --deployment ${name}`, byName);
        assert.match(stderr, /hint: .*deployments list/);
      }
    },
  );

  story(
    'gives way to variables, which what acts names, outside of the sandbox only',
    {},
    async (scene) => {
      await add(0, scene, '--key-store file');
      const wins =
        /^LD_API_KEY, .*LD_DEPLOYMENT_ID override profile prod\. To use the profile: --profile prod$/m;
      assert.match((await scene.ends(0, `${EVERY} --no-wait`)).stderr, wins);
      assert.equal((await scene.ends(0, LIST)).stderr, '');
      assert.doesNotMatch(
        (await scene.ends(0, `sandbox exec -- ldctl ${EVERY} --no-wait`)).stderr,
        /override/,
      );
    },
  );

  story('is not kept, and said not to be, in a folder that cannot be made', {}, async (scene) => {
    scene.env.LDCTL_CONFIG_DIR = '/proc/none/config';
    const { stderr } = await add(2, scene, '--key-store file');
    assert.match(stderr, /^error: cannot write \/proc\/none\/config: /m);
    assert.match(stderr, /^hint: .*LDCTL_CONFIG_DIR can set another folder/m);
    assert.equal(scene.sandbox.record.reads, 0, 'it asks the API first');
  });
});
