import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { type FollowOutcome } from '../../../src/activities/follow/followed.js';
import { RollLog, type RollLogOptions } from '../../../src/activities/roll/roll-log.js';
import { RunTracker } from '../../../src/activities/run-tracker.js';
import { above, knownActivities, targetsOf, type Targets } from '../../../src/activities/targets.js';
import { Interrupted, type LdctlError } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { apiError, failingRead, nonsense } from '../../helpers/fake-supervisor.js';
import { drain, JobBench } from '../../helpers/run.js';

const RUN = { runtime: 'iggy', action: { verb: 'restart' } } as const;
const APPEAR_MS = 30_000;

/** What several runs read together. */
class Bench extends JobBench {
  readonly floor: Id;
  readonly log: RollLog;

  constructor(options: Partial<RollLogOptions> = {}) {
    super();
    this.supervisor.addHistory(3);
    this.floor = this.supervisor.entries.at(-1)?.activity.id ?? 0n;
    this.log = this.open(options);
  }

  open(options: Partial<RollLogOptions> = {}): RollLog {
    const defaults = { floor: this.floor, concerns: () => true, deadline: Infinity, intervalMs: null };
    return new RollLog(new ActivityLog(this.supervisor, 71n), { ...defaults, ...options }, this.tools());
  }

  /** Follows a restart of this node that was made after `after`. */
  follow(node: Id, { after = this.floor, timeoutMs = null as number | null } = {}): Promise<FollowOutcome> {
    const asked = { nodes: [node], expectNodes: null };
    return this.followTargets(
      targetsOf({ deploymentId: 71n, ...RUN, inWindow: above(after) }, asked, []),
      after,
      timeoutMs,
    );
  }

  async followTargets(
    targets: Targets,
    after: Id,
    timeoutMs: number | null = null,
    log = this.log,
  ): Promise<FollowOutcome> {
    const tracker = new RunTracker(targets, this.clock.elapsed(), APPEAR_MS);
    const deadline = timeoutMs === null ? Infinity : this.clock.elapsed() + timeoutMs;
    return (await drain(log.follow(tracker, after, deadline), (event) => this.events.push(event))).outcome;
  }

  get reads(): number {
    return this.supervisor.reads.length;
  }
}

