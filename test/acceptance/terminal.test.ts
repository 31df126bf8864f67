import assert from 'node:assert/strict';
import { ldctl } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { Terminal } from '../helpers/terminal.js';

const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`);

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

/** Runs ldctl at a terminal, and ends it whatever becomes of the test. */
async function atTerminal(
  scene: Scene,
  args: readonly string[],
  play: (terminal: Terminal) => Promise<void>,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const terminal = new Terminal(ldctl(...args), { ...scene.env, ...env });
  try {
    await play(terminal);
  } finally {
    terminal.kill();
  }
}

function assertCursorIsBack({ raw }: Terminal): void {
  assert.ok(raw.lastIndexOf(SHOW_CURSOR) > raw.lastIndexOf(HIDE_CURSOR), 'the cursor is still hidden');
}

describe('at a terminal', function () {
  this.timeout(300_000);

  sideBySide({
    'acting on every node asks first, saying what on which deployment, and no means no': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(/Go ahead\?/);
          terminal.enter('n');
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 2, stdout);
          const { deploymentId, tenantId } = scene.sandbox;
          const question = `restart iggy on every node of deployment ${deploymentId} of tenant ${tenantId}`;
          // However wide the terminal is, the question goes on in the next line between two words.
          assert.match(stdout, new RegExp(question.replaceAll(' ', '\\s')));
          assert.deepEqual(scene.sandbox.record, { posts: [], dispatches: [], reads: 0 });
        }),
      ),

    'what was typed before the question appears is no answer to it': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          terminal.enter('y');
          terminal.type('y');
          await terminal.shows(/Go ahead\?/);
          terminal.enter('n');
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 2, stdout);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'Enter alone is a no': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(/Go ahead\?/);
          terminal.enter();
          assert.equal((await terminal.ended()).code, 2);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'Ctrl-C at the question ends it with 130 and nothing sent': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(/Go ahead\?/);
          terminal.interrupt();
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 130, stdout);
          assertCursorIsBack(terminal);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'yes goes ahead, shows the nodes live in colour, and gives the cursor back': () =>
      withScene({ nodes: [7n, 8n], workMs: 1500 }, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(/Go ahead\?/);
          terminal.enter('y');
          await terminal.shows(/^7 +\d+ +\S processing/m);
          await terminal.shows(/2 of 2 done/);
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 0, stdout);
          assert.match(stdout, /^✓ restart of iggy completed on 2 of 2 nodes/m);
          assert.match(terminal.raw, COLOUR);
          assertCursorIsBack(terminal);
          assert.deepEqual(
            scene.posts.map(({ body }) => body),
            ['{}'],
          );
        }),
      ),

    'Ctrl-C while following gives the cursor back, and prints how to go on': () =>
      withScene({ nodes: [7n], workMs: 600_000 }, (scene) =>
        atTerminal(scene, [...RESTART, '--node', '7'], async (terminal) => {
          await terminal.shows(/processing/);
          terminal.interrupt();
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 130, stdout);
          assertCursorIsBack(terminal);
          assert.match(stdout, /^to take it up again: ldctl activities wait \d+ /m);
        }),
      ),

    'NO_COLOR takes the colours away': () =>
      withScene({ nodes: [7n], reject: [7n] }, (scene) => {
        const play = async (terminal: Terminal): Promise<void> => {
          assert.equal((await terminal.ended()).code, 3);
          assert.doesNotMatch(terminal.raw, COLOUR);
        };
        return atTerminal(scene, [...RESTART, '--node', '7'], play, { NO_COLOR: '1' });
      }),

    'TERM=dumb takes colours and cursor movements away': () =>
      withScene({ nodes: [7n] }, (scene) => {
        const play = async (terminal: Terminal): Promise<void> => {
          assert.equal((await terminal.ended()).code, 0);
          assert.ok(!terminal.raw.includes(ESCAPE), terminal.raw);
        };
        return atTerminal(scene, [...RESTART, '--node', '7'], play, { TERM: 'dumb' });
      }),
  });
});
