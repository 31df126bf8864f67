import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from '../helpers/docs.js';
import { endsWith, story, type Scene } from '../helpers/scene.js';

/** Here the sandbox's own deployment is staging, and this one is prod. */
const PROD = 7263012455120900035n;
const PROD_NODES = 2;

const gateThatEnds = ({ folder }: Scene, code: number): void =>
  writeFileSync(join(folder, 'healthy.sh'), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });

/** Two profiles, a log that lists the nodes of both, and a gate that passes. */
async function prepare(scene: Scene): Promise<void> {
  const add = 'profiles add --key-store file --api-key-stdin --deployment';
  for (const [name, deployment] of [
    ['staging', scene.sandbox.deploymentId],
    ['prod', PROD],
  ]) {
    const added = scene.start(`${add} ${deployment} ${name}`).input(scene.sandbox.apiKey);
    await endsWith(0, added);
  }
  await scene.ends(0, `activities trigger iggy restart --yes -d ${PROD}`);
  gateThatEnds(scene, 0);
}

/** The loop of docs/rolling.md, where no one is asked. */
function loop(code: number, scene: Scene) {
  const block = blocksOf('docs/rolling.md').find(({ lines }) =>
    lines.join().includes('for profile'),
  );
  const script = block?.lines.join('\n').replaceAll(' roll ', ' roll --yes ') ?? assert.fail();
  return endsWith(code, scene.shell(`cd '${scene.folder}'\n${script}`));
}

/** To which deployments the loop has sent, in order: the first trigger is not its own. */
const sentTo = ({ posts }: Scene): string[] =>
  posts.slice(1).map(({ path }) => (path.includes(String(PROD)) ? 'prod' : 'staging'));

describe('the loop over deployments of docs/rolling.md', () => {
  story('rolls over staging, then over prod', {}, async (scene) => {
    await prepare(scene);
    await loop(0, scene);
    assert.deepEqual(sentTo(scene), ['staging', 'staging', 'staging', 'prod', 'prod']);
    await loop(0, scene);
    assert.equal(sentTo(scene).length, 5);
  });

  story('sends nothing to prod after a rejection in staging', {}, async (scene) => {
    await prepare(scene);
    scene.sandbox.setTrouble(1, 'reject');
    await loop(3, scene);
    assert.deepEqual(sentTo(scene), ['staging']);
    // Again, it continues past that node, and still ends before prod.
    await loop(3, scene);
    assert.deepEqual(sentTo(scene), ['staging', 'staging', 'staging']);
    assert.equal(new Set(scene.actedOn.slice(PROD_NODES)).size, 3);
  });

  story('continues after a gate that failed, and sends nothing twice', {}, async (scene) => {
    await prepare(scene);
    gateThatEnds(scene, 1);
    await loop(9, scene);
    assert.deepEqual(sentTo(scene), ['staging']);
    gateThatEnds(scene, 0);
    await loop(0, scene);
    assert.deepEqual(sentTo(scene), ['staging', 'staging', 'staging', 'prod', 'prod']);
    assert.equal(new Set(scene.actedOn.slice(PROD_NODES)).size, 5);
  });
});
