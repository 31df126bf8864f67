import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ldctl } from '../helpers/ldctl.js';
import { until, withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { Terminal } from '../helpers/terminal.js';
import { parseJson } from '../helpers/readers.js';

const LONG = { workMs: 600_000 };
const RESTART = ['activities', 'trigger', 'iggy', 'restart'];
const ROLL = ['activities', 'roll', 'iggy', 'restart'];

/**
 * A shell that outlives its terminal to write down how the command ended. The system tells only the shell that the
 * terminal has closed, and a shell then tells its jobs.
 */
const SHELL = `
exec 3<&0
"$@" <&3 &
trap 'kill -HUP $!' HUP
while wait $!; code=$?; kill -0 $!; do :; done
echo $code > code.new
mv code.new code`;

/** What a command ended with whose terminal closed once it was so far. */
async function afterClosing(
  scene: Scene,
  command: readonly string[],
  soFar: RegExp | ((terminal: Terminal) => Promise<void>),
): Promise<string> {
  const line = `cd ${scene.folder}; ${SHELL}`;
  const terminal = new Terminal(['sh', '-c', line, 'sh', ...command], scene.env);
  try {
    await (soFar instanceof RegExp ? terminal.shows(soFar) : soFar(terminal));
  } finally {
    // With the process that owns it, the terminal is gone.
    terminal.kill();
  }
  const code = join(scene.folder, 'code');
  await until('the end of the command', () => existsSync(code));
  return readFileSync(code, 'utf8').trim();
}

/** The same, its stdout in a file. */
const intoFile = (...args: string[]): string[] => ['sh', '-c', 'exec "$@" > out', 'sh', ...ldctl(...args)];
const written = (scene: Scene): unknown => parseJson(readFileSync(join(scene.folder, 'out'), 'utf8'));

/** Sends SIGHUP to a roll once its first node is underway. @returns the end of it, which comes by itself */
function hangUpRoll(prefix: readonly string[]): Promise<void> {
  return withScene({ workMs: 800 }, async (scene) => {
    const [program = '', ...args] = [...prefix, ...ldctl(...ROLL)];
    const run = scene.spawn(program, [...args, '--node', scene.nodes.join(','), '-o', 'json']).input();
    await run.said(/dispatched/);
    run.kill('SIGHUP');
    const { code, stdout, stderr } = await run.ended();
    assert.equal(code, 0, stderr);
    assert.equal((parseJson(stdout) as { outcome: string }).outcome, 'completed');
    assert.equal(scene.dispatched, scene.nodes.length);
  });
}

describe('SIGHUP', function () {
  this.timeout(300_000);

  sideBySide({
    'under nohup, a roll goes on to its last node': () => hangUpRoll(['nohup']),
    'where neither output is a terminal, as in a service, a roll goes on': () => hangUpRoll([]),

    'at a terminal that closes, a trigger ends with 129 and leaves the nodes to themselves': () =>
      withScene(LONG, async (scene) => {
        const code = await afterClosing(scene, ldctl(...RESTART, '--node', `${scene.nodes[0]}`), /processing/);
        assert.equal(code, '129');
        assert.equal(scene.dispatched, 1);
      }),

    'where only stderr is the terminal, the result says how to go on': () =>
      withScene(LONG, async (scene) => {
        const command = intoFile(...RESTART, '--node', `${scene.nodes[0]}`, '-o', 'json');
        assert.equal(await afterClosing(scene, command, /processing/), '129');
        const { outcome, resume } = written(scene) as { outcome: string; resume: string };
        assert.equal(outcome, 'interrupted');
        assert.match(resume, /^ldctl activities wait \d+$/);
      }),

    'a roll at a terminal that closes starts no other node, and says how to go on': () =>
      withScene(LONG, async (scene) => {
        const roll = intoFile(...ROLL, '--node', scene.nodes.join(','), '-o', 'json');
        assert.equal(await afterClosing(scene, roll, /processing/), '129');
        const { resume } = written(scene) as { resume: string };
        assert.match(resume, /^ldctl activities /);
        assert.equal(scene.dispatched, 1);
      }),

    'a wait ends by it too': () =>
      withScene(LONG, async (scene) => {
        scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } });
        const { stdout } = await scene.ldctl([
          'activities',
          'list',
          '--status',
          'processing',
          '-o',
          'csv',
          '--columns',
          'id',
        ]);
        const [, id = ''] = stdout.split(/\r?\n/);
        const code = await afterClosing(scene, ldctl('activities', 'wait', id), /processing/);
        assert.equal(code, '129');
      }),

    'a question that no one can answer any more is not consent': () =>
      withScene(LONG, async (scene) => {
        const code = await afterClosing(scene, ldctl(...RESTART), /Restart iggy on all/);
        assert.equal(code, '129');
        assert.deepEqual(scene.posts, []);
      }),

    'where only stdin was the terminal that closes, a trigger goes on to its end': () =>
      withScene({ workMs: 2000 }, async (scene) => {
        const trigger = ldctl(...RESTART, '--node', `${scene.nodes[0]}`);
        const command = ['sh', '-c', 'exec "$@" > out 2>&1', 'sh', ...trigger];
        const dispatched = (): Promise<void> => until('the POST', () => scene.dispatched === 1);
        assert.equal(await afterClosing(scene, command, dispatched), '0');
      }),

    'other commands simply end by it': () =>
      withScene({}, async (scene) => {
        const run = scene.start(['activities', 'list', '--follow', '-o', 'ndjson']).input();
        await run.said(/"listing"|"activity"/);
        run.kill('SIGHUP');
        assert.deepEqual((await run.ended()).signal, 'SIGHUP');
      }),
  });
});
