import assert from 'node:assert/strict';
import { type Gate } from '../../../src/base/roll.js';
import { gateEnd, RollBench } from '../../helpers/roll.js';

const NODES = [1n, 2n, 3n];
const limits = (timeoutMs: number): { timeoutMs: number; intervalMs: null; appearTimeoutMs: number } => ({
  timeoutMs,
  intervalMs: null,
  appearTimeoutMs: 30_000,
});

describe('a gate', () => {
  it('is asked after each node, the last too, and knows which one it was', async () => {
    const bench = new RollBench();
    const { result, exitCode } = await bench.roll({ nodes: NODES, gate: bench.gate(3000) });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      bench.asked,
      result.nodes.map(({ node_id: nodeId, activity_id: activityId }) => ({
        nodeId,
        activityId,
        deploymentId: 71n,
        runtime: 'iggy',
        action: 'restart',
      })),
    );
    assert.deepEqual(
      result.nodes.map(({ gate }) => gate),
      NODES.map(() => gateEnd()),
    );
    const told = bench.events.filter(({ event }) => event === 'gate');
    assert.deepEqual(
      told,
      NODES.map((node) => ({ event: 'gate', node_id: node, gate: gateEnd() })),
    );
  });

  it('is asked after the pause, and only then the next node begins', async () => {
    const bench = new RollBench();
    await bench.roll({ nodes: NODES, pauseMs: 30_000, gate: bench.gate(120_000) });
    const [first = 0, second = 0] = bench.supervisor.postTimes;
    assert.ok(second - first >= 150_000, `${second - first} ms`);
    for (const node of NODES) assert.deepEqual(bench.stagesOf(node), ['waiting', 'running', 'pause', 'gate', 'done']);
  });

  it('keeps the place of its node in the window', async () => {
    const bench = new RollBench();
    await bench.roll({ maxUnavailable: 2, gate: bench.gate(60_000) });
    for (const nodes of bench.rows) {
      const busy = nodes.filter(({ stage }) => stage !== 'waiting' && stage !== 'done');
      assert.ok(busy.length <= 2);
    }
  });

  it('halts the roll when it fails: 9, and the rest is named', async () => {
    const bench = new RollBench();
    const gate = bench.gate(10, (node) => (node === 2n ? 4 : 0));
    const { result, exitCode } = await bench.roll({ nodes: NODES, gate });
    assert.deepEqual([result.outcome, exitCode, result.resume], ['halted', 9, 'roll 3']);
    assert.deepEqual(bench.postedTo, [1n, 2n]);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'completed', 'not_started'],
    );
    assert.deepEqual(
      result.nodes.map(({ gate: end }) => end?.exit_code),
      [0, 4, undefined],
    );
  });

  it('halts it whatever --continue-on-error says', async () => {
    const bench = new RollBench();
    const { exitCode } = await bench.roll({ nodes: NODES, continueOnError: true, gate: bench.gate(10, () => 1) });
    assert.equal(exitCode, 9);
    assert.deepEqual(bench.postedTo, [1n]);
  });

  it('fails the roll after the last node as well', async () => {
    const bench = new RollBench();
    const { result, exitCode } = await bench.roll({
      nodes: NODES,
      gate: bench.gate(10, (node) => (node === 3n ? 1 : 0)),
    });
    assert.deepEqual([result.outcome, exitCode, result.resume], ['halted', 9, null]);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'completed', 'completed'],
    );
  });

  it('that timed out has failed', async () => {
    const bench = new RollBench();
    const gate: Gate = () => Promise.resolve(gateEnd({ exit_code: null, timed_out: true }));
    const { result, exitCode } = await bench.roll({ nodes: NODES, gate });
    assert.deepEqual([result.outcome, exitCode], ['halted', 9]);
    assert.equal(result.nodes[0]?.gate?.timed_out, true);
  });

  it('is given no more time than the roll has left', async () => {
    const bench = new RollBench();
    const begunAt = bench.clock.now();
    const { result, exitCode } = await bench.roll({
      nodes: NODES,
      gate: bench.gate(3_600_000),
      limits: limits(60_000),
    });
    assert.deepEqual([result.outcome, exitCode], ['halted', 9]);
    assert.ok(bench.clock.now() - begunAt <= 61_000);
  });

  it('is not asked of a node that did not complete', async () => {
    const bench = new RollBench();
    bench.supervisor.behaviour.set(1n, { result: 'rejected' });
    const { result } = await bench.roll({ nodes: NODES, continueOnError: true, gate: bench.gate(10) });
    assert.deepEqual(
      bench.asked.map(({ nodeId }) => nodeId),
      [2n, 3n],
    );
    assert.equal(result.nodes[0]?.gate, null);
  });

  it('hands its lines on', async () => {
    const bench = new RollBench();
    const gate: Gate = async (_facts, { onLine }) => {
      for (const line of ['healthy', 'really']) await onLine(line);
      return gateEnd();
    };
    await bench.roll({ nodes: [1n], gate });
    assert.deepEqual(
      bench.events.filter(({ event }) => event.startsWith('gate')),
      [
        { event: 'gate_output', node_id: 1n, line: 'healthy' },
        { event: 'gate_output', node_id: 1n, line: 'really' },
        { event: 'gate', node_id: 1n, gate: gateEnd() },
      ],
    );
  });

  it('is no reason to call the fault of ldctl itself a success', async () => {
    const bench = new RollBench();
    const gate: Gate = () => Promise.reject(new TypeError('unforeseen'));
    const { result, exitCode, error } = await bench.roll({ nodes: NODES, gate });
    assert.equal(exitCode, 7);
    assert.match(error?.message ?? '', /unforeseen/);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'not_started', 'not_started'],
    );
  });
});

