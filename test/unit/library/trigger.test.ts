import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { LdctlError } from '../../../src/base/errors.js';
import { type RunOptions } from '../../../src/library/deployment.js';
import { type Supervisor } from '../../../src/base/supervisor.js';
import { type TriggerRequest } from '../../../src/library/old-requests.js';
import { type RunEvent } from '../../../src/library/run-result.js';
import { failing, lost } from '../../helpers/fake-supervisor.js';
import { LibraryBench } from '../../helpers/library.js';

const RESTART = { runtime: 'iggy', action: 'restart' } as const;

describe('a program that triggers', () => {
  let bench: LibraryBench;
  beforeEach(() => {
    bench = new LibraryBench();
  });

  it('gets the fields of the JSON form, ids as bigint, and the exit code', async () => {
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [2n, 1n, 2n] }));
    assert.equal(result.outcome, 'completed');
    assert.equal(result.exitCode, 0);
    assert.equal(result.deployment_id, 71n);
    assert.equal(result.targets, 'named');
    assert.deepEqual(
      result.nodes.map(({ node_id, status }) => [node_id, status]),
      [
        [2n, 'completed'],
        [1n, 'completed'],
      ],
    );
    assert.equal(typeof result.nodes[0]?.activity_id, 'bigint');
    assert.equal(result.resume, null);
    assert.ok(!('error' in result));
    assert.deepEqual(bench.supervisor.posts[0]?.nodes, [1n, 2n]);
  });

  it('means every node by no nodes, and counts them if asked to', async () => {
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, expectNodes: 3 }));
    assert.deepEqual([result.outcome, result.targets, result.nodes.length], ['completed', 'expected', 3]);
    assert.equal(bench.supervisor.posts[0]?.nodes, null);
  });

  it('hears what NDJSON shows, and the result last', async () => {
    const result = await bench.clock.run(
      bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { onEvent: bench.onEvent }),
    );
    assert.deepEqual([...new Set(bench.heard.map(({ event }) => event))], ['dispatched', 'activity', 'result']);
    assert.deepEqual(bench.heard[0], { event: 'dispatched', request_id: 'f00d', replayed: false, recovered: false });
    assert.deepEqual(bench.heard.at(-1), { event: 'result', ...result });
  });

  it('is told at the 202 that it was accepted, with the way to follow it', async () => {
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n], wait: false }));
    assert.deepEqual([result.outcome, result.exitCode], ['accepted', 0]);
    assert.match(
      result.resume ?? '',
      /^ldctl activities wait --after \d+ --runtime iggy --action restart --node 1 --deployment 71$/,
    );
  });

  it('gets a rejection as a result', async () => {
    bench.supervisor.behaviour.set(2n, { result: 'rejected' });
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n, 2n] }));
    assert.deepEqual([result.outcome, result.exitCode], ['rejected', 3]);
  });

  it('is thrown what the API refuses: nothing was sent', async () => {
    const refusal = new LdctlError('denied', 'invalid_token', 'the API refused the key', { requestId: 'r7' });
    bench.supervisor.nextReads(() => {
      throw refusal;
    });
    const run = bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n] }));
    await assert.rejects(run, (error: LdctlError) => error === refusal && error.exitCode === 4);
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('recovers a lost answer with one dispatch', async () => {
    bench.supervisor.nextPosts(failing(lost(), bench.supervisor.carryOut));
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n] }));
    assert.deepEqual([result.outcome, result.recovered], ['completed', true]);
    assert.equal(bench.supervisor.dispatched, 1);
  });

  it('does not take for done what says that it is of another deployment', async () => {
    const { supervisor } = bench;
    supervisor.entries.length = 0;
    const elsewhere: Supervisor = {
      trigger: (...args) => supervisor.trigger(...args),
      list: async (...args) => {
        const page = await supervisor.list(...args);
        return { ...page, items: page.items.map((item) => ({ ...item, deployment_id: 72n })) };
      },
    };
    const result = await bench.clock.run(
      bench.deployment({ supervisor: elsewhere }).trigger({ ...RESTART, nodes: [1n] }),
    );
    assert.deepEqual([result.outcome, result.exitCode], ['unconfirmed', 7]);
    assert.equal(supervisor.posts.length, 1);
  });

  it('with a key of its own follows the first, whoever it was', async () => {
    const request = { ...RESTART, nodes: [1n], idempotencyKey: 'deploy 42' };
    const first = await bench.clock.run(bench.deployment().trigger(request));
    const second = await bench.clock.run(bench.deployment().trigger(request));
    assert.deepEqual(second.nodes, first.nodes);
    assert.equal(bench.supervisor.posts.length, 1);
  });
});

