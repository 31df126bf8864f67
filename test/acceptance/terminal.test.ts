import assert from 'node:assert/strict';
import { ldctl } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { Terminal } from '../helpers/terminal.js';

const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const CTRL_Z = '\u001a';
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`);

/** The question, and the last of its answers. */
const QUESTION = /Restart iggy on [^?]*\?[^]*no\b/;

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

/** Runs ldctl at a terminal, and ends it whatever becomes of the test. */
async function atTerminal(
  scene: Scene,
  args: readonly string[],
  play: (terminal: Terminal) => Promise<void>,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  await playing(new Terminal(ldctl(...args), { ...scene.env, ...env }), play);
}

async function playing(terminal: Terminal, play: (terminal: Terminal) => Promise<void>): Promise<void> {
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
    'acting on every node asks first, naming path and count; after no, nothing more is said': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(QUESTION);
          terminal.enter('n');
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 2, stdout);
          assert.match(stdout, /Restart iggy on all 3 nodes of \S+\/\S+\/sandbox\?/);
          assert.match(stdout, /sandbox\? no\s*$/);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'some of the nodes are chosen from those that the log names': () =>
      withScene({ nodes: [7n, 8n, 9n] }, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(QUESTION);
          terminal.enter('s');
          await terminal.shows(/On which nodes of/);
          await terminal.shows(/9/);
          // The first, and the one below it.
          terminal.type(' ');
          terminal.type(`${ESCAPE}[B`);
          terminal.enter(' ');
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 0, stdout);
          assert.deepEqual(
            scene.posts.map(({ body }) => body),
            ['{"nodes":[7,8]}'],
          );
        }),
      ),

    'another deployment than --confirm names is refused, on any profile': () =>
      withScene({}, (scene) =>
        atTerminal(scene, [...RESTART, '--yes', '--confirm', 'production'], async (terminal) => {
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 2, stdout);
          assert.match(stdout, /--confirm "production" does not name the deployment; nothing was sent/);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'what was typed before the question appears is no answer to it': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          terminal.enter('y');
          terminal.type('y');
          await terminal.shows(QUESTION);
          terminal.enter('n');
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 2, stdout);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'Enter alone is a no': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(QUESTION);
          terminal.enter();
          assert.equal((await terminal.ended()).code, 2);
          assert.deepEqual(scene.posts, []);
        }),
      ),

    'Ctrl-C at the question ends it with 130 and nothing sent': () =>
      withScene({}, (scene) =>
        atTerminal(scene, RESTART, async (terminal) => {
          await terminal.shows(QUESTION);
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
          await terminal.shows(QUESTION);
          terminal.enter('y');
          await terminal.shows(/^7 +\d+ +\S processing/m);
          await terminal.shows(/waiting 1s for nodes that may still report/);
          const { code, stdout } = await terminal.ended();
          assert.equal(code, 0, stdout);
          assert.match(stdout, /^✓ restart of iggy completed on 2 of 2 nodes$/m);
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
          assert.match(stdout, /^Stopped watching; the restart goes on\.\nnext: ldctl activities wait \d+\r?$/m);
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

    'Ctrl-Z gives the cursor and the screen to the shell, and fg draws anew': () =>
      withScene({ nodes: [7n], workMs: 4000 }, (scene) =>
        playing(new Terminal(['bash', '--norc', '-i'], { ...scene.env, PS1: '> ' }), async (terminal) => {
          terminal.enter(ldctl(...RESTART, '--node', '7').join(' '));
          await terminal.shows(/processing/);
          terminal.type(CTRL_Z);
          await terminal.shows(/Stopped/);
          assertCursorIsBack(terminal);
          terminal.enter('fg');
          await terminal.shows(/of 1 done/);
          await terminal.shows(/completed on 1 of 1 node/);
          terminal.enter('exit $?');
          assert.equal((await terminal.ended()).code, 0);
          assert.equal(scene.posts.length, 1);
        }),
      ),

    'help of the exit codes and of the environment fits 80 columns': () =>
      withScene({}, async (scene) => {
        const { stdout } = await scene.ldctl(['help', 'exit-codes']);
        assert.match(stdout, /^9 {5}a gate halted the roll {11}yes {13}look at the gate's output$/m);
        const { stdout: environment } = await scene.ldctl(['help', 'environment']);
        for (const line of `${stdout}\n${environment}`.split('\n')) assert.ok(line.length <= 80, line);
      }),
  });
});
