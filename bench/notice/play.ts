import { trigger } from '../../src/activities/trigger.js';
import { type Random } from '../../src/core/clock.js';
import { VirtualClock } from '../../test/helpers/clock.js';
import { MemoryJournal } from '../../test/helpers/memory-journal.js';
import { drain, plan } from '../../test/helpers/run.js';
import { LATENCY_MS, PunctualServer, type ServerOptions } from './server.js';

/** No exit 0 before a good poll this long after the 202 (design, "Sequence" 5), ms. */
const SETTLE_MS = 2000;

/** What a user got, and for what. Milliseconds. */
export interface Played {
  /** From where each node was final to where the user was told. */
  lags: number[];
  /** Reads before the POST, */
  before: number;
  /** and after it. */
  requests: number;
  /** The most of them in any one second. */
  mostInASecond: number;
}

export type Scenario = Pick<ServerOptions, 'durations' | 'history' | 'aheadMs'>;

/** Triggers and follows with the code that the command runs, in virtual time. @param intervalMs as `--interval` */
export async function play(scenario: Scenario, random: Random, intervalMs: number | null = null): Promise<Played> {
  const clock = new VirtualClock();
  const server = new PunctualServer({ clock, ...scenario });
  const lags: number[] = [];
  const limits = { timeoutMs: null, intervalMs, appearTimeoutMs: 30_000 };
  const job = trigger(plan({ nodes: server.nodes, limits }), {
    supervisor: server,
    clock,
    random,
    signal: new AbortController().signal,
    journal: new MemoryJournal(),
    resumeCommand: () => '',
  });
  const report = await clock.run(
    drain(job, (event) => {
      if (event.event !== 'activity' || event.activity.status !== 'completed') return;
      lags.push(clock.now() - server.finalAt(event.activity.node_id));
    }),
  );
  if (report.result.outcome !== 'completed' || lags.length !== server.nodes.length) throw new Error('not told of every node');
  const polls = server.reads.filter((at) => at > server.dispatchedAt);
  return { lags, before: server.reads.length - polls.length, requests: polls.length, mostInASecond: mostInASecond(polls) };
}

/** What the same takes at a fixed interval, reckoned out; `play` with an interval gives the same. */
export function reckonFixed(durations: readonly number[], intervalMs: number): Pick<Played, 'lags' | 'requests'> {
  const open = [...durations].sort((a, b) => a - b);
  const lags: number[] = [];
  let requests = 0;
  for (let now = 0; ; ) {
    const begunAt = now + intervalMs;
    now = begunAt + LATENCY_MS;
    requests += 1;
    for (let first = open[0]; first !== undefined && first <= begunAt + LATENCY_MS / 2; first = open[0]) {
      lags.push(now - first);
      open.shift();
    }
    if (open.length === 0 && begunAt >= SETTLE_MS) return { lags, requests };
  }
}

function mostInASecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
}
