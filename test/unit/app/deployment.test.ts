import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { type Activity } from '../../../src/base/activity.js';
import { LdctlError } from '../../../src/base/errors.js';
import { deploymentOn, type Deployment, type RunEvent } from '../../../src/app/deployment.js';
import { resumeCommand } from '../../../src/app/jobs.js';
import { type RollRequest } from '../../../src/app/requests.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, DEPLOYMENT, failingRead, VirtualServer } from '../../helpers/virtual-server.js';

const RESTART = { runtime: 'iggy', action: 'restart', nodes: [1n] } as const;
const ROLL = { runtime: 'connectors', action: 'reconfigure:42', nodes: [3n, 1n, 2n] } as const;

let clock: VirtualClock;
let supervisor: VirtualServer;
let deployment: Deployment;
beforeEach(() => {
  clock = new VirtualClock();
  supervisor = new VirtualServer(clock);
  supervisor.addHistory(3, { createdAt: clock.now() - 3_600_000 });
  deployment = deploymentOn(connection());
});

type Connection = Parameters<typeof deploymentOn>[0];

function connection(changes: Partial<Connection> = {}): Connection {
  return {
    ...{
      deploymentId: DEPLOYMENT,
      supervisor,
      tenant: null,
      clock,
      journal: null,
      keepsRolls: false,
    },
    counter: null,
    newKey: () => 'a-random-key',
    apiKeyHash: '0f1e2d3c',
    flags: ['--deployment', '71'],
    ...changes,
  };
}

/** By any type, as a program without types may. */
function refused(call: () => unknown, pattern: RegExp): Promise<void> {
  return assert.rejects(
    () => Promise.resolve().then(call),
    (error) => {
      assert.ok(error instanceof LdctlError);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, pattern);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /Invalid|Expected|received|--[a-z]/);
      const meansAll = /^trigger: nodes: (a list|the list)/.test(error.message);
      assert.equal(/leave it out/.test(error.hint ?? ''), meansAll);
      assert.equal(supervisor.posts.length + supervisor.reads.length, 0);
      return true;
    },
  );
}

async function all(entries: AsyncIterable<Activity>): Promise<bigint[]> {
  const found: bigint[] = [];
  for await (const { id } of entries) found.push(id);
  return found;
}

