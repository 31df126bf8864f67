import assert from 'node:assert/strict';
import { estimate } from '../../../src/activities/estimate.js';
import { trigger } from '../../../src/activities/trigger.js';
import { waitForActivities } from '../../../src/activities/wait.js';
import { type NodeProgress, type JobEvent } from '../../../src/base/progress.js';
import { nodesUpTo, RollBench } from '../../helpers/roll.js';
import { JobBench, plan } from '../../helpers/run.js';

const NOW = Date.UTC(2026, 5, 1);
const USUAL = 10_000;
const HOUR = 3_600_000;

function node(fields: Partial<NodeProgress>): NodeProgress {
  const known = { node_id: 1n, activity_id: 2n, created_at: null, finished_at: null, ambiguous: false };
  return { ...known, status: 'processing', since: null, ...fields };
}

/** An activity that has gone on for so long. */
const running = (ageMs: number, fields: Partial<NodeProgress> = {}): NodeProgress =>
  node({ since: NOW - ageMs, ...fields });
const completed = node({ status: 'completed' });
const toGo = (...args: Parameters<typeof estimate>): number | null => {
  const { endsAt } = estimate(...args);
  return endsAt === undefined ? null : endsAt - NOW;
};

describe('when a run may be over', () => {
  it('is when its youngest activity has taken as long as usual', () => {
    assert.deepEqual(estimate([running(4000), running(1000), completed], USUAL, NOW), {
      usualMs: USUAL,
      endsAt: NOW + 9000,
    });
  });

  it('is now, where all have taken longer than usual', () => {
    assert.equal(toGo([running(14_000)], USUAL, NOW), 0);
  });

  it('is not known where it is not known what is usual', () => {
    assert.deepEqual(estimate([running(0)], null, NOW), {});
  });

  it('is not known where nothing goes on: what has not appeared, and what is over', () => {
    for (const status of [null, 'missing', 'completed', 'rejected']) {
      assert.deepEqual(estimate([node({ status })], USUAL, NOW), { usualMs: USUAL });
    }
  });
});

describe('when a roll may be over', () => {
  const waiting = node({ status: 'not_started', stage: 'waiting' });
  const ahead = { window: 1, pauseMs: 0, goesOn: true };
  const turn = (ageMs: number): NodeProgress => running(ageMs, { stage: 'running' });

  it('is when those that wait are done as well, one at a time', () => {
    assert.equal(toGo([{ ...completed, stage: 'done' }, turn(5000), waiting, waiting], USUAL, NOW, ahead), 25_000);
  });

  it('is later by the pauses', () => {
    assert.equal(toGo([turn(5000), waiting, waiting], USUAL, NOW, { ...ahead, pauseMs: 1000 }), 27_000);
  });

  it('is sooner with several at once, but not before the last of them', () => {
    const two = { ...ahead, window: 2 };
    assert.equal(toGo([turn(0), turn(0), waiting, waiting, waiting, waiting], USUAL, NOW, two), 30_000);
    assert.equal(toGo([turn(9000), waiting], USUAL, NOW, { ...ahead, window: 9 }), 5500);
    assert.equal(toGo([turn(0), turn(20_000), waiting], USUAL, NOW, { ...ahead, window: 9 }), 10_000);
  });

  it('is that of the running nodes once no more are started', () => {
    assert.equal(toGo([turn(5000), waiting, waiting], USUAL, NOW, { ...ahead, goesOn: false }), 5000);
  });

  it('takes a node whose entry is yet to appear for one that has just begun, and one in its gate for one that is done', () => {
    assert.equal(toGo([node({ status: null, stage: 'running' })], USUAL, NOW, ahead), USUAL);
    assert.equal(toGo([{ ...completed, stage: 'gate' }, waiting], USUAL, NOW, ahead), USUAL);
    assert.deepEqual(estimate([running(0, { stage: 'done' })], USUAL, NOW, ahead), { usualMs: USUAL });
  });
});

/** Restarts that took so long, an hour ago. */
function addPast({ supervisor, clock }: JobBench, ...took: number[]): void {
  const createdAt = clock.now() - HOUR;
  for (const ms of took) supervisor.add({ createdAt, finishedAt: createdAt + ms });
}

const progressOf = (events: readonly JobEvent[]) =>
  events.flatMap((event) => (event.event === 'progress' ? [event] : []));
const usualOf = (events: readonly JobEvent[]) =>
  events.flatMap((event) => (event.event === 'dispatched' || event.event === 'progress' ? [event.usualMs] : []));

describe('what a run says of how long it usually takes', () => {
  /** A restart of nodes that take so long, in a log that shows restarts of so long. */
  async function restart(durations: readonly number[], history: readonly number[]): Promise<JobBench> {
    const bench = new JobBench();
    addPast(bench, ...history);
    const nodes = nodesUpTo(durations.length);
    nodes.forEach((id, index) => bench.supervisor.behaviour.set(id, { workMs: durations[index] }));
    await bench.run(trigger(plan({ nodes }), bench.tools()));
    return bench;
  }

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

  it('says when it may be over, once the entries are seen and as long as any goes on', async () => {
    const told = progressOf((await restart([10_000, 10_500], [9900, 10_000, 10_100])).events);
    for (const { nodes, endsAt } of told) {
      assert.equal(
        endsAt !== undefined,
        nodes.some(({ status }) => status === 'processing'),
      );
    }
    assert.ok(told.some(({ endsAt }) => endsAt !== undefined));
  });

  it('is, of activities that are known by their ids, that of the first that is seen', async () => {
    const bench = new JobBench();
    addPast(bench, 9000, 9000, 9000);
    const id = bench.supervisor.add({ status: 'processing', then: [[5000, 'completed']] });
    const limits = { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 };
    await bench.run(waitForActivities({ deploymentId: 71n, ids: [id], limits }, bench.tools()));
    assert.deepEqual(usualOf(bench.events), [undefined, 9000, 9000]);
  });
});

describe('what a roll says of how long it may take', () => {
  it('goes by the log, and by its own first nodes', async () => {
    const bench = new RollBench();
    for (const id of nodesUpTo(9)) bench.supervisor.behaviour.set(id, { workMs: 10_000 });
    await bench.roll();
    const told = progressOf(bench.events);
    const done = (nodes: readonly NodeProgress[]) => nodes.filter(({ stage }) => stage === 'done').length;
    for (const { nodes, usualMs } of told) {
      if (done(nodes) < 2) assert.equal(usualMs, undefined);
      if (done(nodes) > 2) assert.equal(usualMs, 10_100);
    }
    const atThree = told.find(({ nodes }) => done(nodes) === 3);
    assert.ok(atThree?.endsAt !== undefined && atThree.usualMs === 10_100);
  });
});
