import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { compareIds } from '../../src/base/ids.js';
import { nodeIds } from '../../src/sandbox/options.js';
import { isThere } from '../helpers/is-there.js';
import { type Ended } from '../helpers/ldctl.js';
import { parseJson } from '../helpers/readers.js';
import { endsWith, resumeIn, story, until, type Scene } from '../helpers/scene.js';

const ROLL = 'activities roll iggy restart';

interface Row {
  node_id: bigint;
  status: string;
}

const nodesOf = ({ stdout }: Ended): Row[] => (parseJson(stdout) as { nodes: Row[] }).nodes;
const statuses = (ended: Ended): string[] => nodesOf(ended).map(({ status }) => status);
const nodesWith = (ended: Ended, status: string): bigint[] =>
  nodesOf(ended).flatMap((node) => (node.status === status ? [node.node_id] : []));

const withNodes = (count: number, workMs = 600) => ({ nodes: nodeIds(count), workMs });
const naming = ({ nodes }: Scene): string => `${ROLL} --node ${nodes.join()} -o json`;
const gated = (scene: Scene, gate: string): string[] => [
  ...naming(scene).split(' '),
  '--gate',
  gate,
];

/** It leaves the number of its group behind. */
const STUBBORN_GATE = 'trap "" TERM; echo $$ > "$TMPDIR/gate.pid"; while :; do sleep 600; done';

async function groupOfGate({ folder }: Scene): Promise<number> {
  const path = join(folder, 'gate.pid');
  await until('the gate', () => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
  return -Number(readFileSync(path, 'utf8'));
}

describe('a roll', () => {
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
      assert.doesNotMatch(stdout, /well/);
    },
  );
});

describe('a gate', () => {
  for (const gate of [
    './missing.sh',
    'no-such-program --fast',
    './folder',
    './not-executable.sh',
  ]) {
    story(
      `whose program cannot be run (${gate}) is found before anything is sent`,
      {},
      async (scene) => {
        mkdirSync(join(scene.folder, 'folder'));
        writeFileSync(join(scene.folder, 'not-executable.sh'), 'exit 0\n', { mode: 0o644 });
        for (const more of ['--yes', '--dry-run']) {
          const roll = `cd '${scene.folder}' && ldctl ${ROLL} ${more} --gate '${gate}'`;
          const { stderr } = await endsWith(2, scene.shell(roll));
          assert.match(stderr, /^error: --gate: the shell finds no program \S+ that it may run/);
        }
        assert.equal(scene.posts.length, 0);
      },
    );
  }

  for (const gate of [
    'test -f healthy.sh && ./healthy.sh',
    'WORD=1 ./healthy.sh',
    '"./healthy.sh"',
    'if true; then ./healthy.sh; fi',
  ]) {
    story(`is the shell's to run: ${gate}`, withNodes(1, 100), async (scene) => {
      writeFileSync(join(scene.folder, 'healthy.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
      const roll = `cd '${scene.folder}' && ldctl ${ROLL} --yes -q -o csv --columns gate --gate '${gate}'`;
      const { stdout } = await endsWith(0, scene.shell(roll));
      assert.match(stdout, /passed/);
    });
  }
});

// More of them, at random moments: `npm run check:kills`.
const { ROLL_KILLS: kills } = process.env;

describe('a roll that is interrupted', () => {
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
      assert.match(resumed.stderr, /sent by an earlier run \d+s ago/);
      assert.doesNotMatch(resumed.stderr, /answer was lost/);
      assert.deepEqual(nodesWith(resumed, 'completed'), scene.sandbox.nodeIds);
      assert.equal(asked().filter((node) => node === cut).length, 2, 'it is asked again');
      assert.deepEqual(scene.actedOn.sort(compareIds), scene.sandbox.nodeIds, 'each node once');
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

  const moments = kills
    ? Array.from({ length: Number(kills) }, () => Math.random() * 9000)
    : [700, 4300];
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
        assert.deepEqual(scene.actedOn.sort(compareIds), scene.sandbox.nodeIds);
        assert.deepEqual(nodesWith(ended, 'completed'), scene.sandbox.nodeIds);
      },
    );
  }
});
