import assert from 'node:assert/strict';
import { trigger } from '../../../src/activities/trigger.js';
import { type RunEvent } from '../../../src/core/progress.js';
import { PunctualServer } from '../../../bench/notice/server.js';
import { JobBench, plan } from '../../helpers/run.js';

type Progress = Extract<RunEvent, { event: 'progress' }>;

/** A restart of nodes that take so long, in a log that shows restarts of so long. */
async function restart(durations: readonly number[], history: readonly number[]): Promise<{ events: RunEvent[]; startedAt: number }> {
  const bench = new JobBench();
  const startedAt = bench.clock.now();
  const supervisor = new PunctualServer({ clock: bench.clock, durations, history });
  await bench.run(trigger(plan({ nodes: supervisor.nodes }), bench.tools({ supervisor })));
  return { events: bench.events, startedAt };
}

function progressOf(events: readonly RunEvent[]): Progress[] {
  return events.flatMap((event) => (event.event === 'progress' ? [event] : []));
}

const usualOf = (events: readonly RunEvent[]): Array<number | undefined> =>
  events.flatMap((event) => (event.event === 'dispatched' || event.event === 'progress' ? [event.usualMs] : []));

describe('what a run says of how long it usually takes', () => {
  it('is the median of what the log had shown, from the dispatch to the end', async () => {
    const usual = usualOf((await restart([3000, 5000], [13_000, 14_000, 18_000])).events);
    assert.ok(usual.length > 3);
    assert.deepEqual([...new Set(usual)], [14_000]);
  });

  it('is nothing where the log had shown too few, whatever the run’s own nodes took', async () => {
    const { events } = await restart([3000, 5000, 7000, 9000, 20_000], [13_000, 14_000]);
    assert.deepEqual([...new Set(usualOf(events))], [undefined]);
    assert.ok(progressOf(events).every(({ endsAt }) => endsAt === undefined));
  });

  it('tells when it may be over, once the entries are seen and as long as any goes on', async () => {
    const { events, startedAt } = await restart([10_000, 10_500], [9800, 9900, 10_000, 10_100, 10_200]);
    const told = progressOf(events);
    const expected = told.map(({ nodes, endsAt }) => ({
      isOpen: nodes.some(({ status }) => status === 'processing'),
      inSeconds: endsAt === undefined ? null : (endsAt - startedAt) / 1000,
    }));
    for (const { isOpen, inSeconds } of expected) assert.equal(inSeconds !== null, isOpen);
    const [first] = expected.flatMap(({ inSeconds }) => inSeconds ?? []);
    assert.ok(first !== undefined && first > 9.5 && first < 12, String(first));
  });
});
