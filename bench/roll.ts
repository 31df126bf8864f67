import { roll } from '../src/activities/roll/roll.js';
import { nodeIds } from '../src/sandbox/options.js';
import { drain } from '../test/helpers/run.js';
import { nodesUpTo, RollBench, rollPlan } from '../test/helpers/roll.js';
import { withScene } from '../test/helpers/scene.js';

/**
 * Figures of a roll: how long one takes beside the ideal (the built command against a sandbox, in real time), and what
 * a large one costs (in virtual time): requests, and memory. Run it with `--expose-gc`.
 */
const NODES = 9;
const WINDOW = 2;
const APPEAR_MS = 200;

/** @returns from the first POST to the end of the process, and the same if nodes took their work and nothing else; ms */
async function timeRoll(workMs: number): Promise<{ tookMs: number; idealMs: number }> {
  let tookMs = 0;
  let idealMs = 0;
  await withScene({ nodes: nodeIds(NODES), appearMs: APPEAR_MS, workMs }, async (scene) => {
    const args = ['activities', 'trigger', 'iggy', 'restart', '--rolling', '--max-unavailable', String(WINDOW)];
    const { code, stderr } = await scene.ldctl([...args, '--node', scene.nodes.join(',')]);
    if (code !== 0) throw new Error(stderr);
    tookMs = Date.now() - (scene.posts[0]?.at ?? 0);
    const works = scene.sandbox.record.dispatches.flatMap(({ at, activities }) =>
      activities.map(({ finishes_at: end }) => (end ?? at) - at),
    );
    idealMs = packed(works);
  });
  return { tookMs, idealMs };
}

/** How long it takes when each begins as soon as one of the places is free. */
function packed(works: readonly number[]): number {
  const places = Array.from({ length: WINDOW }, () => 0);
  for (const work of works) {
    const free = places.indexOf(Math.min(...places));
    places[free] = (places[free] ?? 0) + work;
  }
  return Math.max(...places);
}

interface Cost {
  requests: number;
  /** The most in any ten seconds. */
  worst: number;
  seconds: number;
  /** After a quarter of the nodes, and at the end; MiB. */
  heap: [number, number];
}

async function costOf(nodes: number, window: number): Promise<Cost> {
  const bench = new RollBench();
  const targets = nodesUpTo(nodes);
  targets.forEach((node, index) => {
    bench.supervisor.behaviour.set(node, { workMs: 15_000 + ((index * 79) % 100) * 100 });
  });
  const moments: number[] = [];
  bench.supervisor.beforeRead = () => void moments.push(bench.clock.now());
  let done = 0;
  let quarter = 0;
  const startedAt = bench.clock.now();
  const job = roll(rollPlan({ nodes: targets, maxUnavailable: window }), bench.rollTools());
  const run = drain(job, (event) => {
    if (event.event !== 'activity' || event.activity.status !== 'completed') return;
    done += 1;
    if (done === nodes / 4) quarter = heapUsed();
  });
  const { exitCode } = await bench.clock.run(run);
  if (exitCode !== 0) throw new Error(`exit ${exitCode}`);
  moments.push(...bench.supervisor.postTimes);
  return {
    requests: moments.length,
    worst: mostWithin(10_000, moments),
    seconds: (bench.clock.now() - startedAt) / 1000,
    heap: [quarter, heapUsed()],
  };
}

function mostWithin(spanMs: number, moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b);
  return Math.max(...sorted.map((from, index) => sorted.findIndex((at) => at - from >= spanMs) - index));
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

console.log(`${NODES} nodes, ${WINDOW} at a time, from the first POST to the end of the process:`);
for (const workMs of [1000, 5000, 10_000]) {
  const { tookMs, idealMs } = await timeRoll(workMs);
  const [took, ideal] = [tookMs, idealMs].map((ms) => (ms / 1000).toFixed(1));
  const times = (tookMs / idealMs).toFixed(2);
  console.log(`  some ${workMs / 1000} s of work a node: ${took} s, ideal ${ideal} s (${times} times)`);
}
for (const nodes of [200, 1000]) {
  const { requests, worst, seconds, heap } = await costOf(nodes, nodes / 10);
  const perSecond = (requests / seconds).toFixed(2);
  console.log(
    `${nodes} nodes, 10% at a time: ${requests} requests in ${seconds.toFixed(0)} s (${perSecond} a second; ` +
      `at most ${worst} in any 10 s); heap ${heap.map((mib) => mib.toFixed(1)).join(' → ')} MiB`,
  );
}
