import assert from 'node:assert/strict';
import { wireKey } from '../../../src/activities/wire-key.js';
import { ApiError, LdctlError, TransportError } from '../../../src/base/errors.js';
import { apiError, failing, lost, refused } from '../../helpers/fake-supervisor.js';
import { nodesUpTo, RollBench, rollPlan } from '../../helpers/roll.js';
import { statuses } from '../../helpers/run.js';

const NODES = nodesUpTo(9);
const SECOND = 1000;

describe('a roll', () => {
  it('acts on one node after the other, in the order given, each once, and completes', async () => {
    const bench = new RollBench();
    const order = [5n, 1n, 9n, 3n];
    const { result, exitCode } = await bench.roll({ nodes: order });
    assert.deepEqual(bench.postedTo, order);
    assert.equal(bench.mostAtOnce, 1);
    assert.deepEqual([result.outcome, exitCode, result.resume], ['completed', 0, null]);
    assert.deepEqual(
      result.nodes.map(({ node_id: node, status }) => [node, status]),
      order.map((node) => [node, 'completed']),
    );
  });

  it('posts to each node alone, with a key of its own made from that of the run', async () => {
    const bench = new RollBench();
    await bench.roll({ nodes: [2n, 1n] });
    const keyOf = (node: bigint): string =>
      wireKey('key', { deploymentId: 71n, runtime: 'iggy', action: { verb: 'restart' }, nodes: [node] });
    assert.deepEqual(
      bench.supervisor.posts.map(({ nodes, wireKey: key }) => ({ nodes, key })),
      [
        { nodes: [2n], key: keyOf(2n) },
        { nodes: [1n], key: keyOf(1n) },
      ],
    );
  });

  for (const maxUnavailable of [1, 2, 4, 20]) {
    it(`never has more than ${maxUnavailable} nodes underway, and does have that many`, async () => {
      const bench = new RollBench();
      for (const node of NODES) bench.supervisor.behaviour.set(node, { workMs: 20_000 + Number(node) * 700 });
      const { exitCode } = await bench.roll({ maxUnavailable });
      assert.equal(exitCode, 0);
      assert.equal(bench.mostAtOnce, Math.min(maxUnavailable, NODES.length));
      assert.deepEqual(
        [...bench.timesActedOn],
        NODES.map((node) => [node, 1]),
      );
    });
  }

  it('begins the next node when any of those underway is done, whichever that is', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { workMs: 60_000 });
    for (const node of [2n, 3n, 4n]) bench.supervisor.behaviour.set(node, { workMs: 5000 });
    await bench.roll({ nodes: [1n, 2n, 3n, 4n], maxUnavailable: 2 });
    const [first = 0] = bench.supervisor.postTimes;
    // Node 1 holds one place all the time; the other three share the second.
    assert.ok((bench.supervisor.postTimes[3] ?? Infinity) - first < 20_000);
  });

  it('waits after a node before the next, and not after the last', async () => {
    const bench = new RollBench();
    const begunAt = bench.clock.now();
    await bench.roll({ nodes: [1n, 2n, 3n], pauseMs: 60 * SECOND });
    const [a = 0, b = 0, c = 0] = bench.supervisor.postTimes;
    for (const gap of [b - a, c - b]) assert.ok(gap >= 61 * SECOND && gap < 70 * SECOND, `${gap} ms between two nodes`);
    assert.ok(bench.clock.now() - begunAt < 140 * SECOND);
    assert.deepEqual(bench.stagesOf(1n), ['waiting', 'running', 'pause', 'done']);
    assert.deepEqual(bench.stagesOf(3n), ['waiting', 'running', 'done']);
  });

  it('emits the baseline once, a dispatch for each node, and when each was begun', async () => {
    const bench = new RollBench();
    const highest = bench.supervisor.entries.at(-1)?.activity.id;
    const { result } = await bench.roll({ nodes: [1n, 2n] });
    const told = bench.events.filter(({ event }) => event === 'baseline' || event === 'dispatched');
    assert.deepEqual(told, [
      { event: 'baseline', baseline: highest, idempotencyKey: 'key' },
      { event: 'dispatched', node_id: 1n, request_id: 'f00d', replayed: false, recovered: false },
      { event: 'dispatched', node_id: 2n, request_id: 'f00d', replayed: false, recovered: false },
    ]);
    assert.deepEqual([result.replayed, result.recovered, result.request_id], [null, null, null]);
    for (const [index, { started_at: startedAt, gate }] of result.nodes.entries()) {
      const posted = bench.supervisor.postTimes[index] ?? 0;
      assert.ok(Math.abs(Date.parse(startedAt ?? '') - posted) < SECOND);
      assert.equal(gate, null);
    }
  });

  it('makes at most two POSTs a second, those that are made again among them', async () => {
    const bench = new RollBench();
    bench.supervisor.nextPosts(
      ...Array.from({ length: 12 }, (_, n) => failing(n % 2 === 0 ? apiError(429) : refused())),
    );
    const { exitCode } = await bench.roll({ maxUnavailable: 9 });
    bench.supervisor.verify();
    assert.equal(exitCode, 0);
    const times = bench.supervisor.postTimes;
    assert.equal(times.length, 9 + 12);
    times.slice(2).forEach((time, index) => assert.ok(time - (times[index] ?? 0) >= SECOND, 'three POSTs in a second'));
  });
});

