import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { nodeIds } from '../../src/sandbox/options.js';
import { type Run } from '../helpers/ldctl.js';
import { readAs } from '../helpers/readers.js';
import { endsWith, story, until, wordsOf, type Scene } from '../helpers/scene.js';

const RESTART = 'activities trigger iggy restart --node 7';
const ONE = { nodes: [7n] };

/** The exit code of a command at the left of a pipe goes to fd 3, which is stderr here. */
const piped = (command: string, reader: string): string =>
  `{ { ${command}; echo "exit $?" >&3; } 3>&2 2>&4 | ${reader}; } 4>&2`;

function fifoIn({ folder }: Scene, name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', ['-m', '600', path]);
  return path;
}

describe('a reader that has stopped reading', () => {
  /** Ends a command before it by one signal once `isStuck`, with what its result is worth. */
  async function stuck(
    scene: Scene,
    code: number,
    command: string,
    isStuck: (run: Run) => Promise<void>,
    says = /^/,
  ): Promise<void> {
    const pipe = fifoIn(scene, 'stuck');
    const reader = scene.spawn('sh', ['-c', `exec 9<'${pipe}'; echo open; exec sleep 600`]).input();
    const run = scene.spawn('sh', ['-c', `exec ${command}`], { STUCK: pipe }).input();
    await reader.said(/open/);
    await isStuck(run);
    run.kill(code === 130 ? 'SIGINT' : 'SIGTERM');
    // The reader stays for 600 s: one that waited for it would hang.
    assert.match((await endsWith(code, run)).stderr, says);
  }

  story('holds up no SIGTERM of a list', { history: 20_000 }, (scene) =>
    stuck(scene, 143, 'ldctl activities list --limit 0 -o ndjson > "$STUCK"', async () => {
      // It reads no further than it can write.
      let reads = 0;
      while (reads === 0 || reads !== scene.sandbox.record.reads) {
        reads = scene.sandbox.record.reads;
        await realSleep(500);
      }
    }),
  );

  story('holds up no SIGINT of a trigger', { nodes: nodeIds(3000), workMs: 600_000 }, (scene) =>
    stuck(
      scene,
      130,
      'ldctl activities trigger iggy restart --yes -o json > "$STUCK"',
      async (run) => {
        await run.said(/dispatched/);
      },
      /^Stopped watching; the restart continues[^]*^error: interrupted by SIGINT$/m,
    ),
  );

  story(
    'holds up no SIGTERM of a roll whose gate floods',
    { nodes: [7n, 8n], workMs: 50 },
    async (scene) => {
      scene.env.GATE = `cd '${scene.folder}'; echo > started; yes`;
      const roll = 'ldctl activities roll iggy restart --node 7,8 --gate "$GATE" 2> "$STUCK"';
      await stuck(scene, 143, roll, async () => {
        await until('the gate', () => existsSync(join(scene.folder, 'started')));
        await realSleep(1000);
      });
      assert.equal(scene.dispatched, 1);
    },
  );
});

describe('a reader that goes away', () => {
  story('ends a list quietly', { history: 20_000 }, async (scene) => {
    const { stdout, stderr } = await scene.shell(
      piped('ldctl activities list --limit 0 -o csv', 'head -1'),
    );
    assert.match(stdout, /^id,node,[^\n]+\n$/);
    assert.equal(stderr, 'exit 0\n');
    assert.ok(scene.sandbox.record.reads < 200, 'it reads what is wanted no more');
  });

  story('ends a list that is followed', { workMs: 50 }, async (scene) => {
    const acting = setInterval(() => scene.restartByOther(), 100);
    const follow = scene.shell(piped('ldctl activities list --follow -o ndjson', 'head -1'));
    const { stdout, stderr } = await follow.finally(() => clearInterval(acting));
    assert.equal((readAs('ndjson', stdout) as unknown[]).length, 1);
    assert.match(stderr, /^exit 0$/m);
  });

  story('does not change how a trigger ends', { nodes: [7n], reject: [7n] }, async (scene) => {
    const { stdout, stderr } = await scene.shell(piped(`ldctl ${RESTART} -o ndjson`, 'head -1'));
    const [first, ...more] = readAs('ndjson', stdout) as Array<{ event: string }>;
    assert.deepEqual([first?.event, more], ['dispatched', []]);
    assert.match(stderr, /^✗ restart of iggy: 1 node rejected it \(7\)\n[^]*^exit 3$/m);
  });
});

