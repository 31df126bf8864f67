import assert from 'node:assert/strict';
import { type LdctlError } from '../../../src/base/errors.js';
import { type RollRequest } from '../../../src/library/old-requests.js';
import { type RunEvent } from '../../../src/library/run-result.js';
import { LibraryBench } from '../../helpers/library.js';

const ROLL = { runtime: 'connectors', action: 'reconfigure:42', nodes: [3n, 1n, 2n] } as const;

describe('a program that rolls', () => {
  let bench: LibraryBench;
  const postedTo = (): bigint[] => bench.supervisor.posts.flatMap(({ nodes }) => nodes ?? []);
  const roll = (changes: Partial<RollRequest> = {}, journals?: null) =>
    bench.clock.run(
      bench.deployment(journals === null ? { journals } : {}).roll({ ...ROLL, ...changes }, { onEvent: bench.onEvent }),
    );
  beforeEach(() => {
    bench = new LibraryBench();
  });

  it('acts on one node after the other, in their order', async () => {
    const result = await roll();
    assert.deepEqual([result.outcome, result.exitCode], ['completed', 0]);
    assert.deepEqual(postedTo(), [3n, 1n, 2n]);
    assert.deepEqual(
      result.nodes.map(({ node_id }) => node_id),
      [3n, 1n, 2n],
    );
  });

  it('asks its gate after each node, and goes on by true alone', async () => {
    const asked: unknown[] = [];
    const result = await roll({
      gate: (node) => {
        asked.push(node);
        return Promise.resolve(asked.length < 2);
      },
    });
    assert.deepEqual([result.outcome, result.exitCode], ['halted', 9]);
    assert.deepEqual(postedTo(), [3n, 1n]);
    assert.deepEqual(
      asked,
      result.nodes.slice(0, 2).map(({ node_id, activity_id }) => ({ node_id, activity_id })),
    );
    assert.deepEqual(
      result.nodes.map(({ gate }) => gate?.exit_code),
      [0, 1, undefined],
    );
    assert.ok(!('error' in result));
  });

  it('is not changed by what a listener does to the events', async () => {
    for (const [answer, outcome] of [
      [true, 'completed'],
      [false, 'halted'],
    ] as const) {
      const request = { ...ROLL, gate: () => answer };
      const onEvent = (event: RunEvent): void => {
        if (event.event === 'gate') event.gate.exit_code = answer ? 1 : 0;
      };
      const result = await bench.clock.run(bench.deployment().roll(request, { onEvent }));
      assert.equal(result.outcome, outcome);
      assert.equal(result.nodes[0]?.gate?.exit_code, answer ? 0 : 1);
    }
  });

  it('takes an answer that is not true for no', async () => {
    const result = await roll({ gate: () => 'yes' as unknown as boolean });
    assert.equal(result.outcome, 'halted');
  });

  it('halts by what its gate throws, and tells it', async () => {
    const result = await roll({
      gate: () => {
        throw new Error('iggy does not answer');
      },
    });
    assert.equal(result.outcome, 'halted');
    assert.deepEqual(
      { ...result.error },
      {
        code: 'gate_threw',
        message: 'the gate threw: iggy does not answer',
        exit_code: 9,
        request_id: null,
        hint: null,
      },
    );
  });

  it('cuts a gate off that takes too long, and tells it by its signal', async () => {
    let isToldSo = false;
    const gate: RollRequest['gate'] = (_node, { signal }) => {
      signal.addEventListener('abort', () => (isToldSo = true));
      return new Promise(() => undefined);
    };
    const result = await roll({ gate, gateTimeoutMs: 60_000 });
    assert.equal(result.outcome, 'halted');
    assert.deepEqual(result.nodes[0]?.gate, { exit_code: null, timed_out: true, took_ms: 60_000 });
    assert.ok(isToldSo);
  });

  it('may have a share of its nodes underway', async () => {
    bench.supervisor.nodes = [1n, 2n, 3n, 4n, 5n, 6n];
    await roll({ nodes: [1n, 2n, 3n, 4n, 5n, 6n], maxUnavailable: '50%' });
    const [first = 0, , third = Infinity] = bench.supervisor.postTimes;
    assert.ok(third - first < 1100, `the third begins ${third - first} ms after the first, which takes longer`);
  });

  it('goes on with its key where an earlier call was, by its journal', async () => {
    let passes = 1;
    const request = { idempotencyKey: 'config 42', gate: () => passes-- > 0 };
    const first = await roll(request);
    assert.equal(first.outcome, 'halted');
    assert.deepEqual(postedTo(), [3n, 1n]);
    passes = 9;
    const second = await roll(request);
    assert.equal(second.outcome, 'completed');
    assert.deepEqual(postedTo(), [3n, 1n, 2n]);
  });

  it('names no command that would send again, or ask no gate', async () => {
    bench.supervisor.behaviour.set(1n, { workMs: null });
    const withKey = await roll({ idempotencyKey: 'k', nodeTimeoutMs: 30_000 });
    assert.equal(withKey.outcome, 'timed_out');
    assert.match(withKey.resume ?? '', /^ldctl activities wait \d+ --deployment 71$/);
    const withGate = await roll({ gate: () => true, nodeTimeoutMs: 30_000 }, null);
    assert.match(withGate.resume ?? '', /^ldctl activities wait \d+ --deployment 71$/);
  });

  it('names the nodes that are left, where a command can go on', async () => {
    bench.supervisor.behaviour.set(3n, { workMs: null });
    const result = await roll({ nodeTimeoutMs: 30_000, pauseMs: 5000 }, null);
    const [wait, goOn] = (result.resume ?? '').split(' && ');
    assert.match(wait ?? '', /^ldctl activities wait \d+ --deployment 71$/);
    assert.match(
      goOn ?? '',
      /^ldctl activities trigger connectors reconfigure:42 --rolling --node 1,2 .*--pause 5000ms .*--deployment 71$/,
    );
  });

  it('keeps a record that a command takes up, where the journal is that of commands', async () => {
    bench.supervisor.behaviour.set(3n, { result: 'rejected' });
    const journals = { isOfCommands: true, runs: () => bench.journal, rolls: () => bench.rolls };
    const result = await bench.clock.run(bench.deployment({ journals }).roll({ ...ROLL, idempotencyKey: 'deploy-7' }));
    assert.equal(
      result.resume,
      'ldctl activities trigger connectors reconfigure:42 --rolling --resume deploy-7 --deployment 71',
    );
    assert.deepEqual(
      [...bench.rolls.records.values()].map(({ nodes }) => nodes),
      [[3n, 1n, 2n]],
    );
  });

  it('stops gently: what runs is seen out', async () => {
    const stopping = new AbortController();
    const run = bench.deployment().roll(ROLL, { stopping: stopping.signal });
    void bench.clock.sleep(1000).then(() => stopping.abort());
    const result = await bench.clock.run(run);
    assert.equal(result.outcome, 'interrupted');
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'not_started', 'not_started'],
    );
  });

  it('is refused without nodes', async () => {
    for (const request of [
      { ...ROLL, nodes: [] },
      { runtime: 'iggy', action: 'restart' },
    ]) {
      await assert.rejects(
        bench.deployment().roll(request as unknown as RollRequest),
        (error: LdctlError) => error.exitCode === 2,
      );
    }
    for (const maxUnavailable of [0, 1.5, '0%', '101%', 'many']) {
      await assert.rejects(roll({ maxUnavailable: maxUnavailable as number }), /roll: maxUnavailable/);
    }
    assert.equal(bench.supervisor.reads.length, 0);
  });
});