describe('a roll that goes wrong', () => {
  it('stops at a node that rejects the action: 3, nothing more is sent, and the rest is named', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(5n, { result: 'rejected' });
    const { result, exitCode } = await bench.roll();
    assert.deepEqual([result.outcome, exitCode], ['rejected', 3]);
    assert.deepEqual(bench.postedTo, [1n, 2n, 3n, 4n, 5n]);
    assert.deepEqual(statuses({ result }), [
      ...['1:completed', '2:completed', '3:completed', '4:completed', '5:rejected'],
      ...['6:not_started', '7:not_started', '8:not_started', '9:not_started'],
    ]);
    assert.equal(result.resume, 'roll 6,7,8,9');
    assert.ok(bench.warnings.includes('halted'));
    const [, ...rest] = result.nodes.slice(4);
    for (const node of rest) assert.deepEqual([node.started_at, node.activity_id, node.gate], [null, null, null]);
  });

  it('sees those out that are underway', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { result: 'rejected' });
    for (const node of [2n, 3n]) bench.supervisor.behaviour.set(node, { workMs: 60_000 });
    const { result } = await bench.roll({ maxUnavailable: 3 });
    assert.deepEqual(bench.postedTo, [1n, 2n, 3n]);
    assert.deepEqual(
      result.nodes.slice(0, 3).map(({ status }) => status),
      ['rejected', 'completed', 'completed'],
    );
  });

  it('sends nothing for a node that has begun but was not posted to yet', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { result: 'rejected', appearMs: 0, workMs: 0 });
    // Node 2 is told to come back when node 1 has long been rejected.
    bench.supervisor.nextPosts(bench.supervisor.carryOut, failing(apiError(429, { retryAfterMs: 20_000 })));
    const { result, exitCode } = await bench.roll({ maxUnavailable: 2, callersKey: true });
    assert.equal(exitCode, 3);
    assert.deepEqual([...bench.timesActedOn.keys()], [1n]);
    assert.equal(result.nodes[1]?.status, 'not_started');
    assert.equal(bench.journal.records.size, 1, 'what was not sent is forgotten');
    assert.equal(result.resume, 'roll 2,3,4,5,6,7,8,9');
  });

  it('stops at a node whose entry never appears: 7, and says how to look for it and how to go on', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(2n, { missing: true });
    const { result, exitCode } = await bench.roll({ nodes: [1n, 2n, 3n] });
    assert.deepEqual([result.outcome, exitCode], ['unconfirmed', 7]);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'missing', 'not_started'],
    );
    const after = bench.ownEntries[0]?.activity.id;
    assert.equal(result.resume, `wait --after ${after} nodes 2 && roll 3`);
  });

  it('stops at a node that takes too long: 8, and says how to wait for it', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { workMs: null });
    const begunAt = bench.clock.now();
    const { result, exitCode } = await bench.roll({ nodes: [1n, 2n], nodeTimeoutMs: 90_000 });
    assert.deepEqual([result.outcome, exitCode], ['timed_out', 8]);
    assert.ok(bench.clock.now() - begunAt < 95_000);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['processing', 'not_started'],
    );
    assert.equal(result.resume, `wait ${result.nodes[0]?.activity_id} && roll 2`);
  });

  it('goes on with --continue-on-error, and still says what went wrong', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(2n, { result: 'rejected' });
    bench.supervisor.behaviour.set(3n, { workMs: null });
    const { result, exitCode } = await bench.roll({
      nodes: [1n, 2n, 3n, 4n],
      continueOnError: true,
      nodeTimeoutMs: 60_000,
    });
    assert.deepEqual(bench.postedTo, [1n, 2n, 3n, 4n]);
    assert.deepEqual([result.outcome, exitCode], ['rejected', 3]);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'rejected', 'processing', 'completed'],
    );
    assert.equal(result.resume, `wait ${result.nodes[2]?.activity_id}`);
  });

  it('ends at the deadline of the whole: 8, with nothing started after it', async () => {
    const bench = new RollBench();
    for (const node of NODES) bench.supervisor.behaviour.set(node, { workMs: 30_000 });
    const begunAt = bench.clock.now();
    const { result, exitCode } = await bench.roll({
      limits: { timeoutMs: 80_000, intervalMs: null, appearTimeoutMs: 30_000 },
    });
    assert.deepEqual([result.outcome, exitCode], ['timed_out', 8]);
    assert.ok(bench.clock.now() - begunAt <= 83_000, `${bench.clock.now() - begunAt} ms`);
    const firstFour = result.nodes.slice(0, 4).map(({ status }) => status);
    assert.deepEqual(firstFour, ['completed', 'completed', 'processing', 'not_started']);
    assert.equal(result.resume, `wait ${result.nodes[2]?.activity_id} && roll 4,5,6,7,8,9`);
  });

  it('ends with 8 when the deadline comes in a pause, with all that was begun done', async () => {
    const bench = new RollBench();
    const limits = { timeoutMs: 20_000, intervalMs: null, appearTimeoutMs: 30_000 };
    const { result, exitCode } = await bench.roll({ nodes: [1n, 2n], pauseMs: 60_000, limits });
    assert.deepEqual([result.outcome, exitCode, result.resume], ['timed_out', 8, 'roll 2']);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'not_started'],
    );
  });

  it('begins even when its time is up before the first POST', async () => {
    const bench = new RollBench();
    bench.supervisor.readMs = 50;
    const limits = { timeoutMs: 1, intervalMs: null, appearTimeoutMs: 30_000 };
    const { exitCode } = await bench.roll({ limits });
    assert.deepEqual(bench.postedTo, [1n]);
    assert.equal(exitCode, 7, 'nothing was seen of it in time');
  });

  it('polls once more at the deadline of a node', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { appearMs: 0, workMs: 59_900 });
    const { exitCode } = await bench.roll({ nodes: [1n], nodeTimeoutMs: 60_000 });
    assert.equal(exitCode, 0);
  });
});

