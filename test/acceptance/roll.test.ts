import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DispatchRecord } from '../../src/sandbox/index.js';
import { nodeIds } from '../../src/sandbox/options.js';
import { isThere } from '../helpers/is-there.js';
import { type Ended } from '../helpers/ldctl.js';
import { resumeIn, until, withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

const ROLLING = ['activities', 'roll', 'iggy', 'restart'];
const ROLL = [...ROLLING, '--yes', '-o', 'json'];

interface Result {
  outcome: string;
  resume: string | null;
  nodes: Array<{
    node_id: bigint;
    status: string;
    started_at: string | null;
    gate: { exit_code: bigint | null; timed_out: boolean } | null;
  }>;
}

const resultOf = ({ stdout }: Ended): Result => parseJson(stdout) as Result;
const statuses = (ended: Ended): string[] => resultOf(ended).nodes.map(({ status }) => status);

/** A scene of so many nodes, and the flags that name them in their order. */
function withNodes(count: number, play: (scene: Scene, named: string[]) => Promise<void>): Promise<void> {
  return withScene({ nodes: nodeIds(count), workMs: 600 }, (scene) => play(scene, ['--node', scene.nodes.join(',')]));
}

function dispatchesOf({ sandbox }: Scene): DispatchRecord[] {
  return sandbox.record.dispatches.filter(({ idempotency_key: key }) => key !== null);
}

/** The nodes that were acted on, in order, as often as they were. */
function actedOn(scene: Scene): bigint[] {
  return dispatchesOf(scene).flatMap(({ activities }) => activities.map(({ node_id: node }) => node));
}

/** The most activities that were underway at once, from the POST to the end, by the server's own record. */
function mostAtOnce(scene: Scene): number {
  const changes = dispatchesOf(scene).flatMap(({ at, activities }) =>
    activities.flatMap(({ finishes_at: end }) => [
      { at, by: 1 },
      { at: end ?? Infinity, by: -1 },
    ]),
  );
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return Math.max(...changes.map(({ by }) => (now += by)));
}

/** A gate that never ends, and has a child that does not either; it leaves the number of its group behind. */
const HANGING_GATE = 'echo $$ > "$TMPDIR/gate.pid"; sleep 600 & wait';

async function groupOfGate({ folder }: Scene): Promise<number> {
  const path = join(folder, 'gate.pid');
  await until('the gate', () => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
  return -Number(readFileSync(path, 'utf8'));
}

const goingWell: Record<string, () => Promise<void>> = {
  'nine nodes, two at a time: never more in processing, every node once, all done': () =>
    withNodes(9, async (scene, named) => {
      const ended = await scene.ldctl([...ROLL, ...named, '--max-unavailable', '2']);
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(actedOn(scene).sort(), [...scene.sandbox.nodeIds].sort());
      assert.equal(mostAtOnce(scene), 2);
      assert.deepEqual(
        scene.posts.map(({ body }) => body),
        scene.nodes.map((node) => `{"nodes":[${node}]}`),
      );
      assert.equal(new Set(scene.posts.map(({ idempotency_key: key }) => key)).size, 9);
      assert.deepEqual([resultOf(ended).outcome, resultOf(ended).resume], ['completed', null]);
      for (const { status, started_at: startedAt } of resultOf(ended).nodes) {
        assert.equal(status, 'completed');
        assert.match(startedAt ?? '', /^\d{4}-\d\d-\d\dT.*Z$/);
      }
    }),

  'nodes from another command, in its order': () =>
    withNodes(3, async (scene) => {
      const list = 'printf "# the last first\\n%s\\n" "$NODES"';
      const ended = await scene.shell(`${list} | ldctl activities roll iggy restart --nodes-from - -o json`, {
        NODES: scene.nodes.toReversed().join('\n'),
      });
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(actedOn(scene), scene.sandbox.nodeIds.toReversed());
    }),

  'a gate that passes: told in JSON, its lines on stderr, and no key in its environment': () =>
    withNodes(2, async (scene, named) => {
      const key = scene.sandbox.apiKey;
      const gate = 'env > "$TMPDIR/gate.$LDCTL_NODE_ID"; echo "well: $LDCTL_ACTIVITY_ID"';
      const ended = await scene.ldctl([...ROLL, ...named, '--gate', gate], { OTHER_NAME: `Bearer ${key}` });
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(
        resultOf(ended).nodes.map(({ gate: end }) => end?.exit_code),
        [0n, 0n],
      );
      const files = readdirSync(scene.folder).filter((name) => name.startsWith('gate.'));
      assert.deepEqual(files.sort(), scene.nodes.map((node) => `gate.${node}`).sort());
      const activities = dispatchesOf(scene).flatMap(({ activities: own }) => own);
      for (const { id, node_id: node } of activities) {
        const environment = readFileSync(join(scene.folder, `gate.${node}`), 'utf8');
        assert.ok(!environment.includes(key));
        assert.match(environment, /^LDCTL_DEPLOYMENT_ID=\d+$/m);
        assert.match(ended.stderr, new RegExp(`${node} gate \\| well: ${id}$`, 'm'));
      }
    }),

  'NDJSON: a dispatch, an activity and a gate for each node, and the result': () =>
    withNodes(2, async (scene, named) => {
      const ended = await scene.ldctl([...ROLLING, ...named, '-o', 'ndjson', '--gate', 'echo noise']);
      assert.equal(ended.code, 0, ended.stderr);
      const events = ended.stdout
        .trimEnd()
        .split('\n')
        .map((line) => parseJson(line) as { event: string; node_id?: bigint });
      const told = (name: string): Array<bigint | undefined> =>
        events.filter(({ event }) => event === name).map(({ node_id: node }) => node);
      assert.deepEqual(told('dispatched'), [...scene.sandbox.nodeIds]);
      assert.deepEqual(told('gate'), [...scene.sandbox.nodeIds]);
      assert.equal(events.at(-1)?.event, 'result');
      assert.doesNotMatch(ended.stdout, /noise/);
    }),

  'a dry run shows a request for each node, and sends none': () =>
    withNodes(3, async (scene, named) => {
      const ended = await scene.ldctl([...ROLL, ...named, '--dry-run']);
      assert.equal(ended.code, 0, ended.stderr);
      const { requests } = parseJson(ended.stdout) as { requests: Array<{ body: string }> };
      assert.deepEqual(
        requests.map(({ body }) => body),
        scene.nodes.map((node) => `{"nodes":[${node}]}`),
      );
      assert.equal(scene.posts.length, 0);
    }),
};

const goingWrong: Record<string, () => Promise<void>> = {
  'a gate that fails: 9, the node is done, no other is begun': () =>
    withNodes(3, async (scene, named) => {
      const ended = await scene.ldctl([...ROLL, ...named, '--gate', 'echo lagging >&2; exit 4']);
      assert.equal(ended.code, 9, ended.stderr);
      assert.deepEqual(statuses(ended), ['completed', 'not_started', 'not_started']);
      assert.equal(resultOf(ended).nodes[0]?.gate?.exit_code, 4n);
      assert.match(ended.stderr, /gate \| lagging$/m);
      assert.equal(scene.dispatched, 1);
    }),

  'a gate that hangs: 9, and it is ended with all that it started': () =>
    withNodes(2, async (scene, named) => {
      const ended = await scene.ldctl([...ROLL, ...named, '--gate', HANGING_GATE, '--gate-timeout', '1s']);
      assert.equal(ended.code, 9, ended.stderr);
      assert.equal(resultOf(ended).nodes[0]?.gate?.timed_out, true);
      const group = await groupOfGate(scene);
      await until('the end of its group', () => !isThere(group));
    }),

  'a busy node: 5 and nothing sent with fail': () =>
    withNodes(2, async (scene, named) => {
      const [first = 0n] = scene.sandbox.nodeIds;
      scene.sandbox.setTrouble(first, 'stuck');
      scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' }, nodes: [first] });
      scene.sandbox.setTrouble(first, undefined);
      const refused = await scene.ldctl([...ROLL, ...named, '--if-busy', 'fail']);
      assert.equal(refused.code, 5, refused.stderr);
      assert.equal((parseJson(refused.stdout) as { error: { code: string } }).error.code, 'busy');
    }),

  'every node without consent: 2, and nothing is even read': () =>
    withNodes(2, async (scene) => {
      const { code, stderr } = await scene.ldctl(ROLLING);
      assert.equal(code, 2, stderr);
      assert.deepEqual([scene.posts.length, scene.sandbox.record.reads], [0, 0]);
    }),
};

const interrupted: Record<string, () => Promise<void>> = {
  'one SIGINT: no more is begun, what runs is seen out, 130, and the printed command does the rest': () =>
    withNodes(4, async (scene, named) => {
      const run = scene.start([...ROLL, ...named]).input();
      await until('the first node', () => scene.dispatched === 1);
      run.kill('SIGINT');
      const ended = await run.ended();
      assert.equal(ended.code, 130, ended.stderr);
      assert.match(ended.stderr, /no more nodes are started/);
      assert.deepEqual(statuses(ended), ['completed', 'not_started', 'not_started', 'not_started']);
      const resumed = await scene.shell(`${resumeIn(ended)} -o json`);
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.deepEqual(actedOn(scene), [...scene.sandbox.nodeIds]);
    }),

  'two SIGINTs: it leaves at once, and says how to wait and how to go on': () =>
    withScene({ nodes: nodeIds(2), workMs: 600_000 }, async (scene) => {
      const run = scene.start([...ROLL, '--node', scene.nodes.join(',')]).input();
      await until('the first node', () => scene.dispatched === 1);
      await run.said(/processing/);
      run.kill('SIGINT');
      await run.said(/no more nodes are started/);
      run.kill('SIGINT');
      const ended = await run.ended();
      assert.equal(ended.code, 130, ended.stderr);
      assert.deepEqual(statuses(ended), ['processing', 'not_started']);
      assert.match(resumeIn(ended), /^ldctl activities roll --resume [\da-f-]{36}$/);
    }),

  'two SIGINTs in a gate: it has not passed, and the short command asks it again, and none that had passed': () =>
    withNodes(36, async (scene, named) => {
      const marks = join(scene.folder, 'asked');
      // The second node's gate takes its time, the first time.
      const quick = `echo $LDCTL_NODE_ID >> ${marks}; [ $(wc -l < ${marks}) != 2 ] || sleep 600 # ${'a long gate '.repeat(50)}`;
      const run = scene.start([...ROLL, ...named, '--max-unavailable', '50%', '--gate', quick]).input();
      const asked = (): string[] => (existsSync(marks) ? readFileSync(marks, 'utf8').trimEnd().split('\n') : []);
      await until('the second gate', () => asked().length >= 2);
      run.kill('SIGINT');
      await run.said(/no more nodes are started/);
      run.kill('SIGINT');
      const ended = await run.ended();
      assert.equal(ended.code, 130, ended.stderr);
      const cut = asked()[1];
      const command = resumeIn(ended);
      assert.ok(command.replace(scene.url, '').length < 300, command);
      const resumed = await scene.shell(`${command} -o json`);
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.match(resumed.stderr, /dispatched by an earlier run, [\d.]+s ago/);
      assert.doesNotMatch(resumed.stderr, /answer was lost/);
      const { nodes } = resultOf(resumed);
      assert.deepEqual(
        nodes.map(({ node_id: node }) => node),
        scene.sandbox.nodeIds,
      );
      const times = asked().filter((node) => node === cut).length;
      assert.equal(times, 2, 'it is asked again');
      assert.deepEqual(actedOn(scene).sort(), [...scene.sandbox.nodeIds].sort(), 'each node once');
    }),

  'SIGTERM in a gate: it is ended with all that it started, and no other node is begun': () =>
    withNodes(2, async (scene, named) => {
      const run = scene.start([...ROLL, ...named, '--gate', HANGING_GATE]).input();
      const group = await groupOfGate(scene);
      run.kill('SIGTERM');
      const ended = await run.ended();
      assert.equal(ended.code, 143, ended.stderr);
      assert.deepEqual(statuses(ended), ['completed', 'not_started']);
      await until('the end of its group', () => !isThere(group));
      assert.equal(scene.dispatched, 1);
    }),

  'in a hurry, a gate that does not listen is not left behind': () =>
    withNodes(1, async (scene, named) => {
      const gate = 'trap "" TERM; echo $$ > "$TMPDIR/gate.pid"; while :; do sleep 600; done';
      const run = scene.start([...ROLL, ...named, '--gate', gate]).input();
      const group = await groupOfGate(scene);
      run.kill('SIGTERM');
      run.kill('SIGINT');
      const { code } = await run.ended();
      assert.ok(code === 130 || code === 143, String(code));
      await until('the end of its group', () => !isThere(group));
    }),
};

describe('a roll', function () {
  this.timeout(120_000);

  sideBySide({ ...goingWell, ...goingWrong, ...interrupted });
});
