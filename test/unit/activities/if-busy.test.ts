import assert from 'node:assert/strict';
import { triggerIfNotBusy, type IfBusy } from '../../../src/activities/if-busy.js';
import { type ResultEvent } from '../../../src/base/progress.js';
import { type TriggerPlan } from '../../../src/activities/trigger-plan.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { apiError, failing, failingRead, type EntryOptions } from '../../helpers/fake-supervisor.js';
import { nodesUpTo, RollBench } from '../../helpers/roll.js';
import { JobBench, plan, statuses } from '../../helpers/run.js';

const NODES = [1n, 2n, 3n];

class Bench extends JobBench {
  constructor() {
    super();
    this.supervisor.addHistory(3, { createdAt: this.clock.now() - 3_600_000 });
  }

  /** Somebody else's activity, that ends after so long. */
  busy(node: Id, endsAfterMs: number | null, options: EntryOptions = {}): Id {
    const { then = endsAfterMs === null ? [] : [[endsAfterMs, 'completed'] as const], ...rest } = options;
    return this.supervisor.add({ node, status: 'processing', author: 7n, then, ...rest });
  }

  async trigger(ifBusy: IfBusy, changes: Partial<TriggerPlan> = {}): Promise<ResultEvent> {
    const report = await this.run(triggerIfNotBusy(plan({ nodes: NODES, ...changes }), ifBusy, this.tools()));
    assert.equal(this.clock.asleep, 0, 'a timer was left behind');
    return report;
  }

  /** @throws AssertionError when anything was sent */
  async refuses(ifBusy: IfBusy, changes: Partial<TriggerPlan> = {}): Promise<LdctlError> {
    let thrown: unknown;
    await this.trigger(ifBusy, changes).catch((error: unknown) => (thrown = error));
    assert.ok(thrown instanceof LdctlError, 'nothing was thrown');
    assert.deepEqual([this.supervisor.posts, this.journal.records.size], [[], 0]);
    return thrown;
  }
}

describe('--if-busy ignore', () => {
  it('goes ahead, and does not even read the log', async () => {
    const bench = new Bench();
    bench.busy(1n, null, { action: 'stop' });
    const { exitCode } = await bench.trigger('ignore');
    assert.equal(exitCode, 0);
    const free = new Bench();
    await free.trigger('ignore');
    assert.equal(bench.supervisor.reads.length, free.supervisor.reads.length);
  });
});

describe('--if-busy fail', () => {
  it('ends with 5, at once and nothing sent, naming the nodes and what they do', async () => {
    const bench = new Bench();
    const begunAt = bench.clock.actual();
    const ids = [bench.busy(1n, null), bench.busy(3n, null, { action: 'stop' })];
    const error = await bench.refuses('fail');
    assert.deepEqual([error.exitCode, error.code], [5, 'busy']);
    assert.match(error.message, /\), node 1 \(/);
    assert.match(error.hint ?? '', /--if-busy wait, join or ignore/);
    for (const part of [`node 1 (activity ${ids[0]}, restart)`, `node 3 (activity ${ids[1]}, stop)`]) {
      assert.ok(error.message.includes(part), error.message);
    }
    assert.doesNotMatch(error.message, /node 2/);
    assert.equal(bench.clock.actual(), begunAt);
  });

  it('reads far down the log, and at every node when none is named', async () => {
    const bench = new Bench();
    bench.busy(2n, null);
    bench.supervisor.addHistory(450);
    assert.equal((await bench.refuses('fail', { nodes: null })).code, 'busy');
  });

  for (const [what, options] of [
    ['of another node', { node: 9n }],
    ['of another runtime', { node: 1n, runtime: 'connectors' }],
    ['that has ended', { node: 1n, status: 'rejected' }],
  ] as const) {
    it(`is not deterred by an activity ${what}`, async () => {
      const bench = new Bench();
      bench.supervisor.add({ status: 'processing', ...options });
      assert.equal((await bench.trigger('fail')).exitCode, 0);
    });
  }

  it('ends with the API’s own reason when it may not read the log', async () => {
    const bench = new Bench();
    bench.supervisor.nextReads(failingRead(apiError(403)));
    assert.equal((await bench.refuses('fail')).exitCode, 4);
  });
});