describe('a roll whose POST does not go through', () => {
  const causes = [
    { name: 'the key may not', error: apiError(403), exitCode: 4 },
    { name: 'the node is not known', error: apiError(404), exitCode: 5 },
  ];
  for (const { name, error, exitCode } of causes) {
    it(`ends with ${exitCode} when ${name}, at the first node: nothing was carried out`, async () => {
      const bench = new RollBench();
      bench.supervisor.nextPosts(failing(error));
      await assert.rejects(bench.roll(), (thrown) => thrown === error && error.exitCode === exitCode);
      assert.equal(bench.supervisor.dispatched, 0);
      assert.equal(bench.supervisor.posts.length, 1);
    });

    it(`ends with 7 and the reason when ${name}, at a later node, whatever --continue-on-error says`, async () => {
      const bench = new RollBench();
      bench.supervisor.nextPosts(bench.supervisor.carryOut, failing(error));
      const report = await bench.roll({ nodes: [1n, 2n, 3n], continueOnError: true });
      assert.deepEqual([report.exitCode, report.error], [7, error]);
      assert.deepEqual(statuses(report), ['1:completed', '2:not_started', '3:not_started']);
      assert.equal(report.result.resume, 'roll 2,3');
      assert.equal(bench.supervisor.posts.length, 2);
    });
  }

  it('ends with 6 when the API cannot be reached: nothing was carried out', async () => {
    const bench = new RollBench();
    bench.supervisor.nextPosts(...Array.from({ length: 60 }, () => failing(refused())));
    await assert.rejects(bench.roll(), (thrown) => thrown instanceof TransportError && thrown.exitCode === 6);
    assert.equal(bench.supervisor.dispatched, 0);
  });

  it('ends with 6 when the log cannot be read to begin with', async () => {
    const bench = new RollBench();
    bench.supervisor.nextReads(() => Promise.reject(apiError(503)));
    await assert.rejects(bench.roll(), (thrown) => thrown instanceof ApiError && thrown.exitCode === 6);
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('finds a node that was acted on although the answer was lost, and goes on', async () => {
    const bench = new RollBench();
    const { carryOut } = bench.supervisor;
    bench.supervisor.nextPosts(carryOut, failing(lost(), carryOut));
    const { exitCode } = await bench.roll({ nodes: [1n, 2n, 3n] });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      [...bench.timesActedOn],
      [
        [1n, 1],
        [2n, 1],
        [3n, 1],
      ],
    );
    const recovered = bench.events.filter((event) => event.event === 'dispatched' && event.recovered);
    assert.equal(recovered.length, 1);
  });

  it('ends with 7 when the fate of a node stays unknown, and begins no other', async () => {
    const bench = new RollBench();
    bench.supervisor.nextPosts(failing(lost()), failing(apiError(403)));
    const { result, exitCode, error } = await bench.roll({ nodes: [1n, 2n] });
    assert.deepEqual([result.outcome, exitCode], ['unconfirmed', 7]);
    assert.ok(error instanceof LdctlError);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      [null, 'not_started'],
    );
    assert.match(result.resume ?? '', /^wait --after \d+ nodes 1 && roll 2$/);
  });

  it('hands on a fault of its own as it is when nothing was sent, and with a result when something was', async () => {
    const fault = new RangeError('unforeseen');
    const first = new RollBench();
    first.supervisor.nextPosts(failing(fault));
    const report = await first.roll({ nodes: [1n, 2n] });
    assert.equal(report.exitCode, 7, 'the POST may have been sent');

    const later = new RollBench();
    later.journal.update = () => Promise.reject(fault);
    await assert.rejects(later.roll({ callersKey: true }), fault);
    assert.equal(later.supervisor.posts.length, 0);

    const third = new RollBench();
    const update = third.journal.update.bind(third.journal);
    third.journal.update = (key, change) => {
      const isNew = !third.journal.records.has(key);
      return isNew && third.journal.records.size === 2 ? Promise.reject(fault) : update(key, change);
    };
    const { exitCode, error, result } = await third.roll({ callersKey: true, nodes: [1n, 2n, 3n, 4n] });
    assert.equal(exitCode, 7);
    assert.match(error?.message ?? '', /unforeseen/);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'completed', 'not_started', 'not_started'],
    );
  });
});