// Every node may be completed, and yet the roll is not done: nobody said that the last one is well.
describe('a gate that was not asked', () => {
  it('because of a first Ctrl-C while its node was running: 130', async () => {
    const bench = new RollBench();
    const { result, exitCode } = await bench.roll({ nodes: [1n], gate: bench.gate(10) }, (event) => {
      if (event.event === 'dispatched') bench.stopSoftly();
    });
    assert.deepEqual([result.outcome, exitCode], ['interrupted', 130]);
    assert.deepEqual([result.nodes[0]?.status, bench.asked.length], ['completed', 0]);
  });

  it('because of a first Ctrl-C in the pause before it: 130', async () => {
    const bench = new RollBench();
    const { exitCode } = await bench.roll({ nodes: [1n], pauseMs: 60_000, gate: bench.gate(10) }, (event) => {
      if (event.event === 'progress' && event.nodes[0]?.stage === 'pause') bench.stopSoftly();
    });
    assert.deepEqual([exitCode, bench.asked.length], [130, 0]);
  });

  it('to its end because of SIGTERM: 143', async () => {
    const bench = new RollBench();
    const { result, exitCode } = await bench.roll({ nodes: [1n], gate: bench.gate(60_000) }, (event) => {
      if (event.event === 'progress' && event.nodes[0]?.stage === 'gate') bench.interrupt('SIGTERM');
    });
    assert.deepEqual([result.outcome, exitCode, result.nodes[0]?.gate], ['interrupted', 143, null]);
  });

  it('because the time of the roll was up: 8', async () => {
    const bench = new RollBench();
    const changes = { nodes: [1n], pauseMs: 600_000, gate: bench.gate(10), limits: limits(60_000) };
    const { result, exitCode } = await bench.roll(changes);
    assert.deepEqual([result.outcome, exitCode], ['timed_out', 8]);
  });

  it('is let go on to its end at a first Ctrl-C', async () => {
    const bench = new RollBench();
    const { result, exitCode } = await bench.roll({ nodes: [1n, 2n], gate: bench.gate(60_000) }, (event) => {
      if (event.event === 'progress' && event.nodes[0]?.stage === 'gate') bench.stopSoftly();
    });
    assert.deepEqual([exitCode, result.nodes[0]?.gate, result.resume], [130, gateEnd(), 'roll 2']);
  });
});