describe('a program that triggers', () => {
  it('gets the fields of the JSON form, ids as bigint, and the exit code', async () => {
    const { nodes, ...result } = await clock.run(
      deployment.trigger({ ...RESTART, nodes: [2n, 1n, 2n] }),
    );
    const { outcome, exitCode, deployment_id, targets, resume, request_id } = result;
    assert.deepEqual(
      [outcome, exitCode, deployment_id, targets],
      ['completed', 0, DEPLOYMENT, 'named'],
    );
    assert.deepEqual([resume, request_id, 'error' in result], [null, 'f00d', false]);
    assert.deepEqual(
      nodes.map(({ node_id, status, activity_id }) => [node_id, status, typeof activity_id]),
      [
        [2n, 'completed', 'bigint'],
        [1n, 'completed', 'bigint'],
      ],
    );
    assert.deepEqual(supervisor.posts[0]?.nodes, [1n, 2n]);
  });

  it('means every node by no nodes, and counts them if asked to', async () => {
    const request = { runtime: 'iggy', action: 'restart', expectNodes: 3 } as const;
    const result = await clock.run(deployment.trigger(request));
    assert.deepEqual(
      [result.outcome, result.targets, result.nodes.length],
      ['completed', 'expected', 3],
    );
    assert.equal(supervisor.posts[0]?.nodes, null);
  });

  it('is refused a number that the log contradicts, before anything is sent', async () => {
    const request = { runtime: 'iggy', action: 'restart', expectNodes: 2 } as const;
    await assert.rejects(clock.run(deployment.trigger(request)), {
      exitCode: 5,
      code: 'other_node_count',
      message: /lists 3 nodes, not the 2 expected/,
    });
    assert.equal(supervisor.posts.length, 0);
  });

  it('has a minute for what comes before the POST', async () => {
    supervisor.addHistory(500, { createdAt: clock.now() - 60_000 });
    supervisor.beforeRead = () => clock.stop(25_000);
    const request = { runtime: 'iggy', action: 'restart' } as const;
    await assert.rejects(clock.run(deployment.trigger(request)), { exitCode: 6, code: 'timeout' });
    assert.equal(supervisor.posts.length, 0);
    assert.ok(supervisor.reads.length <= 3);
  });

  it('reports a bug before the POST with 1, since nothing was sent, and after it with 7', async () => {
    const bug = (): never => {
      throw new TypeError('x is undefined');
    };
    supervisor.nextReads(bug);
    await assert.rejects(clock.run(deployment.trigger(RESTART)), { exitCode: 1 });
    assert.equal(supervisor.posts.length, 0);
    supervisor.beforeRead = () => {
      if (supervisor.posts.length > 0) bug();
    };
    const { outcome, exitCode, error } = await clock.run(deployment.trigger(RESTART));
    assert.deepEqual([outcome, exitCode], ['unconfirmed', 7]);
    assert.match(error?.message ?? '', /x is undefined/);
  });

  it('hears what NDJSON shows, and the result last', async () => {
    const heard: RunEvent[] = [];
    const result = await clock.run(
      deployment.trigger(RESTART, { onEvent: (event) => heard.push(event) }),
    );
    assert.deepEqual(
      [...new Set(heard.map(({ event }) => event))],
      ['dispatched', 'activity', 'result'],
    );
    assert.deepEqual(heard[0], {
      event: 'dispatched',
      request_id: 'f00d',
      replayed: false,
      recovered: false,
    });
    assert.deepEqual(heard.at(-1), { event: 'result', ...result });
  });

  it('learns at the 202 that it was accepted, with the way to follow it', async () => {
    const result = await clock.run(deployment.trigger({ ...RESTART, wait: false }));
    assert.deepEqual([result.outcome, result.exitCode], ['accepted', 0]);
    const command =
      /^ldctl activities wait --after \d+ --runtime iggy --action restart --node 1 --deployment 71$/;
    assert.match(result.resume ?? '', command);
  });

  it('gets a rejection as a result, and is thrown what the API refuses', async () => {
    supervisor.setFate(1n, { result: 'rejected' });
    const result = await clock.run(deployment.trigger(RESTART));
    assert.deepEqual([result.outcome, result.exitCode], ['rejected', 3]);
    supervisor.nextReads(failingRead(apiError(401)));
    await assert.rejects(clock.run(deployment.trigger(RESTART)), { exitCode: 4 });
    assert.equal(supervisor.posts.length, 1);
  });

  it('learns of a log of another tenant before anything is sent', async () => {
    const tenant = { tenantId: 6n, origin: 'tenantId', hint: '' };
    const run = deploymentOn(connection({ tenant })).trigger(RESTART);
    await assert.rejects(clock.run(run), { code: 'wrong_tenant' });
    assert.equal(supervisor.posts.length, 0);
  });
});