describe('a roll that is interrupted', () => {
  it('starts no more at the first Ctrl-C, sees the running ones out, and ends with 130', async () => {
    const bench = new RollBench();
    const work = bench.roll({ maxUnavailable: 2 }, (event) => {
      if (event.event === 'activity' && event.activity.node_id === 3n) bench.stopSoftly();
    });
    const { result, exitCode } = await work;
    assert.deepEqual([result.outcome, exitCode], ['interrupted', 130]);
    const done = result.nodes.filter(({ status }) => status === 'completed').map(({ node_id: node }) => node);
    assert.deepEqual(done, bench.postedTo);
    assert.ok(done.length >= 3 && done.length <= 4);
    assert.equal(result.resume, `roll ${NODES.slice(done.length).join(',')}`);
    assert.ok(bench.warnings.includes('stopping'));
  });

  it('is done all the same when nothing was left to start', async () => {
    const bench = new RollBench();
    const { result, exitCode } = await bench.roll({ nodes: [1n, 2n], maxUnavailable: 2 }, (event) => {
      if (event.event === 'dispatched' && event.node_id === 2n) bench.stopSoftly();
    });
    assert.deepEqual([result.outcome, exitCode, result.resume], ['completed', 0, null]);
  });

  it('ends a pause at the first Ctrl-C', async () => {
    const bench = new RollBench();
    const begunAt = bench.clock.now();
    const { exitCode, result } = await bench.roll({ nodes: [1n, 2n], pauseMs: 3_600_000 }, (event) => {
      if (event.event === 'progress' && event.nodes[0]?.stage === 'pause') bench.stopSoftly();
    });
    assert.equal(exitCode, 130);
    assert.ok(bench.clock.now() - begunAt < 10_000);
    assert.equal(result.resume, 'roll 2');
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const when = signal === 'SIGINT' ? 'the second Ctrl-C' : signal;
    it(`leaves the running ones at ${when}, and says how to go on: ${code}`, async () => {
      const bench = new RollBench();
      for (const node of NODES) bench.supervisor.behaviour.set(node, { workMs: node === 1n ? 1000 : 600_000 });
      const begunAt = bench.clock.now();
      const limits = { timeoutMs: 900_000, intervalMs: null, appearTimeoutMs: 30_000 };
      const { result, exitCode } = await bench.roll({ maxUnavailable: 2, limits }, (event) => {
        if (event.event !== 'activity' || event.activity.node_id !== 3n) return;
        if (signal === 'SIGINT') bench.stopSoftly();
        bench.interrupt(signal);
      });
      assert.deepEqual([result.outcome, exitCode], ['interrupted', code]);
      assert.ok(bench.clock.now() - begunAt < 30_000, 'it did not wait for them');
      const firstFour = result.nodes.slice(0, 4).map(({ status }) => status);
      assert.deepEqual(firstFour, ['completed', 'processing', 'processing', 'not_started']);
      const ids = result.nodes.slice(1, 3).map(({ activity_id: id }) => id);
      assert.equal(result.resume, `wait ${ids.join(' ')} && roll 4,5,6,7,8,9`);
    });
  }

  it('does not call a node missing that it had no time to see', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { appearMs: 20_000 });
    const { result, exitCode } = await bench.roll({ nodes: [1n] }, (event) => {
      if (event.event === 'dispatched') bench.interrupt('SIGTERM');
    });
    assert.equal(exitCode, 143);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      [null],
    );
  });

  it('has sent nothing when it is interrupted before the first POST, and says so by throwing', async () => {
    for (const stop of ['softly', 'at once'] as const) {
      const bench = new RollBench();
      bench.supervisor.beforeRead = () => (stop === 'softly' ? bench.stopSoftly() : bench.interrupt('SIGINT'));
      await assert.rejects(bench.roll(), (error) => error instanceof LdctlError && error.exitCode === 130);
      assert.equal(bench.supervisor.posts.length, 0);
    }
  });

  it('counts before all else that went wrong', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(2n, { result: 'rejected' });
    const { exitCode, result } = await bench.roll({ nodes: [1n, 2n, 3n] }, (event) => {
      if (event.event === 'activity' && event.activity.status === 'rejected') bench.stopSoftly();
    });
    assert.equal(exitCode, 130);
    assert.equal(result.resume, 'roll 3');
  });
});

