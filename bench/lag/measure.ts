import { trigger } from '../../src/activities/trigger.js';
import { type Random } from '../../src/base/clock.js';
import { type Supervisor } from '../../src/base/supervisor.js';
import { seededRandom } from '../../src/sandbox/tenant.js';
import { drain, JobBench, plan } from '../../test/helpers/run.js';
import { nodesUpTo } from '../../test/helpers/roll.js';

/** From the request to the answer, which shows what was so in the middle of that; ms. */
export const LATENCY_MS = 40;

/** One kind of run. */
export interface LagOptions {
  nodes: number;
  /** Of the durations of the nodes' activities, ms; nine of ten lie within a factor of 1.5. */
  medianMs: number;
  runs: number;
  seed: number;
}

/** From the end of a node's activity to when the user is told, ms; and the polls of one run. */
export interface LagFigures {
  mean: number;
  longest: number;
  requests: number;
}

/** Triggers and follows with the code that the command runs, in virtual time. */
export async function measureLag({ nodes, medianMs, runs, seed }: LagOptions): Promise<LagFigures> {
  const random = seededRandom(seed);
  const lags: number[] = [];
  let requests = 0;
  for (let run = 0; run < runs; run += 1) {
    const durations = Array.from({ length: nodes }, () => medianMs * Math.exp(SPREAD * normal(random)));
    requests += (await play(durations, random, lags)) / runs;
  }
  const mean = lags.reduce((sum, lag) => sum + lag, 0) / lags.length;
  return { mean, longest: Math.max(...lags), requests };
}

/** The deviation of the logarithms of the durations. */
const SPREAD = 0.25;

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** @returns how many polls it took */
async function play(durations: readonly number[], random: Random, lags: number[]): Promise<number> {
  const bench = new JobBench();
  const { clock, supervisor: server } = bench;
  const nodes = nodesUpTo(durations.length);
  server.nodes = nodes;
  // A full page, as on any log that is in use: every poll is one request.
  server.addHistory(100);
  nodes.forEach((node, index) => server.behaviour.set(node, { appearMs: 0, workMs: durations[index] ?? 0 }));
  server.readMs = LATENCY_MS / 2;
  const supervisor: Supervisor = {
    trigger: (...args) => server.trigger(...args),
    list: async (...args) => {
      const page = await server.list(...args);
      await clock.sleep(LATENCY_MS / 2);
      return page;
    },
  };
  const startedAt = clock.now();
  const limits = { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 };
  const job = trigger(plan({ nodes, limits }), { ...bench.tools({ supervisor }), random });
  let readsBefore = 0;
  let told = 0;
  const { exitCode } = await clock.run(
    drain(job, (event) => {
      if (event.event === 'dispatched') readsBefore = server.reads.length;
      if (event.event !== 'activity' || event.activity.status !== 'completed') return;
      const { activity } = event;
      const own = server.entries.find((entry) => entry.activity.id === activity.id);
      lags.push(clock.now() - (own?.statuses.at(-1)?.from ?? startedAt));
      told += 1;
    }),
  );
  if (exitCode !== 0 || told !== nodes.length) throw new Error('not told of every node');
  return server.reads.length - readsBefore;
}
