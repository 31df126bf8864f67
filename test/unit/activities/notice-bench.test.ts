import assert from 'node:assert/strict';
import { roll } from '../../../src/activities/roll/roll.js';
import { waitForActivities } from '../../../src/activities/wait.js';
import { type Id } from '../../../src/core/ids.js';
import { seededRandom } from '../../../src/sandbox/random.js';
import { measure, type CellFigures, type CellOptions } from '../../../bench/notice/cell.js';
import { lognormal } from '../../../bench/notice/durations.js';
import { play, reckonFixed } from '../../../bench/notice/play.js';
import { PunctualServer } from '../../../bench/notice/server.js';
import { RollBench, rollPlan } from '../../helpers/roll.js';
import { drain, JobBench } from '../../helpers/run.js';

const HOUR_MS = 3_600_000;
/** Of activities that take nearly the same time, and of such that do not. */
const STEADY = 0.1;
const USUAL = 0.25;

function cell(nodes: number, seconds: number, options: Partial<CellOptions> = {}): CellOptions {
  const runs = Math.ceil(60 / Math.sqrt(nodes));
  return { nodes, medianMs: seconds * 1000, spread: STEADY, hasHistory: true, runs, seed: 7, ...options };
}

function assertBounds({ longestLag, mostInASecond }: CellFigures, longest: number): void {
  assert.ok(longestLag <= longest, `told ${longestLag} ms late`);
  assert.ok(mostInASecond <= 2, `${mostInASecond} requests in a second`);
}

/** A short run of `npm run bench -- notice`. */
describe('the notice bench', function () {
  this.timeout(60_000);

  const reached: Array<[nodes: number, seconds: number]> = [[1, 10], [1, 40], [9, 10], [9, 40], [60, 40]];
  for (const [nodes, seconds] of reached) {
    it(`${nodes} × ${seconds} s, steady, with history: half the lag of a fixed interval of as many requests`, async () => {
      const figures = await measure(cell(nodes, seconds), { withIdeal: false });
      assert.ok(figures.lag <= 0.5 * figures.equal.lag, `${figures.lag} of ${figures.equal.lag}`);
      assertBounds(figures, 5000);
    });
  }

  for (const nodes of [1, 9, 60]) {
    // No schedule reaches half of it there: two requests a second are the limit, which leaves little to choose for
    // short activities; and the more durations spread, the less is known of when they end.
    it(`${nodes} × 2 s, and such that spread, with history: near the best that can be`, async () => {
      for (const options of [cell(nodes, 2), cell(nodes, 10, { spread: USUAL }), cell(nodes, 40, { spread: USUAL })]) {
        const figures = await measure(options);
        const ideal = figures.ideal ?? 0;
        assert.ok(figures.lag <= 1.25 * ideal, `${figures.lag}, and ${ideal} at best`);
        assert.ok(figures.lag < 0.8 * figures.equal.lag, `${figures.lag} of ${figures.equal.lag}`);
        assertBounds(figures, 5000);
      }
    });

    it(`${nodes} × 2 and 40 s, without history: grows up to 5 s`, async () => {
      for (const seconds of [2, 40]) {
        const figures = await measure(cell(nodes, seconds, { hasHistory: false }), { withIdeal: false });
        assertBounds(figures, 5000);
      }
    });
  }

  it('history costs no request before the POST', async () => {
    const random = seededRandom(1);
    const [without, having] = await Promise.all([
      play({ durations: [2000], history: [] }, random),
      play({ durations: [2000], history: [2000, 2000, 2000] }, random),
    ]);
    assert.deepEqual([without.before, having.before], [1, 1]);
  });

  it('a server whose clock is hours away changes nothing', async () => {
    const options = cell(9, 10, { runs: 5 });
    const straight = await measure(options, { withIdeal: false });
    for (const aheadMs of [3 * HOUR_MS, -3 * HOUR_MS]) {
      assert.deepEqual(await measure({ ...options, aheadMs }, { withIdeal: false }), straight);
    }
  });

  it('reckons a fixed interval as it is', async () => {
    for (const intervalMs of [500, 1000, 3000]) {
      const durations = lognormal(seededRandom(3), 9, 10_000, USUAL);
      const played = await play({ durations, history: [10_000, 10_000, 10_000] }, seededRandom(1), intervalMs);
      const reckoned = reckonFixed(durations, intervalMs);
      const sorted = (lags: readonly number[]): number[] => lags.map(Math.round).sort((a, b) => a - b);
      assert.deepEqual([sorted(played.lags), played.requests], [sorted(reckoned.lags), reckoned.requests]);
    }
  });

  it('the same seed gives the same figures', async () => {
    const options = cell(9, 2, { runs: 3 });
    assert.deepEqual(await measure(options, { withIdeal: false }), await measure(options, { withIdeal: false }));
  });
});

