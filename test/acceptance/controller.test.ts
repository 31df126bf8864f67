import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { type Run } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';
import { until, withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

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
    const { scene } = this;
    this.#running = scene.spawn(process.execPath, [
      CONTROLLER,
      this.#path('config'),
      this.#path('state'),
      ...scene.nodes,
    ]);
  }

  async kill(): Promise<void> {
    this.#running?.kill('SIGKILL');
    await this.#running?.ended();
  }

  configure(config: string): void {
    writeFileSync(this.#path('config.new'), `${config}\n`);
    renameSync(this.#path('config.new'), this.#path('config'));
  }

  /** Whether a change was noted, and it ended so; null while it goes on. */
  isAt(change: number, outcome: string | null): boolean {
    const file = this.#path('state/state.json');
    if (!existsSync(file)) return false;
    const state = JSON.parse(readFileSync(file, 'utf8')) as { change: number; outcome: string | null };
    return state.change === change && state.outcome === outcome;
  }

  get dispatches(): number {
    return this.scene.sandbox.record.dispatches.length;
  }

  completes(change: number): Promise<void> {
    return until(`change ${change} to be rolled out`, () => this.isAt(change, 'completed'));
  }

  /** What was carried out: an action and a node, each time. */
  get carriedOut(): string[] {
    return this.scene.sandbox.record.dispatches.flatMap(({ runtime, action, activities }) =>
      activities.map(({ node_id }) => `${runtime} ${action} ${node_id}`),
    );
  }

  #path(name: string): string {
    return join(this.scene.folder, name);
  }
}

/** What each node is to be asked for at each of these changes, once. */
function onceEach({ scene }: Control, ...configs: string[]): string[] {
  return configs.flatMap((config) => scene.nodes.map((node) => `connectors reconfigure:${config} ${node}`));
}

/** The moments at which the first change's process is killed. */
const MOMENTS: Record<string, (control: Control) => Promise<void>> = {
  'as soon as the change is noted': (control) => until('the change to be noted', () => control.isAt(1, null)),
  'as soon as the first node is asked': (control) => until('a dispatch', () => control.dispatches === 1),
  'while the first node works': async (control) => {
    await until('a dispatch', () => control.dispatches === 1);
    await realSleep(100);
  },
  'as soon as the second node is asked': (control) => until('a dispatch', () => control.dispatches === 2),
  'as soon as the last node is asked': (control) => until('a dispatch', () => control.dispatches === 3),
};

const scenarios = Object.entries(MOMENTS).map(([moment, comes]): [string, () => Promise<void>] => [
  `killed ${moment}, asks each node once`,
  () =>
    play({}, async (control) => {
      control.configure(BLUE);
      control.start();
      await comes(control);
      await control.kill();
      control.start();
      await control.completes(1);
      assert.deepEqual(control.carriedOut, onceEach(control, BLUE));
    }),
]);

describe('the controller of examples/', function () {
  this.timeout(300_000);

  sideBySide(
    {
      ...Object.fromEntries(scenarios),

      'killed again and again, asks each node once': () =>
        play({}, async (control) => {
          control.configure(BLUE);
          for (const lifeMs of [300, 400, 500, 600, 700, 800]) {
            control.start();
            await realSleep(lifeMs);
            await control.kill();
          }
          control.start();
          await control.completes(1);
          assert.deepEqual(control.carriedOut, onceEach(control, BLUE));
        }),

      'killed while the answer is lost, asks each node once': () =>
        play({ dropPosts: 1 }, async (control) => {
          control.configure(BLUE);
          control.start();
          await until('a dispatch', () => control.dispatches === 1);
          await control.kill();
          control.start();
          await control.completes(1);
          assert.deepEqual(control.carriedOut, onceEach(control, BLUE));
        }),

      'rolls a config that comes back, and none that stays': () =>
        play({}, async (control) => {
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
          assert.deepEqual(control.carriedOut, onceEach(control, BLUE, GREEN, BLUE));
        }),
    },
    6,
  );
});

function play(options: { dropPosts?: number }, story: (control: Control) => Promise<void>): Promise<void> {
  return withScene({ workMs: 200, ...options }, (scene) => story(new Control(scene)));
}