describe('what a program asks for wrongly', () => {
  const restart = { runtime: 'iggy', action: 'restart' };
  const bad: ReadonlyArray<
    readonly [call: 'trigger' | 'roll' | 'wait', request: unknown, pattern: RegExp]
  > = [
    ['trigger', { ...restart, nodes: [] }, /trigger: nodes: the list is empty$/],
    ['trigger', { ...restart, nodes: undefined }, /trigger: nodes: a list of ids/],
    ['trigger', { ...restart, nodes: null }, /trigger: nodes: a list of ids/],
    ['trigger', { ...restart, nodes: new Array(2) }, /trigger: nodes: an id is a bigint/],
    ['trigger', { ...restart, node: [1n] }, /trigger: node: there is no such field$/],
    [
      'trigger',
      { ...restart, nodes: [Number(610809900976570889n)] },
      /trigger: nodes: an id is a bigint/,
    ],
    ['trigger', { ...restart, nodes: [-1n] }, /trigger: nodes: an id/],
    ['trigger', { ...restart, nodes: [2n ** 64n] }, /trigger: nodes: an id/],
    ['trigger', { runtime: 'iggy', nodes: [1n] }, /trigger: action: it is missing$/],
    ['trigger', { runtime: 'iggy', action: 'explode', nodes: [1n] }, /unknown action "explode"/],
    ['trigger', { runtime: 'kafka', action: 'restart', nodes: [1n] }, /unknown runtime "kafka"/],
    ['trigger', { ...restart, expectNodes: 0 }, /trigger: expectNodes: a (whole )?number/],
    ['trigger', { ...restart, expectNodes: 100_001 }, /trigger: expectNodes: a (whole )?number/],
    ['trigger', { ...restart, idempotencyKey: '' }, /idempotencyKey: it is empty/],
    ['trigger', { ...restart, wait: 'no' }, /trigger: wait: true or false was expected/],
    ['trigger', { runtime: 7, action: 'stop' }, /trigger: runtime: a text was expected/],
    ['trigger', { ...restart, action: 'reconfigure' }, /reconfigure needs the id of a config/],
    ['trigger', { ...restart, timeoutMs: -1 }, /trigger: timeoutMs: milliseconds/],
    ['trigger', { ...restart, timeoutMs: NaN }, /trigger: timeoutMs: milliseconds/],
    ['trigger', { ...restart, timeoutMs: '10m' }, /trigger: timeoutMs: milliseconds/],
    [
      'trigger',
      { ...restart, ifBusy: 'join' },
      /trigger: ifBusy: ignore, wait or fail was expected/,
    ],
    ['trigger', undefined, /trigger: an object was expected/],
    ['roll', { ...restart, nodes: [] }, /roll: nodes: the list is empty/],
    ['roll', restart, /roll: nodes: it is missing/],
    ['roll', { ...ROLL, gate: 'curl' }, /roll: gate: a function was expected/],
    ...[0, 1.5, '0%', '101%', 'many'].map((maxUnavailable) => {
      return ['roll', { ...ROLL, maxUnavailable }, /roll: maxUnavailable: /] as const;
    }),
    ['wait', {}, /wait: .*it is missing/],
    ['wait', { ids: [] }, /wait: ids: the list is empty/],
    ['wait', { ids: ['7'] }, /wait: ids: an id is a bigint/],
    ['wait', { ids: [7n], after: 3n }, /wait: after: there is no such field/],
    ['wait', { after: 3n, runtime: 'iggy' }, /wait: action: it is missing/],
    ['wait', null, /wait: an object was expected/],
  ];
  for (const [call, request, pattern] of bad) {
    it(`is refused, and nothing is sent or read: ${pattern.source}`, () =>
      refused(() => deployment[call](request as never), pattern));
  }

  const odd = [
    { limit: -1 },
    { limit: 1.5 },
    { since: 'yesterday' },
    { since: new Date(NaN) },
    { status: 'done' },
    { status: [], x: 1 },
    { runtime: 'kafka' },
    { action: 'explode' },
    { nodes: [1] },
    { nodes: [] },
    { after: 7 },
  ];
  it('is refused by what reads the log, before it is read', async () => {
    for (const request of odd) {
      await refused(
        () => deployment.activities(request as never).next(),
        /^(activities: |unknown)/,
      );
    }
    for (const request of [{ since: new Date() }, { after: '7' }]) {
      await refused(() => deployment.follow(request as never).next(), /^follow: /);
    }
    await refused(() => deployment.nodes({ node: 2n } as never), /nodes: node: there is no such/);
  });
});

describe('a program that aborts', () => {
  it('before anything was sent is thrown why', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(deployment.trigger(RESTART, { signal }), (error: LdctlError) => {
      assert.deepEqual(
        [error.code, error.exitCode, error.message],
        ['interrupted', 130, 'aborted by the caller'],
      );
      assert.equal((error.cause as Error).message, 'enough');
      return true;
    });
    assert.equal(supervisor.posts.length, 0);
  });

  it('after that gets the results at once, with the way on; also of twenty by one signal, and with one listener', async () => {
    const stop = new AbortController();
    supervisor.setFate(1n, { workMs: null });
    const runs = Array.from({ length: 20 }, () =>
      deployment.trigger(RESTART, { signal: stop.signal }),
    );
    const startedAt = clock.elapsed();
    void clock.sleep(20_000).then(() => {
      assert.equal(getEventListeners(stop.signal, 'abort').length, 1);
      stop.abort();
    });
    for (const result of await clock.run(Promise.all(runs))) {
      assert.deepEqual([result.outcome, result.exitCode], ['interrupted', 130]);
      assert.match(result.resume ?? '', /^ldctl activities wait .*--deployment 71$/);
    }
    assert.equal(clock.elapsed() - startedAt, 20_000);
    assert.equal(clock.asleep, 0);
  });

  it('stops a roll gently: what runs may finish', async () => {
    const stopping = new AbortController();
    const run = deployment.roll(ROLL, { stopping: stopping.signal });
    void clock.sleep(1000).then(() => stopping.abort());
    const result = await clock.run(run);
    assert.equal(result.outcome, 'interrupted');
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed', 'not_started', 'not_started'],
    );
  });
});