describe('what the log has taught', () => {
  /** Waits for an activity of 40 s that has gone on for 20 s already. @returns how many looks that took, and how late */
  async function waitedFor(history: readonly number[], aheadMs: number): Promise<{ looks: number; lag: number }> {
    const bench = new JobBench();
    const { clock } = bench;
    const server = new PunctualServer({ clock, durations: [40_000], history, aheadMs });
    await server.trigger({ deploymentId: 71n, runtime: 'iggy', action: { verb: 'restart' }, nodes: [1n], wireKey: 'k' });
    await clock.advance(20_000);
    const id = server.idOf(1n);
    const limits = { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 };
    let toldAt = 0;
    await bench.run(waitForActivities({ deploymentId: 71n, ids: [id], limits }, bench.tools({ supervisor: server })), (event) => {
      if (event.event === 'activity' && event.activity.status === 'completed') toldAt = clock.now();
    });
    return { looks: server.reads.length, lag: toldAt - server.finalAt(1n) };
  }

  it('serves a later wait, which goes by the age of the activity on the server’s own clock', async () => {
    const history = Array.from({ length: 20 }, (_, index) => 39_000 + 100 * index);
    const plain = await waitedFor([], 0);
    for (const aheadMs of [0, 3 * HOUR_MS, -3 * HOUR_MS]) {
      const { looks, lag } = await waitedFor(history, aheadMs);
      assert.ok(lag <= 1000, `${lag} ms late`);
      assert.ok(looks <= plain.looks + 4, `${looks} looks, ${plain.looks} without history`);
    }
  });

  it('serves a roll, which learns from its own first nodes too', async () => {
    async function lagOfRoll(history: readonly number[]): Promise<{ first: number; last: number }> {
      const bench = new RollBench();
      const { clock } = bench;
      const nodes = Array.from({ length: 12 }, (_, index) => BigInt(index + 1));
      const durations = nodes.map((node) => 10_000 + 150 * Number(node % 5n));
      const server = new PunctualServer({ clock, durations, history });
      const lags = new Map<Id, number>();
      const job = roll(rollPlan({ nodes, maxUnavailable: 1 }), { ...bench.rollTools(), supervisor: server });
      const { exitCode } = await clock.run(
        drain(job, (event) => {
          if (event.event !== 'activity' || event.activity.status !== 'completed') return;
          lags.set(event.activity.node_id, clock.now() - server.finalAt(event.activity.node_id));
        }),
      );
      assert.equal(exitCode, 0);
      const all = nodes.map((node) => lags.get(node) ?? Infinity);
      return { first: mean(all.slice(0, 3)), last: mean(all.slice(-6)) };
    }
    const taught = await lagOfRoll(Array.from({ length: 20 }, (_, index) => 9500 + 50 * index));
    assert.ok(taught.first < 600 && taught.last < 600, JSON.stringify(taught));
    const untaught = await lagOfRoll([]);
    assert.ok(untaught.first > 2 * untaught.last && untaught.last < 600, JSON.stringify(untaught));
  });
});

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
