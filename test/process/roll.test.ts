import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { nodeIds } from '../../src/sandbox/options.js';
import { isThere } from '../helpers/is-there.js';
import { type Ended } from '../helpers/ldctl.js';
import { parseJson, readAs } from '../helpers/readers.js';
import { endsWith, resumeIn, story, until, type Scene } from '../helpers/scene.js';

const ROLL = 'activities roll iggy restart';

interface Result {
  outcome: string;
  resume: string | null;
  nodes: Array<{
    node_id: bigint;
    status: string;
    started_at: string | null;
    gate: { exit_code: bigint } | null;
  }>;
}

const resultOf = ({ stdout }: Ended): Result => parseJson(stdout) as Result;
const statuses = (ended: Ended): string[] => resultOf(ended).nodes.map(({ status }) => status);
const nodesWith = (ended: Ended, status: string): bigint[] =>
  resultOf(ended).nodes.flatMap((node) => (node.status === status ? [node.node_id] : []));

const withNodes = (count: number, workMs = 600) => ({ nodes: nodeIds(count), workMs });
const naming = ({ nodes }: Scene): string => `${ROLL} --node ${nodes.join()} -o json`;
const gated = (scene: Scene, gate: string): string[] => [
  ...naming(scene).split(' '),
  '--gate',
  gate,
];

/**
 * The most activities that were running at once, from the POST to the end, by the server's own
 * record.
 */
function mostAtOnce({ dispatches }: Scene): number {
  const changes = dispatches.flatMap(({ at, activities }) =>
    activities.flatMap(({ finishes_at: end }) => [
      { at, by: 1 },
      { at: end ?? Infinity, by: -1 },
    ]),
  );
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return Math.max(...changes.map(({ by }) => (now += by)));
}

/** It leaves the number of its group behind. */
const STUBBORN_GATE = 'trap "" TERM; echo $$ > "$TMPDIR/gate.pid"; while :; do sleep 600; done';