describe('how the runs of a roll read the log together', () => {
  it('polls once for all of them', async () => {
    const alone = new Bench();
    alone.supervisor.add({ node: 1n, status: 'processing', then: [[20_000, 'completed']] });
    assert.deepEqual(await alone.clock.run(alone.follow(1n)), { kind: 'settled' });

    const bench = new Bench();
    for (const node of [1n, 2n, 3n])
      bench.supervisor.add({ node, status: 'processing', then: [[20_000, 'completed']] });
    const ends = await bench.clock.run(Promise.all([1n, 2n, 3n].map((node) => bench.follow(node))));
    assert.deepEqual(ends, [{ kind: 'settled' }, { kind: 'settled' }, { kind: 'settled' }]);
    assert.equal(bench.reads, alone.reads);
    const changes = ['processing', 'completed'].flatMap((status) => [1, 2, 3].map((node) => `${node}:${status}`));
    assert.deepEqual(bench.changes, changes);
  });

  /** The entry of node 2 has been seen, and is by now on a page that no poll has a reason to read. */
  async function nodeTwoFarDown(status: string): Promise<{ bench: Bench; first: Promise<FollowOutcome> }> {
    const bench = new Bench();
    bench.supervisor.add({ node: 2n, status, then: [[90_000, 'completed']] });
    const first = bench.follow(1n);
    await bench.clock.advance(1000);
    bench.supervisor.addHistory(250);
    bench.supervisor.add({ node: 1n, status: 'processing', then: [[60_000, 'completed']] });
    await bench.clock.advance(6000);
    return { bench, first };
  }

  it('shows a run that joins late what was seen before', async () => {
    const { bench, first } = await nodeTwoFarDown('completed');
    assert.deepEqual(await bench.clock.run(bench.follow(2n)), { kind: 'settled' });
    assert.ok(bench.changes.includes('2:completed'), bench.changes.join());
    assert.deepEqual(await bench.clock.run(first), { kind: 'settled' });
  });

  it('settles no run by polls that were made before it', async () => {
    const bench = new Bench();
    bench.supervisor.add({ node: 1n, status: 'completed' });
    const other = bench.follow(2n, { timeoutMs: 100_000 });
    await bench.clock.advance(10_000);
    const reads = bench.reads;
    const joinedAt = bench.clock.elapsed();
    assert.deepEqual(await bench.clock.run(bench.follow(1n)), { kind: 'settled' });
    assert.ok(bench.reads > reads && bench.clock.elapsed() - joinedAt >= 2000, 'not settled before 2 s');
    await bench.clock.run(other);
  });

  it('makes no entry vanish for a run that joins while a poll is underway', async () => {
    const { bench, first } = await nodeTwoFarDown('processing');
    bench.supervisor.readMs = 400;
    const reads = bench.reads;
    while (bench.reads === reads) await bench.clock.advance(50);
    const second = bench.follow(2n);
    await bench.clock.run(Promise.all([first, second]));
    assert.deepEqual(bench.warnings, []);
    assert.ok(bench.changes.includes('2:completed'), bench.changes.join());
  });

  it('gives a baseline that holds whatever was there when it was asked for', async () => {
    const bench = new Bench();
    bench.supervisor.readMs = 300;
    const other = bench.follow(1n, { timeoutMs: 30_000 });
    await bench.clock.advance(600);
    assert.equal(bench.reads, 1, 'a poll is underway');
    const highest = bench.supervisor.add({ node: 3n });
    const baseline = await bench.clock.run(bench.log.baseline());
    assert.equal(baseline.highestId, highest);
    await bench.clock.run(other);
  });

  it('asks for a baseline as often as for any read, and gives its failure to who asked', async () => {
    const bench = new Bench();
    bench.supervisor.nextReads(failingRead(apiError(503)));
    await assert.rejects(bench.clock.run(bench.log.baseline()), /503/);
    assert.equal((await bench.clock.run(bench.log.baseline())).highestId, bench.floor);
  });

  it('answers those who ask for a baseline in their order', async () => {
    const bench = new Bench();
    bench.supervisor.readMs = 400;
    const answered: number[] = [];
    const ask = (who: number): Promise<void> => bench.log.baseline().then(() => void answered.push(who));
    const first = ask(1);
    await bench.clock.advance(399);
    const all = Promise.all([first, ask(2), ask(3)]);
    await bench.clock.run(all);
    assert.deepEqual(answered, [1, 2, 3]);
  });

  it('tolerates failing polls for a minute, warns once, and then gives up for all', async () => {
    const bench = new Bench();
    const error = nonsense();
    bench.supervisor.nextReads(...Array.from({ length: 62 }, () => failingRead(error)));
    const startedAt = bench.clock.elapsed();
    const ends = await bench.clock.run(Promise.all([bench.follow(1n), bench.follow(2n)]));
    assert.deepEqual(ends, [
      { kind: 'gave-up', error },
      { kind: 'gave-up', error },
    ]);
    assert.deepEqual(bench.warnings, ['poll_failed']);
    const took = bench.clock.elapsed() - startedAt;
    assert.ok(took >= 60_000 && took < 70_000, `${took} ms`);
    assert.equal(bench.clock.asleep, 0);
  });

  it('gives up at once when the key may not read it any more', async () => {
    const bench = new Bench();
    const error = apiError(403);
    bench.supervisor.nextReads(failingRead(error));
    assert.deepEqual(await bench.clock.run(bench.follow(1n)), { kind: 'gave-up', error });
  });

  it('leaves no timer behind when the last run ends while a long wait was asked for', async () => {
    const bench = new Bench();
    bench.supervisor.nextReads(failingRead(apiError(429, { retryAfterMs: 240_000 })));
    const startedAt = bench.clock.elapsed();
    assert.deepEqual(await bench.clock.run(bench.follow(1n, { timeoutMs: 5000 })), { kind: 'deadline' });
    assert.ok(bench.clock.elapsed() - startedAt < 8000);
    await bench.clock.advance(0);
    assert.equal(bench.clock.asleep, 0);
  });

  it('polls a last time at a run’s deadline, and leaves the others to theirs', async () => {
    const bench = new Bench();
    bench.supervisor.add({ node: 1n, status: 'processing', then: [[29_990, 'completed']] });
    bench.supervisor.add({ node: 2n, status: 'processing', then: [[50_000, 'completed']] });
    const other = bench.follow(2n);
    const end = await bench.clock.run(bench.follow(1n, { timeoutMs: 30_000 }));
    assert.deepEqual([end, bench.changes.at(-1)], [{ kind: 'settled' }, '1:completed']);
    assert.deepEqual(await bench.clock.run(other), { kind: 'settled' });
  });

  it('ends at its deadline although a poll hangs', async () => {
    const bench = new Bench();
    const startedAt = bench.clock.elapsed();
    bench.supervisor.readMs = 3_600_000;
    assert.deepEqual(await bench.clock.run(bench.follow(1n, { timeoutMs: 10_000 })), { kind: 'deadline' });
    assert.ok(bench.clock.elapsed() - startedAt <= 12_000);
    bench.log.close();
    await bench.clock.advance(0);
    assert.equal(bench.clock.asleep, 0, 'closing ends the poll that hangs');
  });

  it('ends at its deadline although a read for somebody’s baseline hangs, which goes on', async () => {
    const bench = new Bench();
    const startedAt = bench.clock.elapsed();
    bench.supervisor.readMs = 60_000;
    let answered = false;
    void bench.log.baseline().then(() => (answered = true));
    assert.deepEqual(await bench.clock.run(bench.follow(1n, { timeoutMs: 10_000 })), { kind: 'deadline' });
    assert.equal(bench.clock.elapsed() - startedAt, 12_000);
    await bench.clock.advance(60_000);
    assert.ok(answered);
  });

  it('polls no later for those that are followed because somebody joins', async () => {
    const bench = new Bench();
    const both = [bench.follow(1n, { timeoutMs: 5000 })];
    await bench.clock.advance(1400);
    both.push(bench.follow(2n, { timeoutMs: 5000 }));
    await bench.clock.advance(100);
    assert.equal(bench.reads, 2);
    await bench.clock.run(Promise.all(both));
  });

  it('takes a poll of the last half second for a baseline', async () => {
    const bench = new Bench();
    const readsFor = async (): Promise<number> => {
      const before = bench.reads;
      await bench.clock.run(bench.log.baseline());
      return bench.reads - before;
    };
    assert.equal(await readsFor(), 1);
    await bench.clock.advance(500);
    assert.equal(await readsFor(), 0);
    await bench.clock.advance(1);
    assert.equal(await readsFor(), 1);
  });

  it('begins anew with whoever comes after a quiet time', async () => {
    const bench = new Bench();
    bench.supervisor.add({ node: 1n });
    await bench.clock.run(bench.follow(1n));
    await bench.clock.advance(600_000);
    const reads: number[] = [];
    const startedAt = bench.clock.elapsed();
    bench.supervisor.beforeRead = () => void reads.push(bench.clock.elapsed() - startedAt);
    bench.supervisor.add({ node: 2n });
    await bench.clock.run(bench.follow(2n));
    assert.deepEqual(reads, [500, 1500, 2000]);
  });

  it('polls a last time for all whose deadline is the same', async () => {
    const bench = new Bench({ deadline: 20_000 });
    const following = Promise.all([1n, 2n, 3n, 4n].map((node) => bench.follow(node)));
    await bench.clock.advance(19_900);
    bench.supervisor.readMs = 50;
    const reads = bench.reads;
    for (const end of await bench.clock.run(following)) assert.equal(end.kind, 'deadline');
    assert.ok(bench.reads - reads <= 2, `${bench.reads - reads} polls`);
  });

  it('ends all runs at an interrupt, deadline or no', async () => {
    const bench = new Bench();
    const following = Promise.all([bench.follow(1n), bench.follow(2n, { timeoutMs: 60_000 })]);
    await bench.clock.advance(10_000);
    const reason = new Interrupted('SIGTERM');
    bench.stop.abort(reason);
    const ends = await bench.clock.run(following);
    assert.deepEqual(ends, [
      { kind: 'interrupted', reason },
      { kind: 'interrupted', reason },
    ]);
    assert.equal(bench.clock.asleep, 0);
  });

  it('hands a fault of its own to all runs', async () => {
    const bench = new Bench();
    const fault = new RangeError('unforeseen');
    bench.supervisor.nextReads(() => Promise.reject(fault));
    const following = [bench.follow(1n), bench.follow(2n)];
    const ends = await bench.clock.run(Promise.allSettled(following));
    assert.deepEqual(ends, [
      { status: 'rejected', reason: fault },
      { status: 'rejected', reason: fault },
    ]);
  });

  it('goes on as ever when the wall clock was set back', async () => {
    const bench = new Bench();
    const following = bench.follow(1n);
    await bench.clock.advance(20_000);
    bench.clock.jumpWall(-3_600_000);
    bench.supervisor.add({ node: 1n });
    await bench.clock.advance(5000);
    assert.deepEqual(bench.changes, ['1:completed']);
    bench.stop.abort(new Interrupted('SIGINT'));
    await bench.clock.run(following);
  });

  it('follows known activities that began before the roll, with everybody else', async () => {
    const bench = new Bench();
    const id = bench.supervisor.add({ node: 1n, status: 'processing', then: [[20_000, 'completed']] });
    const floor = bench.supervisor.add({ node: 2n });
    const log = bench.open({ floor });
    const followAll = [1, 2, 3].map(() => bench.followTargets(knownActivities([id]), id, null, log));
    for (const end of await bench.clock.run(Promise.all(followAll))) assert.equal(end.kind, 'settled');
    assert.ok(bench.reads < 30, `${bench.reads} reads for 20 s, by one follower`);
  });

  it('keeps nothing of what no run can care about', async () => {
    let asked: bigint[] = [];
    const bench = new Bench({ concerns: ({ node_id: node }) => (asked.push(node), node === 1n) });
    asked = [];
    bench.supervisor.add({ node: 2n });
    bench.supervisor.add({ node: 1n });
    assert.deepEqual(await bench.clock.run(bench.follow(1n)), { kind: 'settled' });
    assert.ok(asked.includes(2n));
    assert.deepEqual(await bench.clock.run(bench.log.busy({ runtime: 'iggy', nodes: [2n] })), []);
  });
});