describe('--if-busy wait', () => {
  it('waits until all that the targets are doing has ended, however it ends, and then triggers', async () => {
    const bench = new Bench();
    const begunAt = bench.clock.actual();
    bench.busy(1n, 20_000);
    bench.busy(1n, 40_000, { action: 'stop' });
    bench.busy(2n, null, { then: [[30_000, 'rejected']] });
    const report = await bench.trigger('wait');
    assert.deepEqual([report.exitCode, statuses(report)], [0, ['1:completed', '2:completed', '3:completed']]);
    assert.ok((bench.supervisor.postTimes[0] ?? 0) - begunAt >= 40_000);
    assert.deepEqual(bench.warnings, ['busy', 'busy', 'busy']);
    // What others did is not told as if it were this run's.
    assert.deepEqual(
      bench.changes.filter((change) => change.endsWith('rejected')),
      [],
    );
    assert.equal(report.result.nodes.filter(({ ambiguous }) => ambiguous).length, 0);
  });

  it('waits no longer than --timeout: 5, and nothing sent', async () => {
    const bench = new Bench();
    const begunAt = bench.clock.actual();
    bench.busy(1n, null);
    const limits = { timeoutMs: 120_000, intervalMs: null, appearTimeoutMs: 30_000 };
    const error = await bench.refuses('wait', { limits });
    assert.equal(error.exitCode, 5);
    assert.match(error.hint ?? '', /a longer timeout waits longer/);
    assert.ok(bench.clock.actual() - begunAt <= 123_000);
  });

  it('waits as long as it takes without a --timeout, and says for what; what others do is not shown', async () => {
    const bench = new Bench();
    const id = bench.busy(1n, 3_600_000);
    const limits = { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 };
    assert.equal((await bench.trigger('wait', { nodes: [1n], limits })).exitCode, 0);
    const messages = bench.events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
    assert.deepEqual(messages, [`node 1 is busy: waiting for activity ${id} (restart) to end`]);
    assert.deepEqual(bench.changes, ['1:processing', '1:completed']);
  });

  it('goes ahead when what it waits for vanishes from the log', async () => {
    const bench = new Bench();
    bench.busy(1n, null, { vanishMs: 10_000 });
    assert.equal((await bench.trigger('wait')).exitCode, 0);
  });

  it('ends with the reason when the log cannot be read while it waits, and nothing sent', async () => {
    for (const [error, exitCode] of [
      [apiError(401), 4],
      [apiError(404), 5],
    ] as const) {
      const bench = new Bench();
      bench.busy(1n, null);
      bench.supervisor.nextReads((page) => page, failingRead(error));
      assert.equal((await bench.refuses('wait')).exitCode, exitCode);
    }
  });

  it('ends with 130 at Ctrl-C while it waits, and nothing sent', async () => {
    const bench = new Bench();
    bench.busy(1n, null);
    const waiting = bench.refuses('wait');
    await bench.clock.advance(20_000);
    bench.stop.abort(new Interrupted('SIGINT'));
    assert.equal((await waiting).exitCode, 130);
  });
});

