import assert from 'node:assert/strict';
import { ldctl } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { Terminal } from '../helpers/terminal.js';

const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const CTRL_Z = '\u001a';
const TAB_CLEARED = `${ESCAPE}]9;4;0${ESCAPE}\\`;
const RESTART = ['activities', 'trigger', 'iggy', 'restart', '--node', '7'];

async function at(terminal: Terminal, play: (terminal: Terminal) => Promise<void>): Promise<void> {
  try {
    await play(terminal);
  } finally {
    terminal.kill();
  }
}

const atTerminal = (
  scene: Scene,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  play: (terminal: Terminal) => Promise<void>,
): Promise<void> => at(new Terminal(ldctl(...args), { ...scene.env, ...env }), play);

describe('manners at a terminal', function () {
  this.timeout(300_000);

  sideBySide({
    'Ctrl-Z gives the cursor and the screen to the shell, and fg draws anew': () =>
      withScene({ nodes: [7n], workMs: 4000 }, (scene) =>
        at(new Terminal(['bash', '--norc', '-i'], { ...scene.env, PS1: '> ' }), async (terminal) => {
          terminal.enter(ldctl(...RESTART).join(' '));
          await terminal.shows(/processing/);
          terminal.type(CTRL_Z);
          await terminal.shows(/Stopped/);
          assert.ok(
            terminal.raw.lastIndexOf(SHOW_CURSOR) > terminal.raw.lastIndexOf(HIDE_CURSOR),
            'the cursor is still hidden',
          );
          terminal.enter('fg');
          await terminal.shows(/of 1 done/);
          await terminal.shows(/completed on 1 of 1 node/);
          terminal.enter('exit $?');
          assert.equal((await terminal.ended()).code, 0);
          assert.equal(scene.posts.length, 1);
        }),
      ),

    'the tab of a terminal that is known to take it shows progress, and is cleared at Ctrl-C': () =>
      withScene({ nodes: [7n], workMs: 600_000 }, (scene) =>
        atTerminal(scene, RESTART, { TERM_PROGRAM: 'ghostty' }, async (terminal) => {
          await terminal.shows(/processing/);
          assert.ok(terminal.raw.includes(`${ESCAPE}]9;4;1;0${ESCAPE}\\`));
          terminal.interrupt();
          assert.equal((await terminal.ended()).code, 130);
          assert.equal(terminal.raw.split(`${ESCAPE}]9;4;`).at(-1)?.startsWith(`0${ESCAPE}\\`), true);
          assert.ok(terminal.raw.includes(TAB_CLEARED));
        }),
      ),

    '--notify rings, and says how it ended': () =>
      withScene({ nodes: [7n] }, (scene) =>
        atTerminal(scene, [...RESTART, '--notify'], {}, async (terminal) => {
          assert.equal((await terminal.ended()).code, 0);
          const [, rest = ''] = terminal.raw.split(`${ESCAPE}]9;`);
          assert.match(rest, /^restart of iggy completed on 1 of 1 node in /);
          assert.ok(rest.includes(`${ESCAPE}\\\u0007`));
        }),
      ),

    '--notify is silent in a pipe': () =>
      withScene({ nodes: [7n] }, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--notify']);
        assert.equal(code, 0);
        assert.ok(!(stdout + stderr).includes(ESCAPE) && !(stdout + stderr).includes('\u0007'));
      }),

    'LANG=C has no sign beyond ASCII, at a terminal and in a pipe': () =>
      withScene({ nodes: [7n, 8n], reject: [8n] }, async (scene) => {
        const args = ['activities', 'trigger', 'iggy', 'restart', '--yes'];
        await atTerminal(scene, args, { LANG: 'C' }, async (terminal) => {
          assert.equal((await terminal.ended()).code, 3);
          assert.match(terminal.text, /^x 1 of 2 nodes rejected: 8/m);
          assert.doesNotMatch(terminal.text, /[^\n -~]/);
        });
        const { stderr } = await scene.ldctl(args, { LANG: 'C' });
        assert.doesNotMatch(stderr, /[^\n -~]/);
      }),

    'help of the exit codes and of the environment fits 80 columns': () =>
      withScene({}, async (scene) => {
        const { stdout } = await scene.ldctl(['help', 'exit-codes']);
        assert.match(stdout, /^9 {5}a gate halted the roll {11}yes {13}look at the gate's output$/m);
        const { stdout: environment } = await scene.ldctl(['help', 'environment']);
        for (const line of `${stdout}\n${environment}`.split('\n')) assert.ok(line.length <= 80, line);
      }),
  });
});