describe('who is busy, as a roll finds it', () => {
  const busyNodes = async (bench: Bench, nodes: Id[]): Promise<Id[]> => {
    const busy = await bench.clock.run(bench.log.busy({ runtime: 'iggy', nodes }));
    return busy.map(({ node_id: node }) => node);
  };

  it('is who was when it began, and whoever began something since', async () => {
    const bench = new Bench();
    bench.supervisor.add({ node: 1n, status: 'processing' });
    bench.supervisor.add({ node: 1n, status: 'processing', runtime: 'connectors' });
    assert.deepEqual(await busyNodes(bench, [1n, 2n]), [1n]);
    bench.supervisor.add({ node: 2n, status: 'processing', then: [[30_000, 'completed']] });
    await bench.clock.advance(1000);
    assert.deepEqual(await busyNodes(bench, [2n, 3n]), [2n]);
    await bench.clock.advance(60_000);
    assert.deepEqual(await busyNodes(bench, [2n, 3n]), []);
  });

  it('costs one poll for a node that nothing speaks against, however long the log is', async () => {
    const bench = new Bench();
    bench.supervisor.addHistory(3000);
    await busyNodes(bench, [1n]);
    await bench.clock.advance(10_000);
    const reads = bench.reads;
    await busyNodes(bench, [2n]);
    assert.equal(bench.reads - reads, 1);
  });

  it('is asked again when it could not be read', async () => {
    const bench = new Bench();
    bench.supervisor.nextReads((page) => page, failingRead(apiError(404)));
    const denied = bench.log.busy({ runtime: 'iggy', nodes: [1n] });
    await assert.rejects(bench.clock.run(denied), (error) => (error as LdctlError).exitCode === 5);
    assert.deepEqual(await busyNodes(bench, [1n]), []);
  });
});
