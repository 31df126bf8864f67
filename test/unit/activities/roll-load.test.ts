import assert from 'node:assert/strict';
import { type IfBusy } from '../../../src/activities/if-busy.js';
import { nodesUpTo, RollBench } from '../../helpers/roll.js';

const NODES = nodesUpTo(200);
const WINDOW = NODES.length / 10;
const HOUR = 3_600_000;

/** The most moments that lie within any span of this length. */
function mostWithin(spanMs: number, moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b);
  let from = 0;
  return Math.max(
    ...sorted.map((moment, index) => {
      while (moment - (sorted[from] ?? 0) >= spanMs) from += 1;
      return index - from + 1;
    }),
  );
}

describe('a roll over 200 nodes, 10% at a time', () => {
  const settings: ReadonlyArray<{ order: 'asc' | 'desc'; ifBusy: IfBusy; workMs: number; history: number }> = [
    { order: 'desc', ifBusy: 'ignore', workMs: 1000, history: 0 },
    { order: 'desc', ifBusy: 'ignore', workMs: 20_000, history: 2000 },
    { order: 'asc', ifBusy: 'ignore', workMs: 20_000, history: 2000 },
    { order: 'desc', ifBusy: 'wait', workMs: 20_000, history: 2000 },
    { order: 'asc', ifBusy: 'wait', workMs: 5000, history: 250 },
  ];
  for (const { order, ifBusy, workMs, history } of settings) {
    const how = `log ${order}, ${history} old entries, some ${workMs / 1000} s a node, --if-busy ${ifBusy}`;
    it(`makes fewer than 5 requests a second over any 10 s, and no more than 2 POSTs in one: ${how}`, async () => {
      const bench = new RollBench();
      Object.assign(bench.supervisor, { order, nodes: NODES });
      bench.supervisor.addHistory(history, { createdAt: bench.clock.now() - HOUR });
      NODES.forEach((node, index) => {
        const share = 0.75 + ((index * 79) % 100) / 200;
        bench.supervisor.behaviour.set(node, { appearMs: (index * 37) % 1100, workMs: workMs * share });
      });
      const reads: number[] = [];
      bench.supervisor.beforeRead = () => void reads.push(bench.clock.now());
      const warnings: Error[] = [];
      const onWarning = (warning: Error): void => void warnings.push(warning);
      process.on('warning', onWarning);

      const { exitCode } = await bench.roll({ nodes: NODES, maxUnavailable: WINDOW, ifBusy });

      process.off('warning', onWarning);
      assert.deepEqual(warnings, [], 'Node warns of what leaks');
      assert.equal(exitCode, 0);
      assert.deepEqual(
        [...bench.timesActedOn],
        NODES.map((node) => [node, 1]),
      );
      assert.ok(bench.mostAtOnce <= WINDOW);
      const requests = [...reads, ...bench.supervisor.postTimes];
      assert.ok(mostWithin(10_000, requests) < 50, `${mostWithin(10_000, requests)} requests in 10 s`);
      assert.ok(mostWithin(1000, bench.supervisor.postTimes) <= 2);
    });
  }
});
