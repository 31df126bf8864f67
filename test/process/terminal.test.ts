import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from 'shell-quote';
import { COMMANDS } from '../../src/commands/command-table.js';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { ldctl, LDCTL, type Ended } from '../helpers/ldctl.js';
import { story, wordsOf, type Scene, type Words } from '../helpers/scene.js';
import { Terminal } from '../helpers/terminal.js';

const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const CTRL_Z = '\u001a';
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`);

/** The question, and what is below its answers. */
const QUESTION = /Restart iggy on [^?]*\?[^]*navigate/;
const RESTART = 'activities trigger iggy restart';
const TRIGGER = 'activities trigger';
const ONE = { nodes: [7n] };

/** Loaded into ldctl: it does nothing for a while once a question reads the keyboard. */
const STALLS = `
const { ReadStream } = require('node:tty');
const { setRawMode } = ReadStream.prototype;
ReadStream.prototype.setRawMode = function (mode) {
  if (mode) process.nextTick(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300));
  return setRawMode.call(this, mode);
};
`;

type Play = (terminal: Terminal, scene: Scene) => Promise<void>;

/** Plays a command at a terminal, and ends it whatever becomes of the test. */
async function atTerminal(scene: Scene, args: Words, play: Play): Promise<void> {
  const terminal = new Terminal(ldctl(...wordsOf(args)), scene.env);
  try {
    await play(terminal, scene);
  } finally {
    terminal.kill();
  }
}

/** Ctrl-Z, at which the shell gets its cursor back. */
async function stop(terminal: Terminal): Promise<void> {
  terminal.type(CTRL_Z);
  await terminal.shows(/Stopped/);
  const { raw } = terminal;
  assert.ok(raw.lastIndexOf(SHOW_CURSOR) >= raw.lastIndexOf(HIDE_CURSOR), 'no cursor');
}

async function ends(code: number, terminal: Terminal): Promise<Ended> {
  const ended = await terminal.ended();
  assert.equal(ended.code, code, ended.stdout);
  const { raw } = terminal;
  assert.ok(
    !raw.includes(HIDE_CURSOR) || raw.lastIndexOf(SHOW_CURSOR) > raw.lastIndexOf(HIDE_CURSOR),
    'no cursor',
  );
  return ended;
}

describe('at a terminal', () => {
  function terminalStory(
    title: string,
    sandbox: StartSandboxOptions,
    args: Words,
    play: Play,
  ): void {
    story(title, sandbox, (scene) => atTerminal(scene, args, play));
  }

  for (const [args, question] of [
    [RESTART, QUESTION],
    [TRIGGER, /\? Which runtime\?[^]*iggy +3 nodes/],
    [`${TRIGGER} iggy`, /\? Which action\?[^]*reconfigure/],
  ] as const) {
    terminalStory(`Escape is no to what ${args} asks`, {}, args, async (terminal, scene) => {
      await terminal.shows(question);
      terminal.type(ESCAPE);
      const { stdout } = await ends(2, terminal);
      assert.match(stdout, /\nNothing was sent\.\r?\n/);
      assert.deepEqual(scene.posts, []);
    });
  }

  // A single executable takes no code that is loaded before it.
  if (LDCTL.endsWith('.js')) {
    story(
      'what was typed before the question is no answer to it, where this machine is slow to read it',
      {},
      async (scene) => {
        const stalls = join(scene.folder, 'stalls.cjs');
        writeFileSync(stalls, STALLS);
        scene.env.NODE_OPTIONS = `--require "${stalls}"`;
        await atTerminal(scene, RESTART, async (terminal) => {
          terminal.enter('y');
          await terminal.shows(QUESTION);
          terminal.enter();
          await ends(2, terminal);
          assert.deepEqual(scene.posts, []);
        });
      },
    );
  }

  terminalStory('neither Delete nor Ctrl-L marks a yes', {}, RESTART, async (terminal, scene) => {
    await terminal.shows(QUESTION);
    terminal.enter(`${ESCAPE}[3~\u000c`);
    await ends(2, terminal);
    assert.deepEqual(scene.posts, []);
  });

  const FIFTY = {
    nodes: Array.from({ length: 50 }, (_, index) => 18446744073709551566n + BigInt(index)),
  };
  story('Escape leaves the picker', FIFTY, async (scene) => {
    const size = { columns: 80, rows: 24 };
    const terminal = new Terminal(ldctl(...wordsOf(RESTART)), scene.env, size);
    try {
      await terminal.shows(QUESTION);
      terminal.enter('s');
      await terminal.shows(/0 of 50 chosen[^]*below[^]*enter done/);
      terminal.type(ESCAPE);
      const { stdout } = await ends(2, terminal);
      assert.match(stdout, /\nNothing was sent\.\n/);
      assert.deepEqual(scene.posts, []);
    } finally {
      terminal.kill();
    }
  });

  terminalStory(
    'the shell of a sandbox says where it is, and how to leave it',
    ONE,
    'sandbox exec -- sh',
    async (terminal) => {
      await terminal.shows(/^LaserData sandbox at http:\/\/127\.0\.0\.1:\d+; type exit to leave/m);
      terminal.enter('exit 3');
      await ends(3, terminal);
    },
  );

  story('without a width hangs at no spinner', ONE, async (scene) => {
    const size = { columns: 0, rows: 0 };
    const terminal = new Terminal(ldctl('activities', 'stats'), scene.env, size);
    try {
      await ends(0, terminal);
    } finally {
      terminal.kill();
    }
  });

  for (const [env, has, never] of [
    [{ TERM: 'xterm' }, COLOUR, /^$/],
    [{ NO_COLOR: '1' }, new RegExp(ESCAPE), COLOUR],
    [{ TERM: 'dumb' }, /rejected/, new RegExp(ESCAPE)],
  ] as const) {
    story(
      `${Object.entries(env).join()} shows what it is for`,
      { nodes: [7n], reject: [7n] },
      async (scene) => {
        const terminal = new Terminal(ldctl(...wordsOf(`${RESTART} --node 7`)), {
          ...scene.env,
          ...env,
        });
        await ends(3, terminal);
        assert.match(terminal.raw, has);
        assert.doesNotMatch(terminal.raw, never);
      },
    );
  }

  story('Ctrl-Z gives the cursor to the shell, and fg draws anew', ONE, async (scene) => {
    scene.stopClock();
    const terminal = new Terminal(['bash', '--norc', '-i'], { ...scene.env, PS1: '> ' });
    terminal.enter(quote(ldctl(...wordsOf(`${RESTART} --node 7`))));
    await terminal.shows(/processing/);
    await stop(terminal);
    terminal.enter('fg');
    await terminal.shows(/of 1 done/);
    scene.startClock();
    await terminal.shows(/completed on 1 node/);
    terminal.enter('exit $?');
    await ends(0, terminal);
    assert.equal(scene.posts.length, 1);
  });
});

describe('with CI in the environment, at a terminal', () => {
  story('no command asks anything', {}, async (scene) => {
    // The other two run until they are stopped.
    const ids = Object.keys(COMMANDS).filter((id) => !id.startsWith('sandbox:'));
    const lines = [
      ...ids.map((id) => id.replace(':', ' ')),
      RESTART,
      'activities roll iggy restart',
    ];
    const asking = lines.map(async (line) => {
      const terminal = new Terminal(ldctl(...wordsOf(line)), { ...scene.env, CI: 'true' });
      const { code, stdout } = await terminal.ended();
      assert.doesNotMatch(stdout, /^\? /m, line);
      return [line, code] as const;
    });
    const codes = Object.fromEntries(await Promise.all(asking));
    const asked = [
      RESTART,
      'activities roll iggy restart',
      TRIGGER,
      'activities roll',
      'activities wait',
    ];
    for (const line of asked) assert.equal(codes[line], 2, line);
    assert.deepEqual(scene.posts, []);
  });
});

describe('a question, after Ctrl-Z and fg', () => {
  for (const [title, args, first, again] of [
    ['has the same choice marked', RESTART, /❯ some of them\n/, /❯ some of them\n/],
    ['has what was typed', 'profiles add mine', /Tenant id[^:]*: 729/, /Tenant id[^:]*: 729/],
  ] as const) {
    story(title, {}, async (scene) => {
      const terminal = new Terminal(['bash', '--norc', '-i'], { ...scene.env, PS1: '> ' });
      try {
        terminal.enter(quote(ldctl(...wordsOf(args))));
        await terminal.shows(args === RESTART ? QUESTION : /Tenant id[^:]*:/);
        terminal.type(args === RESTART ? `${ESCAPE}[A` : '729');
        await terminal.shows(first);
        await stop(terminal);
        terminal.enter('fg');
        await terminal.shows(again);
        terminal.type(`${ESCAPE}[B`);
        terminal.type('\u0004');
        await terminal.shows(/Nothing was (sent|stored)/);
        terminal.enter('exit $?');
        await ends(2, terminal);
        assert.deepEqual(scene.posts, []);
      } finally {
        terminal.kill();
      }
    });
  }
});