describe('a listener', () => {
  it('that throws ends the following as an abort does, and learns that something was sent', async () => {
    let calls = 0;
    const onEvent = (): void => {
      calls += 1;
      throw new Error('no disk');
    };
    const result = await clock.run(deployment.trigger(RESTART, { onEvent }));
    assert.deepEqual([calls, result.outcome], [1, 'interrupted']);
    const told = { code: 'listener_threw', message: 'onEvent threw: no disk', exit_code: 130 };
    assert.deepEqual(result.error, { ...told, request_id: null, hint: null });
    assert.notEqual(result.resume, null);
  });

  it('may be an async function: what it rejects with is as what it throws', async () => {
    supervisor.setFate(1n, { workMs: null });
    const onEvent = async (): Promise<void> => {
      await clock.sleep(5000);
      throw new Error('no disk');
    };
    const result = await clock.run(deployment.trigger(RESTART, { onEvent }));
    assert.deepEqual(
      [result.outcome, result.error?.message],
      ['interrupted', 'onEvent threw: no disk'],
    );
  });

  it('is not waited for, and may reject after the end', async () => {
    const late: Array<(thrown: unknown) => void> = [];
    const onEvent = (): Promise<void> => new Promise((_resolve, reject) => void late.push(reject));
    const result = await clock.run(deployment.trigger(RESTART, { onEvent }));
    assert.equal(result.outcome, 'completed');
    assert.ok(late.length > 0);
    // Mocha fails a test for a rejection that nothing handles.
    for (const reject of late) reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a program that rolls', () => {
  const postedTo = (): bigint[] => supervisor.posts.flatMap(({ nodes }) => nodes ?? []);
  const roll = (changes: Partial<RollRequest> = {}) =>
    clock.run(deployment.roll({ ...ROLL, ...changes }));

  it('acts on one node after the other, in their order, and asks its gate after each', async () => {
    const asked: unknown[] = [];
    const result = await roll({ gate: (node) => Promise.resolve(asked.push(node) < 2) });
    assert.deepEqual([result.outcome, result.exitCode, 'error' in result], ['halted', 9, false]);
    assert.deepEqual(postedTo(), [3n, 1n]);
    assert.deepEqual(
      asked,
      result.nodes.slice(0, 2).map(({ node_id, activity_id }) => ({ node_id, activity_id })),
    );
    assert.deepEqual(
      result.nodes.map(({ gate }) => gate?.exit_code),
      [0, 1, undefined],
    );
    assert.equal((await roll({ gate: () => true })).outcome, 'completed');
  });

  it('takes an answer that is not true for no, and tells what its gate throws', async () => {
    const odd = await roll({ gate: () => 'yes' as unknown as boolean });
    assert.deepEqual([odd.outcome, odd.error], ['halted', undefined]);
    const gate = (): never => {
      throw new Error('iggy does not answer');
    };
    const { outcome, error } = await roll({ gate });
    const told = {
      code: 'gate_threw',
      message: 'the gate threw: iggy does not answer',
      exit_code: 9,
    };
    assert.deepEqual([outcome, error], ['halted', { ...told, request_id: null, hint: null }]);
  });

  it('cuts a gate off that takes too long, and tells it by its signal', async () => {
    let isToldSo = false;
    const gate: RollRequest['gate'] = (_node, { signal }) => {
      signal.addEventListener('abort', () => (isToldSo = true));
      return new Promise(() => undefined);
    };
    const result = await roll({ gate, gateTimeoutMs: 60_000 });
    assert.deepEqual([result.outcome, isToldSo], ['halted', true]);
    assert.deepEqual(result.nodes[0]?.gate, { exit_code: null, timed_out: true, took_ms: 60_000 });
  });

  it('may have a share of its nodes running', async () => {
    const nodes = [1n, 2n, 3n, 4n, 5n, 6n];
    supervisor = new VirtualServer(clock, { nodes });
    deployment = deploymentOn(connection());
    await roll({ nodes, maxUnavailable: '50%' });
    const [first = 0, , third = Infinity] = supervisor.postTimes;
    assert.ok(
      third - first < 1600,
      `the third starts ${third - first} ms after the first, which takes longer`,
    );
  });

  it('names commands in words that any shell reads', () => {
    const known = { flags: ['--profile', "Zoë's"], keepsRolls: true };
    assert.equal(
      resumeCommand({ roll: 'k 7' }, known),
      "ldctl activities roll --resume 'k 7' --profile 'Zoë'\\''s'",
    );
    const asked = {
      after: 5n,
      runtime: 'connectors',
      action: 'reconfigure:42',
      expect: 3,
    };
    const command =
      'ldctl activities wait --after 5 --runtime connectors --action reconfigure:42 --expect-nodes 3';
    assert.equal(resumeCommand(asked, { flags: [], keepsRolls: false }), command);
  });
});

describe('a program that waits', () => {
  it('follows activities by their ids, until its time is over', async () => {
    const id = supervisor.add({ workMs: 5000 });
    const late = await clock.run(deployment.wait({ ids: [id], timeoutMs: 1000 }));
    const command = `ldctl activities wait ${id} --deployment 71`;
    assert.deepEqual([late.outcome, late.exitCode, late.resume], ['timed_out', 8, command]);
    const result = await clock.run(deployment.wait({ ids: [id] }));
    assert.deepEqual(
      [result.outcome, result.runtime, result.nodes[0]?.activity_id],
      ['completed', 'iggy', id],
    );
    assert.equal(supervisor.posts.length, 0);
  });

  it('follows what a trigger made after an id', async () => {
    const after = supervisor.add({ node: 2n });
    supervisor.add({ node: 1n, workMs: 5000, result: 'rejected' });
    const result = await clock.run(deployment.wait({ ...RESTART, after }));
    assert.deepEqual([result.outcome, result.exitCode], ['rejected', 3]);
  });
});

describe('a program that reads the log', () => {
  it('gets the nodes that it lists, and whether each runtime is up by it', async () => {
    supervisor.add({ node: 2n, action: 'stop' });
    supervisor.add({ node: 4n, action: 'start', createdAt: clock.now() - 31 * 86_400_000 });
    const nodes = await clock.run(deployment.nodes());
    assert.deepEqual(
      nodes.map(({ node_id, runtimes }) => [node_id, runtimes.iggy?.state]),
      [
        [1n, 'running'],
        [2n, 'stopped'],
        [3n, 'running'],
      ],
    );
    const [only, ...others] = await clock.run(deployment.nodes({ nodes: [2n], runtime: 'iggy' }));
    assert.deepEqual([only?.node_id, others], [2n, []]);
  });

  it('gets it newest first, each entry once, or what it filters for', async () => {
    supervisor.addHistory(300);
    const now = clock.now();
    const wanted = supervisor.add({
      node: 2n,
      action: 'restart',
      result: 'rejected',
      createdAt: now,
    });
    supervisor.add({ node: 1n, action: 'restart', result: 'rejected' });
    const ids = supervisor.ids;
    assert.deepEqual(await clock.run(all(deployment.activities({ limit: 0 }))), ids.toReversed());
    const filter = {
      status: 'rejected',
      runtime: ['iggy', 'connectors'],
      action: 'restart',
      nodes: [2n],
    } as const;
    for (const since of [undefined, new Date(now), new Date(now).toISOString()]) {
      assert.deepEqual(await clock.run(all(deployment.activities({ ...filter, since }))), [wanted]);
    }
    // Oldest first, and what is younger than a minute may still get a neighbour.
    const old = await clock.run(all(deployment.activities({ after: ids[0] })));
    assert.deepEqual(old, ids.slice(1, 3));
    assert.deepEqual(
      await clock.run(all(deployment.activities({ limit: 2 }))),
      ids.slice(-2).toReversed(),
    );
  });

  it('is thrown an abort, since a list that was cut must not look whole, and what the API refuses', async () => {
    supervisor.addHistory(500);
    const stop = new AbortController();
    const read: bigint[] = [];
    const reading = (async () => {
      for await (const { id } of deployment.activities({}, { signal: stop.signal })) {
        if (read.push(id) === 10) stop.abort();
      }
    })();
    await assert.rejects(clock.run(reading), { exitCode: 130 });
    assert.ok(read.length < 500, 'what was read already may still come');
    supervisor.nextReads(failingRead(apiError(403)));
    await assert.rejects(clock.run(all(deployment.activities())), { exitCode: 4 });
  });
});

describe('a program that follows the log', () => {
  it('gets every entry that is new, and every change, until it aborts', async () => {
    const stop = new AbortController();
    const heard: Array<readonly [bigint, string]> = [];
    const following = (async () => {
      for await (const { id, status } of deployment.follow({}, { signal: stop.signal })) {
        heard.push([id, status]);
      }
    })();
    await clock.advance(5000);
    const id = supervisor.add({ workMs: 8000 });
    await clock.advance(60_000);
    stop.abort();
    await clock.run(following);
    assert.deepEqual(heard, [
      [id, 'processing'],
      [id, 'completed'],
    ]);
    assert.equal(clock.asleep, 0);
  });

  it('starts after an id, with what is there, and ends where the loop is left', async () => {
    const [first = 0n, ...others] = supervisor.ids;
    const heard: bigint[] = [];
    const following = (async () => {
      for await (const { id } of deployment.follow({ after: first })) {
        if (heard.push(id) === 2) break;
      }
    })();
    await clock.run(following);
    assert.deepEqual(heard, others);
    assert.equal(clock.asleep, 0);
  });

  it('is thrown when the log can no longer be read', async () => {
    supervisor.beforeRead = () => {
      if (supervisor.reads.length > 3) throw apiError(403);
    };
    const following = clock.run(all(deployment.follow()));
    await assert.rejects(following, { exitCode: 7, message: /^the log could not be read/ });
  });
});

describe('what comes before a POST', () => {
  const LATE = {
    exitCode: 6,
    code: 'timeout',
    message: 'the log could not be read within 60s; nothing was sent',
  };
  /** From now on each read of a page takes this long. */
  function takes(ms: number): void {
    const list = supervisor.list.bind(supervisor);
    supervisor.list = async (...asked) => {
      for (let left = ms; left > 0; left -= 250) await clock.sleep(250, asked[2]?.signal);
      return list(...asked);
    };
  }

  const ROLL_ONE = { ...ROLL, nodes: [1n] } as const;
  for (const [what, pageMs, start] of [
    ['a run on named nodes', 70_000, () => deployment.trigger({ ...RESTART, ifBusy: 'fail' })],
    ['a roll', 70_000, () => deployment.roll(ROLL_ONE)],
    [
      'a roll and its look for busy nodes',
      40_000,
      () => deployment.roll({ ...ROLL_ONE, ifBusy: 'fail' }),
    ],
  ] as const) {
    it(`has a minute in all: ${what}`, async () => {
      takes(pageMs);
      await clock.run(assert.rejects(start(), LATE));
      assert.deepEqual([clock.elapsed(), supervisor.posts], [60_000, []]);
    });
  }

  it('has a minute in all: a run on every node, and the look around before it', async () => {
    takes(25_000);
    supervisor.addHistory(150, { createdAt: clock.now() - 3_600_000 });
    const { nodes: _, ...every } = RESTART;
    const run = deployment.trigger({ ...every, ifBusy: 'fail' });
    await clock.run(assert.rejects(run, LATE));
    assert.deepEqual([clock.elapsed(), supervisor.posts], [60_000, []]);
  });

  it('does not count the wait for a busy node', async () => {
    supervisor.add({ node: 1n, runtime: 'iggy', workMs: 120_000 });
    takes(1000);
    const { outcome } = await clock.run(deployment.trigger({ ...RESTART, ifBusy: 'wait' }));
    assert.equal(outcome, 'completed');
  });

  it('has a minute for each node of a roll once one was sent to', async () => {
    takes(9000);
    const { outcome } = await clock.run(deployment.roll(ROLL));
    assert.equal(outcome, 'completed');
  });
});
