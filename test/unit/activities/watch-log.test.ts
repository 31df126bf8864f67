import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { watchLog, type WatchLogEvent, type WatchPlan, type WatchResult } from '../../../src/activities/watch-log.js';
import { Interrupted } from '../../../src/base/errors.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, FakeSupervisor, failingRead } from '../../helpers/fake-supervisor.js';
import { drain } from '../../helpers/run.js';

describe('a list that is kept up to date', () => {
  let clock: VirtualClock;
  let supervisor: FakeSupervisor;
  let stop: AbortController;
  let listed: string[];
  let news: string[];
  beforeEach(() => {
    clock = new VirtualClock();
    supervisor = new FakeSupervisor(clock);
    stop = new AbortController();
    listed = [];
    news = [];
  });

  const watch = (changes: Partial<WatchPlan> = {}): Promise<WatchResult> => {
    const plan: WatchPlan = { filter: {}, limit: 20, untilFinal: true, timeoutMs: null, intervalMs: 1000, ...changes };
    const tools = { clock, random: () => 0.5, signal: stop.signal };
    const note = (event: WatchLogEvent): void => {
      if (event.event === 'listing') listed = event.activities.map(({ node_id: node }) => String(node));
      if (event.event === 'activity') news.push(`${event.activity.node_id}:${event.activity.status}`);
    };
    return clock.run(drain(watchLog(new ActivityLog(supervisor, 71n), plan, tools), note));
  };

  it('ends at once where nothing is open, with what it listed', async () => {
    supervisor.addHistory(3);
    const { outcome, entries, total, anyRejected } = await watch({ limit: 2 });
    assert.deepEqual(outcome, { kind: 'settled' });
    assert.deepEqual([listed, entries.length, total, anyRejected], [['3', '2'], 2, 3, false]);
    assert.deepEqual(clock.sleeps, []);
  });

  it('ends once all it listed is final, and emits every change until then', async () => {
    supervisor.add({ node: 1n, status: 'processing', then: [[2500, 'rejected']] });
    const run = watch();
    await clock.advance(500);
    supervisor.add({ node: 2n, status: 'processing' });
    const { outcome, entries, anyRejected } = await run;
    assert.deepEqual([outcome.kind, anyRejected], ['settled', true]);
    assert.deepEqual(news, ['2:processing', '1:rejected']);
    assert.deepEqual(
      entries.map(({ node_id: node, status }) => `${node}:${status}`),
      ['2:processing', '1:rejected'],
    );
  });

  it('goes on for ever, until it is interrupted', async () => {
    supervisor.addHistory(1);
    const run = watch({ untilFinal: false });
    await clock.advance(60_000);
    supervisor.add({ node: 5n });
    await clock.advance(2000);
    stop.abort(new Interrupted('SIGINT'));
    assert.equal((await run).outcome.kind, 'interrupted');
    assert.deepEqual(news, ['5:completed']);
  });

  it('ends at its timeout', async () => {
    supervisor.add({ status: 'processing' });
    const begin = clock.elapsed();
    assert.equal((await watch({ timeoutMs: 7000 })).outcome.kind, 'deadline');
    assert.equal(clock.elapsed() - begin, 7000);
  });

  it('polls as often as it is asked to', async () => {
    supervisor.add({ status: 'processing' });
    const begin = clock.elapsed();
    const looks = new Set<number>();
    supervisor.beforeRead = () => looks.add(clock.elapsed() - begin);
    await watch({ timeoutMs: 10_000, intervalMs: 4000 });
    assert.deepEqual([...looks], [0, 4000, 8000, 10_000]);
  });

  it('fails where the first listing cannot be read', async () => {
    const error = apiError(403);
    supervisor.nextReads(failingRead(error));
    await assert.rejects(watch(), error);
    supervisor.verify();
  });
});
