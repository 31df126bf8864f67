import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from 'shell-quote';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { ldctl, LDCTL, type Ended } from '../helpers/ldctl.js';
import { story, until, wordsOf, type Scene, type Words } from '../helpers/scene.js';
import { answerOf, forward, reply, startServer } from '../helpers/server.js';
import { Terminal } from '../helpers/terminal.js';

const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const CTRL_Z = '\u001a';
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`);

/** The question, and what is below its answers. */
const QUESTION = /Restart iggy on [^?]*\?[^]*navigate/;
const RESTART = 'activities trigger iggy restart';
const ROLL_ALL = 'activities roll iggy restart';
const ONE = { nodes: [7n] };
const THREE = { nodes: [7n, 8n, 9n] };

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

  for (const [answer, keys, code] of [
    ['no', 'n\r', 2],
    ['Enter alone', '\r', 2],
    ['Ctrl-D', '\u0004', 2],
    ['Escape', ESCAPE, 2],
    ['Ctrl-C', '\u0003', 130],
  ] as const) {
    terminalStory(
      `every node is asked for, with path and count: ${answer}`,
      {},
      RESTART,
      async (terminal, scene) => {
        await terminal.shows(QUESTION);
        terminal.type(keys);
        const { stdout } = await ends(code, terminal);
        // The path, or the id where Core took longer than the 2 s that it has.
        assert.match(
          stdout,
          /Restart iggy on all 3 nodes of (\S+\/\S+\/sandbox|deployment\s+\d+)\?/,
        );
        assert.match(stdout, /\n(Interrupted; n|N)othing was sent\.\r?\n/);
        assert.doesNotMatch(stdout, /✔|error/);
        assert.deepEqual(scene.posts, []);
      },
    );
  }

  for (const [command, core, question] of [
    [RESTART, 4, 'Restart iggy on all 4 nodes of X? (3 are in the log; Core counts 4)'],
    [
      RESTART,
      2,
      'Restart iggy on 2 of the 3 nodes in the log of X? (Core counts 2; one may be gone)',
    ],
    [ROLL_ALL, 4, 'Restart iggy, one node at a time, on 3 nodes of X? (Core counts 4)'],
    [ROLL_ALL, 3, 'Restart iggy, one node at a time, on all 3 nodes of X?'],
  ] as const) {
    story(
      `a question has one number, with Core counting ${core}: ${command}`,
      THREE,
      async (scene) => {
        const counting = await startServer(async (request, ...answer) => {
          if (!/\/deployments\/\d+$/.test(request.url)) {
            return answerOf(scene.url)(request, ...answer);
          }
          const body = await (await forward(scene.url, request)).text();
          return reply(200, body.replace('"nodes_count":3', `"nodes_count":${core}`))(
            request,
            ...answer,
          );
        });
        await atTerminal(scene, `${command} --api-url ${counting.url}`, async (terminal) => {
          await terminal.shows(/Restart iggy[^?]*\?[^]*navigate/);
          terminal.enter();
          const { stdout } = await ends(2, terminal);
          const shown = stdout
            .replace(/\s+/g, ' ')
            .replace(/of (\S+\/\S+\/sandbox|deployment \d+)\?/g, 'of X?');
          assert.ok(shown.includes(`${question} no`), stdout);
          assert.deepEqual(scene.posts, []);
        }).finally(() => counting.close());
      },
    );
  }

  terminalStory(
    'what was typed before the question is no answer to it',
    {},
    RESTART,
    async (terminal, scene) => {
      terminal.enter('y');
      await terminal.shows(QUESTION);
      terminal.enter();
      await ends(2, terminal);
      assert.deepEqual(scene.posts, []);
    },
  );

  // A single executable takes no code that is loaded before it.
  if (LDCTL.endsWith('.js')) {
    story('nor is it where this machine is slow to read it', {}, async (scene) => {
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
    });
  }

  for (const [name, key] of [
    ['right', `${ESCAPE}[C`],
    ['Delete', `${ESCAPE}[3~`],
    ['Ctrl-L', '\u000c'],
  ] as const) {
    terminalStory(`${name} marks no yes`, {}, RESTART, async (terminal, scene) => {
      await terminal.shows(QUESTION);
      terminal.enter(key);
      await ends(2, terminal);
      assert.deepEqual(scene.posts, []);
    });
  }

  const THREE_OF = /On which nodes of[^]*◯ 9 [^]*enter done/;

  terminalStory(
    'some of the nodes are picked, and asked about',
    THREE,
    RESTART,
    async (terminal, scene) => {
      await terminal.shows(QUESTION);
      terminal.enter('s');
      await terminal.shows(THREE_OF);
      // The first, and the one below it.
      terminal.type(' ');
      terminal.type(`${ESCAPE}[B`);
      terminal.enter(' ');
      await terminal.shows(/Restart iggy on 7 and 8\?[^]*yes, 2 nodes/);
      assert.deepEqual(scene.posts, []);
      terminal.enter('y');
      await ends(0, terminal);
      assert.deepEqual(scene.bodies, ['{"nodes":[7,8]}']);
    },
  );

  const FIFTY = {
    nodes: Array.from({ length: 50 }, (_, index) => 18446744073709551566n + BigInt(index)),
  };
  for (const [how, keys, code, nothing] of [
    ['Escape', ESCAPE, 2, /\nNothing was sent\.\n/],
    ['Ctrl-C', '\u0003', 130, /\nInterrupted; nothing was sent\.\n/],
  ] as const) {
    story(`no digit or letter picks a node, and ${how} leaves the picker`, FIFTY, async (scene) => {
      const size = { columns: 80, rows: 24 };
      const terminal = new Terminal(ldctl(...wordsOf(RESTART)), scene.env, size);
      try {
        await terminal.shows(QUESTION);
        terminal.enter('s');
        await terminal.shows(/0 of 50 chosen[^]*below[^]*enter done/);
        terminal.type('912ai');
        await terminal.shows(/0 of 50 chosen, filter: 912ai/);
        terminal.enter();
        await terminal.shows(/None is chosen yet/);
        terminal.type(keys);
        const { stdout } = await ends(code, terminal);
        assert.match(stdout, nothing);
        assert.doesNotMatch(stdout, /◉|error/);
        assert.deepEqual(scene.posts, []);
      } finally {
        terminal.kill();
      }
    });
  }

  terminalStory(
    'Ctrl-D in the middle of a name is no',
    {},
    'profiles add mine',
    async (terminal) => {
      await terminal.shows(/Tenant id[^:]*:/);
      terminal.type('72\u0004');
      const { stdout } = await ends(2, terminal);
      assert.match(stdout, /^error: the question was not answered\nhint: Nothing was stored\.$/m);
    },
  );

  for (const [answer, keys] of [
    ['waited for', 'w'],
    ['left alone', 'y'],
  ] as const) {
    const two = { nodes: [7n, 8n] };
    story(`a busy node stands in the question, and is ${answer}`, two, async (scene) => {
      scene.stopClock();
      scene.restartByOther(8n);
      await atTerminal(scene, RESTART, async (terminal) => {
        await terminal.shows(
          /Restart iggy on all 2 nodes of [^?]+\? Node\s+8\s+is\s+being\s+restarted\s+\(\d/,
        );
        await terminal.shows(/wait for it to finish, then restart all 2 nodes\n[^]*navigate/);
        const { record } = scene.sandbox;
        const { reads } = record;
        terminal.enter(keys);
        await until('three more reads', () => record.reads >= reads + 3);
        assert.equal(scene.dispatched, keys === 'w' ? 0 : 1);
        scene.startClock();
        await ends(0, terminal);
        assert.equal(scene.dispatched, 1);
      });
    });
  }

  const long = [610809900976570889n, 610809900976570890n, 620809900976570890n];
  terminalStory(
    'the end of an id is asked about with the whole id, and a node is called by its name',
    { nodes: long },
    'nodes name ...889 broker-1',
    async (terminal, scene) => {
      await terminal.shows(/Which node is …889\?[^]*none of these[^]*610809900976570889/);
      // No is what Enter alone says.
      terminal.type(`${ESCAPE}[A`);
      terminal.enter();
      await ends(0, terminal);
      await atTerminal(scene, `${RESTART} --node broker-1,...890`, async (named) => {
        await named.shows(/Which node is …890\?[^]*none of these[^]*610809900976570890[^]*6208/);
        named.type(`${ESCAPE}[A`);
        named.enter();
        await named.shows(/^broker-1 +\d+/m);
        const { stdout } = await ends(0, named);
        assert.match(stdout, /^broker-1 +\d+ +completed/m);
        assert.deepEqual(scene.bodies, [`{"nodes":[${long[0]},${long[2]}]}`]);
      });
      for (const [command, keys, undone] of [
        [RESTART, '\r', 'Nothing was sent.'],
        [RESTART, '\u0004', 'Nothing was sent.'],
        ['nodes list', '\r', 'Nothing was done.'],
      ]) {
        await atTerminal(scene, `${command} --node ...890`, async (refused) => {
          await refused.shows(/none of these/);
          refused.type(String(keys));
          const { stdout } = await ends(2, refused);
          assert.match(stdout, new RegExp(`\n${undone}\n$`));
          assert.doesNotMatch(stdout, /error|hint/);
        });
      }
      assert.equal(scene.posts.length, 1);
    },
  );

  terminalStory(
    'yes goes ahead, and shows the nodes live in colour',
    { nodes: [7n, 8n] },
    RESTART,
    async (terminal, scene) => {
      await terminal.shows(QUESTION);
      scene.stopClock();
      terminal.enter('y');
      await terminal.shows(/^7 +\d+ +\S processing/m);
      scene.startClock();
      await terminal.shows(/waiting \ds for nodes that may still report/);
      const { stdout } = await ends(0, terminal);
      assert.match(stdout, /^✓ restart of iggy completed on 2 of 2 nodes$/m);
      assert.match(terminal.raw, COLOUR);
      assert.deepEqual(scene.bodies, ['{}']);
    },
  );

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

  const GATE = 'until [ -e "$HOME/done" ]; do sleep 0.1; done';
  const ROLL = ['activities', 'roll', 'iggy', 'restart', '--node', '7', '--gate', GATE];
  for (const [limit, time] of [
    ['0', /gate \d+s {2,}/],
    ['5m', /gate \d+s of 5m {2,}/],
  ] as const) {
    terminalStory(
      `a roll shows how long its gate has been running, with a limit of ${limit}`,
      ONE,
      [...ROLL, '--gate-timeout', limit],
      async (terminal, scene) => {
        await terminal.shows(time);
        writeFileSync(join(scene.folder, 'done'), '');
        await ends(0, terminal);
      },
    );
  }

  const slow = { nodes: [7n], workMs: 600_000 };
  story('Ctrl-C while watching a list prints how to continue', slow, async (scene) => {
    scene.restartByOther(7n);
    await atTerminal(scene, 'activities list --watch', async (terminal) => {
      await terminal.shows(/1 processing.*ends when all are final/);
      terminal.interrupt();
      const { stdout } = await ends(130, terminal);
      assert.match(stdout, /^To continue: ldctl activities wait \d+\n$/m);
      assert.doesNotMatch(stdout, /error/);
    });
  });

  terminalStory(
    'Ctrl-C while following prints how to continue',
    slow,
    `${RESTART} --node 7`,
    async (terminal) => {
      await terminal.shows(/processing/);
      terminal.interrupt();
      const { stdout } = await ends(130, terminal);
      assert.match(
        stdout,
        /^Stopped watching; the restart continues\.\nnext: ldctl activities wait \d+\r?$/m,
      );
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

  for (const [env, never] of [
    [{ NO_COLOR: '1' }, COLOUR],
    [{ TERM: 'dumb' }, new RegExp(ESCAPE)],
  ] as const) {
    story(
      `${Object.keys(env).join()} takes away what it is for`,
      { nodes: [7n], reject: [7n] },
      async (scene) => {
        const terminal = new Terminal(ldctl(...wordsOf(`${RESTART} --node 7`)), {
          ...scene.env,
          ...env,
        });
        await ends(3, terminal);
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

describe('the first five minutes, at a terminal', () => {
  story('from nothing to a finished restart, by answering questions', {}, async (scene) => {
    const key = scene.forget().sandbox.apiKey;
    // There is no keyring at the end of this.
    scene.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent/bus';
    const before = await scene.ends(2, 'activities list');
    assert.match(before.stderr, /ldctl profiles add NAME/);

    await atTerminal(
      scene,
      `profiles add mine --protected --api-url ${scene.url}`,
      async (terminal) => {
        await terminal.shows(/Tenant id \(the LaserData console shows it\):/);
        terminal.enter(scene.sandbox.tenantId.toString());
        await terminal.shows(/API key:/);
        terminal.enter(`${key}x`);
        await terminal.shows(/warning: the sandbox does not know this key/);
        await terminal.shows(/API key:/);
        terminal.enter(key);
        await terminal.shows(/key "sandbox admin", role admin/);
        await terminal.shows(/Deployment:\s*\n❯ platform\/demo\/sandbox\n/);
        terminal.enter('emo/sand');
        await terminal.shows(/Deployment: emo\/sand\s*\n❯ platform\/demo\/sandbox\n\n/);
        terminal.enter();
        await terminal.shows(/warning: no keyring answers on this machine/);
        await terminal.shows(/❯ In a file that only you can read/);
        terminal.enter();
        await terminal.shows(/added mine → platform\/demo\/sandbox; key good for 199 days\n/);
        assert.ok(!(await ends(0, terminal)).stdout.includes(key), 'the key was shown');
        assert.ok(readFileSync(join(scene.folder, 'config', 'config.json'), 'utf8').includes(key));
      },
    );

    // A name that is not typed right acts on nothing, and is asked for again.
    const path = 'platform/demo/sandbox';
    const names = [path, 'sandbox', String(scene.sandbox.deploymentId)];
    for (const [sent, typed] of ['', ...names].entries()) {
      await atTerminal(scene, `${RESTART} --yes`, async (terminal) => {
        await terminal.shows(/Type\s+platform\/demo\/sandbox\s+to\s+go\s+ahead:/);
        terminal.enter('sandbo');
        await terminal.shows(/"sandbo" is not platform\/demo\/sandbox/);
        terminal.type('\u007f'.repeat('sandbo'.length));
        terminal.enter(typed);
        const { stdout } = await ends(typed === '' ? 2 : 0, terminal);
        assert.ok(!stdout.includes(key));
        if (typed === '') assert.match(stdout, /\nNothing was sent\.\n/);
        assert.equal(scene.dispatched, sent);
      });
    }

    await atTerminal(scene, 'profiles remove mine', async (terminal) => {
      await terminal.shows(/Remove profile and key mine\?/);
      terminal.enter('n');
      const { stdout } = await ends(2, terminal);
      assert.match(stdout, /\nNothing was removed\.\n$/);
      assert.doesNotMatch(stdout, /error|hint/);
    });
    await scene.ends(0, 'profiles show mine');
  });

  story(
    'on a protected profile asks for the name first, then whether to wait for a busy node',
    { nodes: [7n, 8n] },
    async (scene) => {
      const { sandbox, url } = scene;
      const flags = `--tenant-id ${sandbox.tenantId} --supervisor-url ${url} --deployment ${sandbox.deploymentId}`;
      const add = `profiles add prod --protected --api-key-stdin --key-store file --api-url ${url}`;
      await scene.start(`${add} ${flags}`).input(sandbox.apiKey).ended();
      scene.stopClock();
      scene.restartByOther(8n);
      await atTerminal(scene, `${RESTART} --node 8 --profile prod`, async (terminal) => {
        await terminal.shows(/Restart iggy on node 8 of \S+\s+Node\s+8\s+is\s+being\s+restarted/);
        await terminal.shows(/Type\s+\S+\s+to\s+go\s+ahead:/);
        terminal.enter(String(sandbox.deploymentId));
        await terminal.shows(
          /Node\s+8\s+is\s+being\s+restarted[^]*yes, node 8\n[^]*wait for it to finish, then restart node 8/,
        );
        terminal.enter('w');
        scene.startClock();
        await ends(0, terminal);
        assert.equal(scene.dispatched, 1);
      });
    },
  );

  story(
    'no name of a deployment acts in the question of a protected profile',
    ONE,
    async (scene) => {
      const { sandbox, url } = scene;
      const flags = `--tenant-id ${sandbox.tenantId} --supervisor-url ${url} --deployment ${sandbox.deploymentId}`;
      const add = `profiles add prod --protected --no-verify --api-key-stdin --key-store file ${flags}`;
      // Core, which would know its path, is not reached.
      await scene
        .forget()
        .start(`${add} --api-url http://127.0.0.1:1`)
        .input(sandbox.apiKey)
        .ended();
      const config = join(scene.folder, 'config', 'config.json');
      const { profiles } = JSON.parse(readFileSync(config, 'utf8')) as { profiles: object[] };
      const named = { ...profiles[0], deployment_name: `${ESCAPE}[2Jpwned` };
      writeFileSync(config, JSON.stringify({ current: 'prod', profiles: [named] }));
      scene.env.LD_DEPLOYMENT_ID = '';
      await atTerminal(scene, `${RESTART} --node 7`, async (terminal) => {
        await terminal.shows(
          /LD_DEPLOYMENT_ID is empty, so this is prod's deployment, +\[2Jpwned\n/,
        );
        await terminal.shows(/Type +\[2Jpwned +to go ahead:/);
        terminal.enter('wrong');
        await terminal.shows(/"wrong" is not +\[2Jpwned/);
        terminal.interrupt();
        await ends(130, terminal);
        assert.ok(!terminal.raw.includes(`${ESCAPE}[2J`), 'its name clears the screen');
      });
    },
  );
});
