import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { nodeIds } from '../../src/sandbox/options.js';
import { type Run } from '../helpers/ldctl.js';
import { readAs } from '../helpers/readers.js';
import { until, withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

/** The exit code of a command at the left of a pipe goes to fd 3, which is stderr here. */
const piped = (command: string, reader: string): string =>
  `{ { ${command}; echo "exit $?" >&3; } 3>&2 2>&4 | ${reader}; } 4>&2`;

const exitIn = (stderr: string): string | undefined => /^exit (\d+)$/m.exec(stderr)?.[1];

const RESTART = ['activities', 'trigger', 'iggy', 'restart', '--node', '7'];
const FULL_DISK = '/dev/full';

/** Says in the title of a test that it could not be tried on this machine. */
const unless = (present: boolean, what: string): string => (present ? '' : ` (not tried: there is no ${what} here)`);

/** Runs a command before a reader that never reads, and ends it by one signal once `isStuck`. @returns its exit code */
async function beforeStuckReader(
  scene: Scene,
  { command, signal }: { command: string; signal: NodeJS.Signals },
  isStuck: (run: Run) => Promise<void>,
): Promise<number | null> {
  const pipe = join(scene.folder, 'stuck');
  execFileSync('mkfifo', [pipe]);
  const reader = scene.spawn('sh', ['-c', `exec 9<'${pipe}'; echo open; exec sleep 600`]).input();
  const run = scene.spawn('sh', ['-c', `exec ${command}`], { STUCK: pipe }).input();
  await reader.said(/open/);
  await isStuck(run);
  const signalledAt = performance.now();
  run.kill(signal);
  const { code, stderr } = await run.ended();
  const took = performance.now() - signalledAt;
  // A second, and what a machine adds that is busy with other tests.
  assert.ok(took < 5000, `it took ${took.toFixed()}ms to end: ${stderr}`);
  return code;
}

const MANY = nodeIds(3000);

describe('the standard streams', function () {
  this.timeout(300_000);

  sideBySide({
    'a list before a reader that has stopped reading ends by one SIGTERM': () =>
      withScene({ history: 20_000 }, async (scene) => {
        let reads = 0;
        const code = await beforeStuckReader(
          scene,
          { command: 'ldctl activities list --limit 0 -o ndjson > "$STUCK"', signal: 'SIGTERM' },
          async () => {
            // It reads no further than it can write.
            while (reads === 0 || reads !== scene.sandbox.record.reads) {
              reads = scene.sandbox.record.reads;
              await realSleep(500);
            }
          },
        );
        assert.equal(code, 143);
      }),

    'a trigger before a reader that has stopped reading stdout ends by one SIGINT, with what its result is worth': () =>
      withScene({ nodes: MANY, workMs: 600_000 }, async (scene) => {
        const command = `ldctl activities trigger iggy restart --yes -o json > "$STUCK"`;
        const code = await beforeStuckReader(scene, { command, signal: 'SIGINT' }, (run) => run.said(/dispatched/));
        assert.equal(code, 130);
      }),

    'a roll whose gate writes without end, before a reader that has stopped reading stderr, ends by one SIGTERM': () =>
      withScene({ nodes: [7n, 8n], workMs: 50 }, async (scene) => {
        const gate = `cd ${scene.folder}; echo > begun; yes`;
        const command = `ldctl activities roll iggy restart --node 7,8 --gate "$GATE" 2> "$STUCK"`;
        scene.env.GATE = gate;
        const begun = (): Promise<void> => until('the gate', () => existsSync(join(scene.folder, 'begun')));
        const code = await beforeStuckReader(scene, { command, signal: 'SIGTERM' }, async () => {
          await begun();
          await realSleep(1000);
        });
        assert.equal(code, 143);
        assert.equal(scene.dispatched, 1);
      }),

    'a reader that goes away ends a list quietly': () =>
      withScene({ history: 20_000 }, async (scene) => {
        const { stdout, stderr } = await scene.shell(piped('ldctl activities list --limit 0 -o csv', 'head -1'));
        assert.match(stdout, /^id,node,[^\n]+\n$/);
        assert.equal(stderr, 'exit 0\n');
        assert.ok(scene.sandbox.record.reads < 200, 'it stops to read what nobody wants');
      }),

    'a reader that goes away ends a list that is followed': () =>
      withScene({ workMs: 50 }, async (scene) => {
        const acting = setInterval(() => {
          scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } });
        }, 100);
        const follow = piped('ldctl activities list --follow -o ndjson', 'head -1');
        const { stdout, stderr } = await scene.shell(follow).finally(() => clearInterval(acting));
        assert.equal((readAs('ndjson', stdout) as unknown[]).length, 1);
        assert.equal(exitIn(stderr), '0', stderr);
      }),

    'a reader that goes away does not change how a trigger ends': () =>
      withScene({ nodes: [7n, 8n], reject: [8n] }, async (scene) => {
        const trigger = piped('ldctl activities trigger iggy restart --node 7,8 -o ndjson', 'head -1');
        const { stdout, stderr } = await scene.shell(trigger);
        assert.deepEqual(
          (readAs('ndjson', stdout) as Array<{ event: string }>).map(({ event }) => event),
          ['dispatched'],
        );
        assert.equal(exitIn(stderr), '3', stderr);
        assert.match(stderr, /^✗ restart of iggy: 1 of 2 nodes rejected it \(8\)$/m);
      }),

    'a closed stdin is no terminal: it neither asks nor fails': () =>
      withScene({ nodes: [7n] }, async (scene) => {
        const asks = await scene.shell('ldctl activities trigger iggy restart <&-');
        assert.equal(asks.code, 2, asks.stderr);
        const named = await scene.shell('ldctl activities trigger iggy restart --node 7 <&-');
        assert.equal(named.code, 0, named.stderr);
        assert.equal(scene.dispatched, 1);
      }),

    [`a full disk is an error in a line, and what was done is told${unless(existsSync(FULL_DISK), FULL_DISK)}`]: () =>
      withScene({ nodes: [7n] }, async (scene) => {
        if (!existsSync(FULL_DISK)) return;
        const { code, stderr } = await scene.shell(`ldctl ${RESTART.join(' ')} -o json > ${FULL_DISK}`);
        assert.equal(code, 1, stderr);
        assert.match(stderr, /^error: the output could not be written: ENOSPC/m);
        assert.doesNotMatch(stderr, /^ +at /m);
        assert.match(stderr, /^\S+ 7 activity \d+ completed/m);
      }),

    [`help that cannot be written is an error, too${unless(existsSync(FULL_DISK), FULL_DISK)}`]: () =>
      withScene({}, async (scene) => {
        if (!existsSync(FULL_DISK)) return;
        for (const words of ['--help', '--version', 'activities trigger --help']) {
          const { code, stderr } = await scene.shell(`ldctl ${words} > ${FULL_DISK}`);
          assert.equal(code, 1, stderr);
          assert.match(stderr, /^error: the output could not be written: ENOSPC/);
        }
      }),

    'what is no terminal gets no colour and no cursor movements': () =>
      withScene({ nodes: [7n], reject: [7n] }, async (scene) => {
        const { stdout, stderr } = await scene.ldctl(RESTART, { TERM: 'xterm-256color', FORCE_COLOR: '1' });
        assert.ok(!`${stdout}${stderr}`.includes('\u001b'), stderr);
      }),

    '--quiet says nothing of a success on stderr': () =>
      withScene({ nodes: [7n] }, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '-q']);
        assert.equal(code, 0);
        assert.match(stdout, /^7 +\d+ +completed/m);
        assert.equal(stderr, '');
      }),
  });
});