describe('what a program asks for wrongly', () => {
  const bad: ReadonlyArray<readonly [why: string, request: unknown, pattern: RegExp]> = [
    [
      'an empty list of nodes',
      { ...RESTART, nodes: [] },
      /trigger: nodes: it names no node; to act on every node, leave it out; nothing was sent/,
    ],
    ['a list that is not there', { ...RESTART, nodes: undefined }, /trigger: nodes: .*leave it out/],
    ['a null list', { ...RESTART, nodes: null }, /trigger: nodes:/],
    ['a misspelt field', { ...RESTART, node: [1n] }, /trigger: node: there is no such field/],
    [
      'a number for an id',
      { ...RESTART, nodes: [Number(610809900976570889n)] },
      /trigger: nodes\.0: an id is a bigint/,
    ],
    ['a negative id', { ...RESTART, nodes: [-1n] }, /trigger: nodes\.0: an id/],
    ['an id of 65 bits', { ...RESTART, nodes: [2n ** 64n] }, /trigger: nodes\.0: an id/],
    ['no action', { runtime: 'iggy', nodes: [1n] }, /trigger: action: it is missing/],
    ['another action', { runtime: 'iggy', action: 'explode', nodes: [1n] }, /unknown action "explode"/],
    ['another runtime', { runtime: 'kafka', action: 'restart', nodes: [1n] }, /trigger: runtime: /],
    ['nodes and a count', { ...RESTART, nodes: [1n], expectNodes: 1 }, /expectNodes does not go with nodes/],
    ['a count of nothing', { ...RESTART, expectNodes: 0 }, /trigger: expectNodes: /],
    ['an empty key', { ...RESTART, idempotencyKey: '' }, /idempotencyKey: it is empty/],
    ['a limit below zero', { ...RESTART, timeoutMs: -1 }, /trigger: timeoutMs: milliseconds/],
    ['no number', { ...RESTART, timeoutMs: NaN }, /trigger: timeoutMs: milliseconds/],
    ['a text for a number', { ...RESTART, timeoutMs: '10m' }, /trigger: timeoutMs: milliseconds/],
    ['polls without end', { ...RESTART, intervalMs: 1 }, /trigger: intervalMs: it is shorter than 100/],
    ['to join every node', { ...RESTART, ifBusy: 'join' }, /ifBusy 'join'/],
    ['nothing', undefined, /trigger: the request/],
  ];
  for (const [why, request, pattern] of bad) {
    it(`is refused, with exit code 2, and nothing is sent or read: ${why}`, async () => {
      const bench = new LibraryBench();
      await assert.rejects(bench.deployment().trigger(request as TriggerRequest), (error: LdctlError) => {
        assert.ok(error instanceof LdctlError);
        assert.equal(error.exitCode, 2);
        assert.match(error.message, pattern);
        return true;
      });
      assert.equal(bench.supervisor.posts.length + bench.supervisor.reads.length, 0);
    });
  }
});

describe('options that are wrong', () => {
  for (const options of [
    { signal: {} },
    { signal: 5 },
    { signal: null },
    { onevent: () => undefined },
    { onEvent: 'log' },
    null,
  ]) {
    it(`are refused before anything is sent: ${JSON.stringify(options)}`, async () => {
      const bench = new LibraryBench();
      const run = bench.deployment().trigger({ ...RESTART, nodes: [1n] }, options as unknown as RunOptions);
      await assert.rejects(run, (error: LdctlError) => error.exitCode === 2);
      assert.equal(bench.supervisor.reads.length, 0);
    });
  }
});