describe('--if-busy join', () => {
  it('follows what all targets are doing, and sends nothing', async () => {
    const bench = new Bench();
    const ids = NODES.map((node, index) => bench.busy(node, 10_000 * (index + 1)));
    const report = await bench.trigger('join');
    assert.deepEqual([report.exitCode, report.result.outcome], [0, 'completed']);
    assert.deepEqual(
      report.result.nodes.map(({ activity_id: id }) => id),
      ids,
    );
    assert.deepEqual([bench.supervisor.posts.length, report.result.idempotency_key], [0, null]);
    assert.deepEqual(bench.warnings, ['joined', 'joined', 'joined']);
  });

  it('follows what every node is doing, when none is named', async () => {
    const bench = new Bench();
    NODES.forEach((node) => bench.busy(node, 5000));
    const report = await bench.trigger('join', { nodes: null });
    assert.deepEqual([report.exitCode, statuses(report).length, bench.supervisor.posts.length], [0, 3, 0]);
  });

  it('follows the newest of several that a node has to do, which ends last', async () => {
    const bench = new Bench();
    bench.busy(1n, 5000);
    const newest = bench.busy(1n, 9000);
    const { result } = await bench.trigger('join', { nodes: [1n] });
    assert.deepEqual(
      result.nodes.map(({ activity_id: id }) => id),
      [newest],
    );
    const messages = bench.events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
    assert.deepEqual(messages, [`node 1: following activity ${newest} instead of sending`]);
  });

  it('has no time limit for what is left when there is none at all', async () => {
    const bench = new Bench();
    bench.busy(2n, 3_600_000);
    const limits = { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 };
    assert.equal((await bench.trigger('join', { limits })).exitCode, 0);
  });

  it('sends to those that are free, and names all of them in the order asked', async () => {
    const bench = new Bench();
    bench.busy(2n, 60_000);
    const { result, exitCode } = await bench.trigger('join', { nodes: [3n, 2n, 1n] });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      bench.supervisor.posts.map(({ nodes }) => nodes),
      [[1n, 3n]],
    );
    const told = result.nodes.map(({ node_id: node, status }) => [node, status]);
    assert.deepEqual(
      told,
      [3n, 2n, 1n].map((node) => [node, 'completed']),
    );
    assert.equal(result.idempotency_key, 'key');
  });

  it('says at Ctrl-C which nodes it was following', async () => {
    const bench = new Bench();
    const id = bench.busy(2n, null);
    const events = triggerIfNotBusy(plan({ nodes: [2n] }), 'join', bench.tools());
    const { result, exitCode } = await bench.run(events, (event) => {
      if (event.event === 'warning') bench.stop.abort(new Interrupted('SIGINT'));
    });
    assert.equal(exitCode, 130);
    assert.deepEqual(
      result.nodes.map(({ node_id: node, activity_id: activity }) => [node, activity]),
      [[2n, id]],
    );
    assert.equal(result.resume, `wait ${id}`);
  });

  it('refuses when a target does something else: 5, and nothing sent', async () => {
    const bench = new Bench();
    bench.busy(1n, null);
    const id = bench.busy(2n, null, { action: 'stop' });
    const error = await bench.refuses('join');
    assert.equal(error.exitCode, 5);
    assert.equal(error.hint, 'Only restart itself can be joined.');
    assert.ok(error.message.includes(`node 2 (activity ${id}, stop)`) && !error.message.includes('node 1'));
  });

  it('refuses when a node does the same, and something else besides', async () => {
    const bench = new Bench();
    bench.busy(1n, null, { action: 'stop' });
    bench.busy(1n, null);
    assert.equal((await bench.refuses('join', { nodes: [1n] })).exitCode, 5);
  });

  it('does not join a reconfigure that may be of another config', async () => {
    const action = { verb: 'reconfigure', configId: 42n } as const;
    for (const stored of ['reconfigure', 'reconfigure:43']) {
      const bench = new Bench();
      bench.busy(1n, null, { action: stored });
      assert.equal((await bench.refuses('join', { nodes: [1n], action })).exitCode, 5, stored);
    }
    const bench = new Bench();
    bench.busy(1n, 5000, { action: 'reconfigure:42' });
    assert.equal((await bench.trigger('join', { nodes: [1n], action })).exitCode, 0);
  });

  const ends = [
    { name: 'what was joined is rejected', joined: 'rejected', sent: 'completed', exitCode: 3 },
    { name: 'what was sent is rejected', joined: 'completed', sent: 'rejected', exitCode: 3 },
  ];
  for (const { name, joined, sent, exitCode } of ends) {
    it(`ends with ${exitCode} when ${name}`, async () => {
      const bench = new Bench();
      bench.busy(1n, null, { then: [[5000, joined]] });
      bench.supervisor.behaviour.set(2n, { result: sent });
      assert.equal((await bench.trigger('join', { nodes: [1n, 2n] })).exitCode, exitCode);
    });
  }

  it('has one time limit for all: 8, and the command for what is left', async () => {
    const bench = new Bench();
    const joined = bench.busy(1n, null);
    bench.supervisor.behaviour.set(2n, { workMs: null });
    const begunAt = bench.clock.actual();
    const limits = { timeoutMs: 60_000, intervalMs: null, appearTimeoutMs: 30_000 };
    const { exitCode, result } = await bench.trigger('join', { nodes: [1n, 2n], limits });
    assert.equal(exitCode, 8);
    assert.ok(bench.clock.actual() - begunAt <= 66_000, `${bench.clock.actual() - begunAt} ms`);
    const sent = result.nodes[1]?.activity_id;
    assert.equal(result.resume, `wait ${sent} && wait ${joined}`);
  });

  it('has carried out nothing when what it would send is refused', async () => {
    const bench = new Bench();
    bench.busy(1n, 5000);
    bench.supervisor.nextPosts(failing(apiError(403)));
    await assert.rejects(bench.trigger('join'), (error) => error instanceof LdctlError && error.exitCode === 4);
  });

  it('with a caller’s key joins all or none: a record could not say what was sent', async () => {
    const bench = new Bench();
    bench.busy(1n, null);
    const error = await bench.refuses('join', { callersKey: true });
    assert.equal(error.exitCode, 5);
    assert.match(error.hint ?? '', /--rolling/);
  });

  it('with a caller’s key is remembered: the same run again follows the same, and sends nothing', async () => {
    const bench = new Bench();
    const id = bench.busy(1n, 5000);
    const asked = { nodes: [1n], callersKey: true };
    assert.equal((await bench.trigger('join', asked)).exitCode, 0);
    for (const ifBusy of ['join', 'wait', 'fail', 'ignore'] as const) {
      const { exitCode, result } = await bench.trigger(ifBusy, asked);
      assert.deepEqual([exitCode, result.nodes[0]?.activity_id], [0, id]);
    }
    assert.equal(bench.supervisor.posts.length, 0);
  });
});