describe('the outcome of a roll in which several things went wrong', () => {
  it('is unconfirmed before rejected, rejected before halted, halted before timed out', async () => {
    const run = async (troubles: ReadonlyArray<'missing' | 'rejected' | 'gate' | 'stuck'>): Promise<number> => {
      const bench = new RollBench();
      const failingGates = new Set<bigint>();
      troubles.forEach((trouble, index) => {
        const node = BigInt(index + 1);
        if (trouble === 'gate') failingGates.add(node);
        if (trouble === 'missing') bench.supervisor.behaviour.set(node, { missing: true });
        if (trouble === 'rejected') bench.supervisor.behaviour.set(node, { result: 'rejected', workMs: 8000 });
        if (trouble === 'stuck') bench.supervisor.behaviour.set(node, { workMs: null });
      });
      const { exitCode } = await bench.roll({
        nodes: nodesUpTo(troubles.length),
        maxUnavailable: troubles.length,
        nodeTimeoutMs: 60_000,
        gate: bench.gate(0, (node) => (failingGates.has(node) ? 1 : 0)),
      });
      return exitCode;
    };
    assert.equal(await run(['stuck', 'gate', 'rejected', 'missing']), 7);
    assert.equal(await run(['stuck', 'gate', 'rejected']), 3);
    assert.equal(await run(['stuck', 'gate']), 9);
    assert.equal(await run(['stuck']), 8);
  });
});

describe('a roll beside others', () => {
  it('is not misled by what somebody else does on the nodes that wait', async () => {
    const bench = new RollBench();
    let isDone = false;
    const { exitCode, result } = await bench.roll({ nodes: [1n, 2n, 3n] }, (event) => {
      if (event.event !== 'dispatched' || isDone) return;
      isDone = true;
      bench.supervisor.add({ node: 3n, status: 'rejected', author: 7n });
    });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      result.nodes.map(({ ambiguous }) => ambiguous),
      [false, false, false],
    );
  });

  it('keeps its order of targets when its log is the other way round, or long', async () => {
    for (const order of ['asc', 'desc'] as const) {
      const bench = new RollBench();
      bench.supervisor.order = order;
      bench.supervisor.addHistory(450);
      const { exitCode } = await bench.roll({ maxUnavailable: 3 });
      assert.equal(exitCode, 0);
      assert.deepEqual(
        [...bench.timesActedOn],
        rollPlan().nodes.map((node) => [node, 1]),
      );
    }
  });
});
