import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { type Run } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';
import { story, until, type Scene } from '../helpers/scene.js';

const CONTROLLER = join(ROOT, 'examples/controller/controller.mjs');
const [BLUE, GREEN] = ['7262600000000000043', '7262600000000000044'];

/** A file with a config id, and the controller that looks at it. */
class Control {
  readonly scene: Scene;
  #running: Run | null = null;

  constructor(scene: Scene) {
    this.scene = scene;
  }

  start(): void {
    const files = [this.#path('config'), this.#path('state')];
    this.#running = this.scene.spawn(process.execPath, [CONTROLLER, ...files, ...this.scene.nodes]);
  }

  async kill(): Promise<void> {
    this.#running?.kill('SIGKILL');
    await this.#running?.ended();
  }

  configure(config: string): void {
    writeFileSync(this.#path('config.new'), `${config}\n`);
    renameSync(this.#path('config.new'), this.#path('config'));
  }

  completes(change: number): Promise<void> {
    return until(`change ${change} to be rolled out`, () => {
      const file = this.#path('state/state.json');
      if (!existsSync(file)) return false;
      const state = JSON.parse(readFileSync(file, 'utf8')) as { change: number; outcome: string | null };
      return state.change === change && state.outcome === 'completed';
    });
  }

  dispatches(count: number): Promise<void> {
    return until(`dispatch ${count}`, () => this.scene.dispatched >= count);
  }

  /** Whether each node was asked for each of these changes, once. */
  assertOnceEach(...configs: string[]): void {
    const { dispatches, nodes } = this.scene;
    assert.deepEqual(
      dispatches.flatMap(({ action, activities }) => activities.map(({ node_id }) => `${action} ${node_id}`)),
      configs.flatMap((config) => nodes.map((node) => `reconfigure:${config} ${node}`)),
    );
  }

  #path(name: string): string {
    return join(this.scene.folder, name);
  }
}

describe('the controller of examples/', () => {
  const dies = (moment: string, when: (control: Control) => Promise<unknown>, sandbox = {}): void =>
    story(`killed ${moment}, asks each node once`, { workMs: 200, nodes: [7n, 8n], ...sandbox }, async (scene) => {
      const control = new Control(scene);
      control.configure(BLUE);
      control.start();
      await when(control);
      await control.kill();
      control.start();
      await control.completes(1);
      control.assertOnceEach(BLUE);
    });

  dies('as soon as the first node is asked', (control) => control.dispatches(1));
  dies('while the first node works', (control) => control.dispatches(1).then(() => realSleep(100)));
  dies('as soon as the last node is asked', (control) => control.dispatches(2));
  dies('while the answer is lost', (control) => control.dispatches(1), { dropPosts: 1 });
  dies('again and again', async (control) => {
    for (const lifeMs of [300, 500, 700]) {
      await realSleep(lifeMs);
      await control.kill();
      control.start();
    }
  });

  story('rolls a config that comes back, and none that stays', { workMs: 50, nodes: [7n] }, async (scene) => {
    const control = new Control(scene);
    control.start();
    control.configure(BLUE);
    await control.completes(1);
    control.configure(BLUE);
    await control.kill();
    control.start();
    control.configure(GREEN);
    await control.completes(2);
    control.configure(BLUE);
    await control.completes(3);
    control.assertOnceEach(BLUE, GREEN, BLUE);
  });
});