describe('what a joined run leaves in the journal', () => {
  it('is a baseline below the lowest of what it follows, whatever the order', async () => {
    for (const nodes of [
      [1n, 2n, 3n],
      [3n, 1n, 2n],
    ]) {
      const bench = new Bench();
      const [lowest = 0n] = NODES.map((node) => bench.busy(node, 5000));
      await bench.trigger('join', { nodes, callersKey: true });
      const [record] = bench.journal.records.values();
      assert.deepEqual(record?.baseline, { highestId: lowest - 1n, nodes: [] });
      assert.equal(record.state, 'accepted');
    }
  });
});

describe('a run that takes up an earlier one with the same caller’s key', () => {
  for (const ifBusy of ['wait', 'fail', 'join'] as const) {
    it(`is not deterred by its own activities: --if-busy ${ifBusy}`, async () => {
      const bench = new Bench();
      bench.supervisor.behaviour.set(1n, { workMs: 600_000 });
      const asked = { nodes: [1n], callersKey: true };
      const limits = { timeoutMs: 5000, intervalMs: null, appearTimeoutMs: 30_000 };
      assert.equal((await bench.trigger(ifBusy, { ...asked, limits })).exitCode, 8);
      assert.equal((await bench.trigger(ifBusy, { ...asked, limits: { ...limits, timeoutMs: null } })).exitCode, 0);
      assert.equal(bench.supervisor.dispatched, 1);
    });
  }
});

