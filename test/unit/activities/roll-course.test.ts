import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import { wireKey } from '../../../src/activities/wire-key.js';
import { apiError, failing } from '../../helpers/fake-supervisor.js';
import { nodesUpTo, RollBench, rollPlan } from '../../helpers/roll.js';

const NODES = [1n, 2n, 3n];

/** What the warnings say. */
const messages = (bench: RollBench): string[] =>
  bench.events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));

describe('what a roll tells on its way', () => {
  it('is one baseline, and pictures of all nodes', async () => {
    const bench = new RollBench();
    await bench.roll({ nodes: NODES });
    assert.equal(bench.events.filter(({ event }) => event === 'baseline').length, 1);
    for (const rows of bench.rows)
      assert.deepEqual(
        rows.map(({ node_id: node }) => node),
        NODES,
      );
  });

  it('is why no more nodes are started', async () => {
    const late = new RollBench();
    late.supervisor.behaviour.set(2n, { result: 'rejected' });
    await late.roll({ nodes: NODES });
    assert.deepEqual(messages(late), ['node 2 has not completed: no more nodes are started']);
    const held = new RollBench();
    await held.roll({ nodes: NODES, gate: held.gate(10, () => 1) });
    assert.deepEqual(messages(held), ['the gate after node 1 has failed: no more nodes are started']);
    const refused = new RollBench();
    refused.supervisor.nextPosts(refused.supervisor.carryOut, failing(apiError(404)));
    await refused.roll({ nodes: NODES });
    assert.deepEqual(messages(refused), ['node 2: the API said 404: no more nodes are started']);
  });

  it('is nothing of the kind where none is left to start', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(3n, { result: 'rejected' });
    assert.equal((await bench.roll({ nodes: NODES })).exitCode, 3);
    assert.deepEqual(messages(bench), []);
  });

  it('is that Ctrl-C was heard, once', async () => {
    const bench = new RollBench();
    await bench.roll({ nodes: NODES }, (event) => {
      if (event.event === 'dispatched') bench.stopSoftly();
    });
    const [said, ...more] = messages(bench);
    assert.match(said ?? '', /no more nodes are started.*seen out; Ctrl-C again leaves them/);
    assert.deepEqual(more, []);
  });
});

describe('the way of a roll', () => {
  it('has no stage of a pause where there is none', async () => {
    const bench = new RollBench();
    await bench.roll({ nodes: NODES });
    assert.deepEqual(bench.stagesOf(1n), ['waiting', 'running', 'done']);
  });

  it('does not pause beyond its time', async () => {
    const bench = new RollBench();
    const begin = bench.clock.now();
    const limits = { timeoutMs: 60_000, intervalMs: null, appearTimeoutMs: 30_000 };
    const { exitCode } = await bench.roll({ nodes: NODES, pauseMs: 3_600_000, limits });
    assert.equal(exitCode, 8);
    assert.equal(bench.clock.now() - begin, 60_000);
  });

  it('leaves a node that a gate holds to be gated again, and one that it let through not', async () => {
    const bench = new RollBench();
    await bench.roll({ nodes: NODES, callersKey: true, gate: bench.gate(10, (node) => (node === 2n ? 1 : 0)) });
    const states = NODES.map((node) => {
      const key = wireKey('key', { ...rollPlan(), nodes: [node] });
      return bench.journal.records.get(key)?.state;
    });
    assert.deepEqual(states, ['passed', 'accepted', undefined]);
  });

  it('with --if-busy fail is refused before anything is sent, and says how else; its own work does not count', async () => {
    const busy = new RollBench();
    busy.supervisor.add({ node: 2n, status: 'processing' });
    await assert.rejects(busy.roll({ nodes: NODES, ifBusy: 'fail' }), (error) => {
      assert.ok(error instanceof LdctlError);
      assert.match(error.hint ?? '', /--if-busy wait, join or ignore/);
      return true;
    });
    assert.deepEqual(busy.supervisor.posts, []);
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { workMs: 60_000 });
    const limits = { timeoutMs: 5000, intervalMs: null, appearTimeoutMs: 30_000 };
    assert.equal((await bench.roll({ nodes: NODES, callersKey: true, limits, nodeTimeoutMs: 5000 })).exitCode, 8);
    assert.equal((await bench.roll({ nodes: NODES, callersKey: true, ifBusy: 'fail' })).exitCode, 0);
  });

  it('does not count work of another runtime, or of a node that is none of its own', async () => {
    const bench = new RollBench();
    bench.supervisor.add({ node: 2n, runtime: 'connectors', status: 'processing' });
    bench.supervisor.add({ node: 9n, status: 'processing' });
    assert.equal((await bench.roll({ nodes: NODES, ifBusy: 'fail' })).exitCode, 0);
  });
});

describe('a roll that is over', () => {
  const MANY = nodesUpTo(150);
  const open = (bench: RollBench): void => {
    bench.supervisor.nodes = MANY;
    for (const node of MANY) bench.supervisor.behaviour.set(node, { workMs: null });
  };

  it('does not wait for the turns of nodes that are not started any more: its time is up', async () => {
    const bench = new RollBench();
    open(bench);
    const begunAt = bench.clock.elapsed();
    const limits = { timeoutMs: 1500, intervalMs: null, appearTimeoutMs: 30_000 };
    const { exitCode } = await bench.roll({ nodes: MANY, maxUnavailable: 60, limits });
    assert.equal(exitCode, 8);
    assert.ok(bench.clock.elapsed() - begunAt < 3000, `it took ${bench.clock.elapsed() - begunAt} ms`);
  });

  it('nor at an interrupt', async () => {
    const bench = new RollBench();
    open(bench);
    void bench.clock.sleep(1500).then(() => bench.interrupt('SIGTERM'));
    const begunAt = bench.clock.elapsed();
    const { exitCode } = await bench.roll({ nodes: MANY, maxUnavailable: 60 });
    assert.equal(exitCode, 143);
    assert.ok(bench.clock.elapsed() - begunAt < 2000, `it took ${bench.clock.elapsed() - begunAt} ms`);
  });
});