describe('the standard streams', () => {
  story('a closed stdin is no terminal: it neither asks nor fails', ONE, async (scene) => {
    await endsWith(2, scene.shell('ldctl activities trigger iggy restart <&-'));
    await endsWith(0, scene.shell(`ldctl ${RESTART} <&-`));
    assert.equal(scene.dispatched, 1);
  });

  // Not every system has such a file.
  if (existsSync('/dev/full')) {
    story(
      'a full disk is an error in a line, and what was done is reported',
      ONE,
      async (scene) => {
        const dry = `${RESTART} --dry-run`;
        const lists = ['activities list', 'nodes list -w -o csv'];
        for (const words of ['--help', '--version', ...lists, dry, `${RESTART} -o json`]) {
          // 6 would mean that nothing was sent.
          const code = words.endsWith('json') ? 7 : 6;
          const { stderr } = await endsWith(code, scene.shell(`ldctl ${words} > /dev/full`));
          assert.match(stderr, /^error: cannot write to stdout: no space left$/m);
          assert.doesNotMatch(stderr, /^ +at /m);
          if (code === 7) assert.match(stderr, /^\S+ 7 activity \d+ completed/m);
        }
      },
    );

    const lost = { ...ONE, dropPosts: 1, missing: [7n] };
    story('nor is it said that nothing was sent before', lost, async (scene) => {
      const keyed = `${RESTART} --idempotency-key deploy-7 --appear-timeout 1s`;
      const first = scene.start(keyed).input();
      await first.said(/looking in the log/);
      first.kill('SIGKILL');
      await first.ended();
      // With the API key of another user, it is not sent again.
      const other = { LD_API_KEY: scene.sandbox.env.LDCTL_SANDBOX_READONLY_KEY };
      await endsWith(7, scene.shell(`ldctl ${keyed} > /dev/full`, other));
    });
  }

  story(
    'what is no terminal gets no colour unless that is forced, and --quiet says nothing of a success',
    ONE,
    async (scene) => {
      const coloured = { TERM: 'xterm-256color', FORCE_COLOR: '' };
      const forced = await scene.ends(0, RESTART, { FORCE_COLOR: '1' });
      assert.ok(forced.stdout.includes('\u001b[32mcompleted'), forced.stdout);
      const loud = await scene.ends(0, RESTART, coloured);
      assert.ok(!`${loud.stdout}${loud.stderr}`.includes('\u001b'), loud.stderr);
      const quiet = await scene.ends(0, `${RESTART} -q`, coloured);
      assert.match(quiet.stdout, /^7 +\d+ +completed/m);
      assert.equal(quiet.stderr, '');
    },
  );
});

describe('what is read, and never comes', () => {
  /**
   * Opens a FIFO for writing, which waits for a reader, and says `open`; then does as `after` says.
   */
  const writerTo = (scene: Scene, path: string, after = 'exec sleep 600'): Run =>
    scene.spawn('sh', ['-c', `exec 3>'${path}'; echo open; ${after}`]).input();

  story('a key file that is a pipe with a silent writer ends by Ctrl-C', {}, async (scene) => {
    const path = fifoIn(scene, 'silent');
    const writer = writerTo(scene, path);
    const run = scene.start('activities list', { LD_API_KEY: '', LD_API_KEY_FILE: path });
    run.input();
    await writer.said(/open/);
    run.kill('SIGINT');
    await endsWith(130, run);
    assert.equal(scene.posts.length, 0);
  });

  story('a key file that is a pipe is read to its end', ONE, async (scene) => {
    const path = fifoIn(scene, 'key');
    const key = scene.sandbox.apiKey;
    writerTo(
      scene,
      path,
      `printf %s '${key.slice(0, 9)}' >&3; sleep 0.3; printf '%s\\n' '${key.slice(9)}' >&3`,
    );
    await scene.ends(0, 'activities list -o json', { LD_API_KEY: '', LD_API_KEY_FILE: path });
  });

  for (const [what, text, nodes] of [
    ['lines', '7\n18446744073709551615\n', '7,18446744073709551615'],
    ['lines of Windows, with a blank one', '7\r\n\r\n8\r\n', '7,8'],
    ['names and spaces', 'broker-1 8,\n9', '8,9,610809900976570889'],
  ] as const) {
    story(`nodes that a program prints: ${what}`, {}, async (scene) => {
      await scene.ends(0, 'nodes name 610809900976570889 broker-1');
      writeFileSync(join(scene.folder, 'ids.txt'), text);
      const restart = `ldctl activities trigger iggy restart --no-wait --node "$(cat '${scene.folder}/ids.txt')"`;
      await scene.shell(restart);
      assert.deepEqual(scene.bodies, [`{"nodes":[${nodes}]}`]);
    });
  }

  for (const text of ['', '\n', ' \n,\n']) {
    story(
      `an empty list of nodes, ${JSON.stringify(text)}, is not every node`,
      {},
      async (scene) => {
        writeFileSync(join(scene.folder, 'ids.txt'), text);
        const restart = `ldctl activities trigger iggy restart --node "$(cat '${scene.folder}/ids.txt')"`;
        const { stderr } = await endsWith(2, scene.shell(restart));
        assert.match(stderr, /^error: --node is empty/);
        assert.equal(scene.posts.length, 0);
      },
    );
  }

  story('a key command that waits ends by Ctrl-C', ONE, async (scene) => {
    const { sandbox, folder, url } = scene;
    const fifo = fifoIn(scene, 'asked');
    const program = join(folder, 'vault');
    const does = (script: string): void =>
      writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
    does(`echo '${sandbox.apiKey}'`);
    const where = `--tenant-id ${sandbox.tenantId} --supervisor-url ${url} --deployment ${sandbox.deploymentId}`;
    const add = wordsOf(`profiles add prod --no-verify ${where} --key-command`);
    await scene.forget().ends(0, [...add, `'${program}'`]);
    does(`echo > '${fifo}'; exec sleep 600`);
    const asked = scene.spawn('cat', [fifo]).input();
    const run = scene.start('activities list').input();
    await asked.ended();
    run.kill('SIGINT');
    await endsWith(130, run);
  });
});