describe('--if-busy in a roll', () => {
  const somebody = (bench: RollBench, node: Id, endsAfterMs: number | null, action = 'restart'): Id => {
    const then = endsAfterMs === null ? [] : [[endsAfterMs, 'completed'] as const];
    return bench.supervisor.add({ node, action, status: 'processing', then });
  };

  it('fail: 5 before anything is sent, whichever node it is', async () => {
    const bench = new RollBench();
    somebody(bench, 9n, null);
    await assert.rejects(
      bench.roll({ ifBusy: 'fail' }),
      (error) => error instanceof LdctlError && error.exitCode === 5,
    );
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('fail: 7 for a node that became busy later, with nothing sent to it', async () => {
    const bench = new RollBench();
    const report = await bench.roll({ ifBusy: 'fail', nodes: NODES }, (event) => {
      if (event.event === 'dispatched' && event.node_id === 1n) somebody(bench, 2n, null, 'stop');
    });
    assert.deepEqual([report.exitCode, report.error?.code], [7, 'busy']);
    assert.deepEqual([bench.postedTo, report.result.resume], [[1n], 'roll 2,3']);
  });

  it('wait: begins a node when it is free', async () => {
    const bench = new RollBench();
    const begunAt = bench.clock.actual();
    somebody(bench, 2n, 90_000, 'stop');
    const { exitCode } = await bench.roll({ ifBusy: 'wait', nodes: NODES });
    assert.equal(exitCode, 0);
    assert.deepEqual(bench.postedTo, NODES);
    assert.ok((bench.supervisor.postTimes[1] ?? 0) - begunAt >= 90_000);
  });

  it('wait: 8 when the time of the roll is up meanwhile, and the node has not been started', async () => {
    const bench = new RollBench();
    somebody(bench, 2n, null, 'stop');
    const begunAt = bench.clock.actual();
    const limits = { timeoutMs: 60_000, intervalMs: null, appearTimeoutMs: 30_000 };
    const { exitCode, result } = await bench.roll({ ifBusy: 'wait', nodes: NODES, limits });
    assert.equal(exitCode, 8);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'not_started', 'not_started'],
    );
    assert.ok(bench.clock.actual() - begunAt <= 63_000);
  });

  it('wait: 5 when the first node stays busy, and nothing sent', async () => {
    const bench = new RollBench();
    somebody(bench, 1n, null, 'stop');
    const rolling = bench.roll({ ifBusy: 'wait', nodeTimeoutMs: 60_000 });
    await assert.rejects(rolling, (error) => error instanceof LdctlError && error.exitCode === 5);
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('join: follows a node that is at it already, and goes on with the others', async () => {
    const bench = new RollBench();
    const id = somebody(bench, 2n, 20_000);
    const { exitCode, result } = await bench.roll({ ifBusy: 'join', nodes: NODES, callersKey: true });
    assert.equal(exitCode, 0);
    assert.deepEqual(bench.postedTo, [1n, 3n]);
    assert.equal(result.nodes[1]?.activity_id, id);
    assert.equal((await bench.roll({ ifBusy: 'join', nodes: NODES, callersKey: true })).exitCode, 0);
    assert.deepEqual(bench.postedTo, [1n, 3n]);
  });

  it('join: one follower for all that are joined', async () => {
    const bench = new RollBench();
    for (const node of nodesUpTo(9)) somebody(bench, node, 60_000);
    assert.equal((await bench.roll({ ifBusy: 'join', maxUnavailable: 9 })).exitCode, 0);
    assert.equal(bench.supervisor.posts.length, 0);
    assert.ok(bench.supervisor.reads.length < 80, `${bench.supervisor.reads.length} reads in a minute`);
  });
});
