import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { type Run } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';
import { story, until, type Scene } from '../helpers/scene.js';

const CONTROLLER = join(ROOT, 'examples/controller/controller.mjs');
const [BLUE, GREEN] = ['7262600000000000043', '7262600000000000044'];

/** Starts a controller that looks at a file with a config id, and at what it noted before. */
function start(scene: Scene): Run {
  const files = [join(scene.folder, 'config'), join(scene.folder, 'state')];
  return scene.spawn(process.execPath, [CONTROLLER, ...files, ...scene.nodes]);
}

async function kill(run: Run): Promise<void> {
  run.kill('SIGKILL');
  await run.ended();
}

function configure({ folder }: Scene, config: string): void {
  writeFileSync(join(folder, 'config.new'), `${config}\n`);
  renameSync(join(folder, 'config.new'), join(folder, 'config'));
}

function completes({ folder }: Scene, change: number): Promise<void> {
  return until(`change ${change} to be rolled out`, () => {
    const file = join(folder, 'state', 'state.json');
    if (!existsSync(file)) return false;
    const state = JSON.parse(readFileSync(file, 'utf8')) as {
      change: number;
      outcome: string | null;
    };
    return state.change === change && state.outcome === 'completed';
  });
}

/** Whether each node was asked for each of these changes, once. */
function assertOnceEach({ dispatches, nodes }: Scene, ...configs: string[]): void {
  assert.deepEqual(
    dispatches.flatMap(({ action, activities }) =>
      activities.map(({ node_id }) => `${action} ${node_id}`),
    ),
    configs.flatMap((config) => nodes.map((node) => `reconfigure:${config} ${node}`)),
  );
}

describe('the controller of examples/', () => {
  for (const [moment, dispatches, afterMs, dropPosts] of [
    ['while the answer is lost', 1, 0, 1],
    ['while the first node works', 1, 100, 0],
    ['as soon as the last node is asked', 2, 0, 0],
  ] as const) {
    story(
      `killed ${moment}, asks each node once`,
      { workMs: 200, nodes: [7n, 8n], dropPosts },
      async (scene) => {
        configure(scene, BLUE);
        const killed = start(scene);
        await until(`dispatch ${dispatches}`, () => scene.dispatched >= dispatches);
        await realSleep(afterMs);
        await kill(killed);
        start(scene);
        await completes(scene, 1);
        assertOnceEach(scene, BLUE);
      },
    );
  }

  story(
    'rolls a config that comes back, and none that stays',
    { workMs: 50, nodes: [7n] },
    async (scene) => {
      const first = start(scene);
      configure(scene, BLUE);
      await completes(scene, 1);
      configure(scene, BLUE);
      await kill(first);
      start(scene);
      configure(scene, GREEN);
      await completes(scene, 2);
      configure(scene, BLUE);
      await completes(scene, 3);
      assertOnceEach(scene, BLUE, GREEN, BLUE);
    },
  );
});