async function groupOfGate({ folder }: Scene): Promise<number> {
  const path = join(folder, 'gate.pid');
  await until('the gate', () => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
  return -Number(readFileSync(path, 'utf8'));
}

describe('a roll', () => {
  story(
    'of four nodes, two at a time: never more at once, each once, all done',
    withNodes(4),
    async (scene) => {
      scene.stopClock();
      const run = scene.start(`${naming(scene)} --max-unavailable 2`).input();
      await until('two at once', () => scene.dispatched === 2);
      scene.startClock();
      const ended = await endsWith(0, run);
      assert.deepEqual(scene.actedOn, scene.sandbox.nodeIds);
      assert.equal(new Set(scene.posts.map(({ idempotency_key: key }) => key)).size, 4);
      assert.equal(mostAtOnce(scene), 2);
      assert.deepEqual([resultOf(ended).outcome, resultOf(ended).resume], ['completed', null]);
      for (const { status, started_at: startedAt } of resultOf(ended).nodes) {
        assert.equal(status, 'completed');
        assert.match(startedAt ?? '', /^\d{4}-\d\d-\d\dT.*Z$/);
      }
    },
  );

  story(
    'asks a gate with no key in its environment, and shows its lines on stderr',
    withNodes(2),
    async (scene) => {
      const gate = 'env > "$TMPDIR/gate.$LDCTL_NODE_ID"; echo "well: $LDCTL_ACTIVITY_ID"';
      const key = scene.sandbox.apiKey;
      const command = [
        ...ROLL.split(' '),
        '--node',
        scene.nodes.join(),
        '-o',
        'ndjson',
        '--gate',
        gate,
      ];
      const { stdout, stderr } = await scene.ends(0, command, { OTHER_NAME: `Bearer ${key}` });
      const files = readdirSync(scene.folder).filter((name) => name.startsWith('gate.'));
      assert.deepEqual(files.sort(), scene.nodes.map((node) => `gate.${node}`).sort());
      for (const { id, node_id: node } of scene.dispatches.flatMap(
        ({ activities }) => activities,
      )) {
        const environment = readFileSync(join(scene.folder, `gate.${node}`), 'utf8');
        assert.ok(!environment.includes(key));
        assert.match(environment, /^LDCTL_DEPLOYMENT_ID=\d+$/m);
        assert.match(stderr, new RegExp(`${node} gate \\| well: ${id}$`, 'm'));
      }
      const events = readAs('ndjson', stdout) as Array<{ event: string; node_id?: bigint }>;
      const nodesOf = (name: string) =>
        events.flatMap(({ event, node_id: node }) => (event === name ? [node] : []));
      assert.deepEqual(nodesOf('dispatched'), scene.sandbox.nodeIds);
      assert.deepEqual(nodesOf('gate'), scene.sandbox.nodeIds);
      assert.equal(events.at(-1)?.event, 'result');
      assert.doesNotMatch(stdout, /well/);
    },
  );

  story(
    'halts at the fifth of nine, rejected: 3, and its command does the rest',
    withNodes(9),
    async (scene) => {
      const fifth = scene.sandbox.nodeIds[4] ?? 0n;
      scene.sandbox.setTrouble(fifth, 'reject');
      const ended = await scene.ends(3, `${naming(scene)} --max-unavailable 2`);
      const started = scene.actedOn;
      assert.ok(started.includes(fifth) && started.length < 9);
      const others = started.filter((node) => node !== fifth);
      assert.deepEqual(nodesWith(ended, 'completed'), others);
      assert.deepEqual(nodesWith(ended, 'rejected'), [fifth]);
      assert.deepEqual(
        nodesWith(ended, 'not_started'),
        scene.sandbox.nodeIds.slice(started.length),
      );
      assert.match(ended.stderr, new RegExp(`rejected it \\(${fifth}\\)`));
      assert.equal(resultOf(ended).resume, resumeIn(ended));
      // It has been looked at: it halts nothing, and counts.
      const resumed = await endsWith(3, scene.shell(`${resumeIn(ended)} -o json`));
      assert.deepEqual(scene.actedOn.sort(), scene.sandbox.nodeIds, 'each node once');
      assert.deepEqual(nodesWith(resumed, 'rejected'), [fifth]);
      assert.equal(nodesWith(resumed, 'completed').length, 8);
      assert.match(resumed.stderr, new RegExp(`rejected it \\(${fifth}\\)`));
    },
  );
});

describe('a roll that is interrupted', () => {
  story(
    'by one SIGINT lets what runs finish, and its command does the rest',
    withNodes(4),
    async (scene) => {
      const run = scene.start(naming(scene)).input();
      scene.stopClock();
      await until('the first node', () => scene.dispatched === 1);
      run.kill('SIGINT');
      await run.said(/Stopping after the running nodes/);
      scene.startClock();
      const ended = await endsWith(130, run);
      assert.deepEqual(statuses(ended), ['completed', 'not_started', 'not_started', 'not_started']);
      await endsWith(0, scene.shell(`${resumeIn(ended)} -o json`));
      assert.deepEqual(scene.actedOn, scene.sandbox.nodeIds);
    },
  );

  story(
    'by two in a gate asks that one again, and none that had passed',
    withNodes(6),
    async (scene) => {
      const marks = join(scene.folder, 'asked');
      const asked = (): string[] =>
        existsSync(marks) ? readFileSync(marks, 'utf8').trimEnd().split('\n') : [];
      // The second node's gate takes its time, the first time.
      const slow = `echo $LDCTL_NODE_ID >> '${marks}'; [ $(wc -l < '${marks}') != 2 ] || sleep 600 # ${'a long gate '.repeat(50)}`;
      const run = scene.start([...gated(scene, slow), '--max-unavailable', '50%']).input();
      await until('the second gate', () => asked().length >= 2);
      run.kill('SIGINT');
      await run.said(/Stopping after the running nodes/);
      run.kill('SIGINT');
      const ended = await endsWith(130, run);
      const cut = asked()[1];
      assert.ok(resumeIn(ended).length < 300, resumeIn(ended));
      const resumed = await endsWith(0, scene.shell(`${resumeIn(ended)} -o json`));
      assert.match(resumed.stderr, /sent by an earlier run, [\d.]+s ago/);
      assert.doesNotMatch(resumed.stderr, /answer was lost/);
      assert.deepEqual(nodesWith(resumed, 'completed'), scene.sandbox.nodeIds);
      assert.equal(asked().filter((node) => node === cut).length, 2, 'it is asked again');
      assert.deepEqual(scene.actedOn.sort(), [...scene.sandbox.nodeIds].sort(), 'each node once');
    },
  );

  story(
    'by two signals leaves no gate behind that does not listen, and a result',
    withNodes(2),
    async (scene) => {
      const run = scene.start(gated(scene, STUBBORN_GATE)).input();
      const group = await groupOfGate(scene);
      for (const signal of ['SIGTERM', 'SIGINT'] as const) run.kill(signal);
      const ended = await run.ended();
      assert.ok(ended.code === 143 || ended.code === 130, ended.stderr);
      assert.deepEqual(statuses(ended), ['completed', 'not_started']);
      await until('the end of its group', () => !isThere(group));
      assert.equal(scene.dispatched, 1);
    },
  );

  story('shows no line of a gate beyond 64 kB', withNodes(1), async (scene) => {
    const { stderr } = await scene.ends(0, gated(scene, "head -c 1000000 /dev/zero | tr '\\0' x"));
    const longest = Math.max(...stderr.split('\n').map((line) => line.length));
    assert.ok(longest > 65_000 && longest < 66_000, `${longest} characters in a line`);
  });

  // More of them, at random moments: `npm run check:kills`.
  const { ROLL_KILLS: kills } = process.env;
  const moments = kills
    ? Array.from({ length: Number(kills) }, () => Math.random() * 9000)
    : [700, 2500, 4300, 6100];
  for (const [index, moment] of moments.entries()) {
    const killAfterMs = Math.round(moment);
    // The answer to a POST takes its time, so that many a kill falls between the request and the
    // answer.
    const slow = { ...withNodes(4, 500), answerMs: 300, seed: index };
    story(
      `by SIGKILL after ${killAfterMs} ms, and repeated, acts on each node once`,
      slow,
      async (scene) => {
        const roll = [
          ...gated(scene, 'sleep 0.2'),
          ...'--max-unavailable 2 --idempotency-key deploy-7'.split(' '),
        ];
        const killed = scene.start(roll).input();
        await Promise.race([realSleep(killAfterMs), killed.ended()]);
        killed.kill('SIGKILL');
        await killed.ended();
        const ended = await scene.ends(0, roll);
        assert.deepEqual(scene.actedOn.sort(), [...scene.sandbox.nodeIds].sort());
        assert.deepEqual(nodesWith(ended, 'completed'), scene.sandbox.nodeIds);
      },
    );
  }
});