describe('a program that aborts', () => {
  let bench: LibraryBench;
  beforeEach(() => {
    bench = new LibraryBench();
  });

  it('before anything was sent is thrown why', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { signal }), (error: LdctlError) => {
      assert.deepEqual([error.code, error.exitCode, error.message], ['interrupted', 130, 'aborted by the caller']);
      assert.equal((error.cause as Error).message, 'enough');
      return true;
    });
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('after that gets the result at once, with the way on, and leaves no listener and no timer', async () => {
    const stop = new AbortController();
    bench.supervisor.behaviour.set(1n, { workMs: null });
    const run = bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { signal: stop.signal });
    void bench.clock.sleep(20_000).then(() => stop.abort());
    const begunAt = bench.clock.elapsed();
    const result = await bench.clock.run(run);
    assert.equal(bench.clock.elapsed() - begunAt, 20_000);
    assert.deepEqual([result.outcome, result.exitCode], ['interrupted', 130]);
    assert.match(result.resume ?? '', /^ldctl activities wait \d+ --deployment 71$/);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
    assert.equal(bench.clock.asleep, 0);
  });

  it('may do so for twenty at once with one signal, and one listener', async () => {
    const stop = new AbortController();
    bench.supervisor.behaviour.set(1n, { workMs: null });
    const deployment = bench.deployment({ journals: null });
    const runs = Array.from({ length: 20 }, () =>
      deployment.trigger({ ...RESTART, nodes: [1n] }, { signal: stop.signal }),
    );
    await bench.clock.advance(5000);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 1);
    stop.abort();
    const results = await bench.clock.run(Promise.all(runs));
    assert.deepEqual(new Set(results.map(({ outcome }) => outcome)), new Set(['interrupted']));
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });
});

describe('a listener that throws', () => {
  it('ends the following as an abort does, and is told: something was sent', async () => {
    const bench = new LibraryBench();
    let calls = 0;
    const onEvent = (): void => {
      calls += 1;
      throw new Error('no disk');
    };
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { onEvent }));
    assert.equal(calls, 1);
    assert.equal(result.outcome, 'interrupted');
    assert.deepEqual(result.error, {
      code: 'listener_threw',
      message: 'onEvent threw: no disk',
      exit_code: 130,
      request_id: null,
      hint: null,
    });
    assert.notEqual(result.resume, null);
  });

  it('is told by whatever it throws: a result must not be lost for want of a text', async () => {
    const nameless = Object.assign(new Error(''), { message: Symbol('no text') });
    for (const thrown of [Object.create(null), Symbol('odd'), nameless, Proxy.revocable({}, {}).proxy]) {
      const bench = new LibraryBench();
      const onEvent = (): void => {
        throw thrown;
      };
      const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { onEvent }));
      assert.equal(result.error?.code, 'listener_threw');
      assert.match(result.error.message, /^onEvent threw: /);
    }
  });
});

describe('a listener that is an async function', () => {
  it('ends the following by what it rejects with, as by what it throws', async () => {
    const bench = new LibraryBench();
    bench.supervisor.behaviour.set(1n, { workMs: null });
    const onEvent = async (): Promise<void> => {
      await bench.clock.sleep(5000);
      throw new Error('no disk');
    };
    const run = bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { onEvent });
    const result = await bench.clock.run(run);
    assert.deepEqual([result.outcome, result.error?.message], ['interrupted', 'onEvent threw: no disk']);
  });

  it('is not waited for, and may reject after the end', async () => {
    const bench = new LibraryBench();
    const late: Array<(thrown: unknown) => void> = [];
    const onEvent = (): Promise<void> => new Promise((_resolve, reject) => void late.push(reject));
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { onEvent }));
    assert.equal(result.outcome, 'completed');
    assert.ok(late.length > 0);
    // Nobody may be left to be told: mocha fails a test for a rejection that nobody handles.
    for (const reject of late) reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a listener that changes what it was given', () => {
  it('does not change how the run goes on', async () => {
    const bench = new LibraryBench();
    bench.supervisor.behaviour.set(1n, { workMs: 20_000, result: 'rejected' });
    const onEvent = (event: RunEvent): void => {
      if (event.event === 'activity') Object.assign(event.activity, { id: 5n, node_id: 6n, status: 'completed' });
      if (event.event === 'result') event.nodes.length = 0;
    };
    const result = await bench.clock.run(bench.deployment().trigger({ ...RESTART, nodes: [1n] }, { onEvent }));
    assert.equal(result.outcome, 'rejected');
    assert.deepEqual(
      result.nodes.map(({ node_id, status }) => [node_id, status]),
      [[1n, 'rejected']],
    );
    assert.notEqual(result.nodes[0]?.activity_id, 5n);
  });
});
