import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RunEvent } from '../../../src/app/deployment.js';
import { resumeCommand } from '../../../src/app/jobs.js';
import type { CoreApi } from '../../../src/api/core-api.js';
import { nodeCounter } from '../../../src/app/open.js';
import type { RollRequest } from '../../../src/app/requests.js';
import type { LdctlError } from '../../../src/base/errors.js';
import { apiError, DEPLOYMENT, failingRead } from '../../helpers/virtual-server.js';
import {
  clock,
  deployment,
  EVERY,
  RESTART,
  roll,
  setUp,
  statuses,
  supervisor,
  trigger,
} from './bench.js';

beforeEach(() => setUp());

describe('a program that triggers', () => {
  it('gets the fields of the JSON form, ids as bigint, and the exit code', async () => {
    const { nodes, ...result } = await trigger({
      ...RESTART,
      nodes: [2n, 1n, 2n],
      idempotencyKey: 'release-7',
    });
    const how = { outcome: 'completed', exitCode: 0, targets: 'named', resume: null };
    const facts = { ...how, deployment_id: DEPLOYMENT, request_id: 'f00d' };
    assert.deepEqual({ ...result, ...facts }, result);
    assert.equal('error' in result, false);
    const rows = nodes.map(
      ({ node_id: node, ...row }) => `${node} ${row.status} ${typeof row.activity_id}`,
    );
    assert.deepEqual(rows, ['2 completed bigint', '1 completed bigint']);
    const [post] = supervisor.posts;
    assert.deepEqual(post?.nodes, [1n, 2n]);
    assert.match(post.wireKey, /^release-7\./);
  });

  it('gets every field that the schema requires of a command, and no other', async () => {
    const { exitCode, nodes, ...fields } = await trigger({ ...RESTART, nodes: [1n] });
    const schema = readFileSync(
      new URL('../../../schemas/run-result.schema.json', import.meta.url),
      'utf8',
    );
    const { $defs } = JSON.parse(schema) as { $defs: Record<string, { required: string[] }> };
    const { run, node } = $defs;
    assert.equal(exitCode, 0);
    assert.deepEqual([...Object.keys(fields), 'nodes'].sort(), run?.required.toSorted());
    // Names are this machine's, for a person.
    const ofNode = [...Object.keys(nodes[0] ?? {}), 'node_name'];
    assert.deepEqual(ofNode.sort(), node?.required.toSorted());
  });

  it('means every node by no nodes, and counts them if asked to', async () => {
    const result = await trigger({ ...EVERY, expectNodes: 3 });
    assert.deepEqual(
      [result.outcome, result.targets, result.nodes.length],
      ['completed', 'expected', 3],
    );
    assert.equal(supervisor.posts[0]?.nodes, null);
  });

  it('is refused as many as Core counts where no Core is known, unless nodes are named', async () => {
    const expectNodes = 'deployment';
    await assert.rejects(trigger({ ...EVERY, expectNodes }), {
      exitCode: 2,
      message: /which Core API counts the nodes/,
    });
    assert.deepEqual([supervisor.reads.length, supervisor.posts.length], [0, 0]);
    assert.equal((await trigger({ ...RESTART, expectNodes })).outcome, 'completed');
  });

  const asking = (deployment: CoreApi['deployment']) => ({
    settings: { tenantId: { value: 1n, source: { from: 'env', name: 'LD_TENANT_ID' } as const } },
    core: () => Promise.resolve({ deployment }),
  });
  const place = { name: null, path: null, divisionId: 2n, environmentId: 3n };

  it('gives a read of Core as long as it waits for the count', async () => {
    const budgets: Array<number | undefined> = [];
    const counter = nodeCounter(
      { id: DEPLOYMENT, ...place },
      asking((_, options) => {
        budgets.push(options?.budgetMs);
        return Promise.reject(apiError(503));
      }),
      { clock, isCertain: true, complete: () => Promise.resolve() },
    );
    const { signal } = new AbortController();
    await counter.start(15_000, signal)([]);
    await counter.start(2000, signal)([]);
    assert.deepEqual(budgets, [15_000, 2000]);
  });

  it('is thrown why Core cannot count, also where the log takes longer', async () => {
    const counter = nodeCounter(
      { id: DEPLOYMENT, ...place },
      asking(() => Promise.reject(apiError(403))),
      { clock, isCertain: true, complete: () => Promise.resolve() },
    );
    setUp(undefined, { counter });
    supervisor.onRead = async (page) => {
      await clock.sleep(5000);
      return page;
    };
    await assert.rejects(trigger({ ...EVERY, expectNodes: 'deployment' }), { exitCode: 4 });
  });

  it('reports a bug before the POST with 1, since nothing was sent, and after it with 7', async () => {
    const bug = (): never => {
      throw new TypeError('x is undefined');
    };
    supervisor.nextReads(bug);
    await assert.rejects(trigger(), { exitCode: 1 });
    assert.equal(supervisor.posts.length, 0);
    supervisor.beforeRead = () => {
      if (supervisor.posts.length > 0) bug();
    };
    const { outcome, exitCode, error } = await trigger();
    assert.deepEqual([outcome, exitCode], ['unconfirmed', 7]);
    assert.match(error?.message ?? '', /x is undefined/);
  });

  it('hears what NDJSON shows, and the result last', async () => {
    const heard: RunEvent[] = [];
    const result = await trigger(RESTART, { onEvent: (event) => heard.push(event) });
    assert.deepEqual(
      [...new Set(heard.map(({ event }) => event))],
      ['dispatched', 'activity', 'result'],
    );
    const facts = { request_id: 'f00d', replayed: false, recovered: false };
    assert.deepEqual(heard[0], { event: 'dispatched', ...facts });
    assert.deepEqual(heard.at(-1), { event: 'result', ...result });
  });

  it('learns at the 202 that it was accepted, with the way to follow it', async () => {
    const result = await trigger({ ...RESTART, wait: false });
    assert.deepEqual([result.outcome, result.exitCode], ['accepted', 0]);
    const command =
      /^ldctl activities wait --after \d+ --runtime iggy --action restart --node 1 --deployment 71$/;
    assert.match(result.resume ?? '', command);
  });

  it('gets a rejection as a result, and is thrown what the API refuses', async () => {
    supervisor.setFate(1n, { result: 'rejected' });
    const result = await trigger();
    assert.deepEqual([result.outcome, result.exitCode], ['rejected', 3]);
    supervisor.nextReads(failingRead(apiError(401)));
    await assert.rejects(trigger(), { exitCode: 4 });
    assert.equal(supervisor.posts.length, 1);
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

  it('after that gets the results at once, with the way on; also of twenty by one signal, with one listener and no warning', async () => {
    const stop = new AbortController();
    const warnings: Error[] = [];
    const note = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', note);
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
    process.off('warning', note);
    assert.deepEqual(warnings, []);
    assert.equal(clock.elapsed() - startedAt, 20_000);
    assert.equal(clock.asleep, 0);
  });

  it('stops a roll gently: what runs may finish', async () => {
    const stopping = new AbortController();
    void clock.sleep(1000).then(() => stopping.abort());
    const result = await roll({}, { stopping: stopping.signal });
    assert.equal(result.outcome, 'interrupted');
    assert.deepEqual(statuses(result), ['completed', 'not_started', 'not_started']);
  });
});

describe('a listener', () => {
  it('that throws ends the following as an abort does, and learns that something was sent', async () => {
    let calls = 0;
    const onEvent = (): void => {
      calls += 1;
      throw new Error('no disk');
    };
    const result = await trigger(RESTART, { onEvent });
    assert.deepEqual([calls, result.outcome], [1, 'interrupted']);
    const told = { code: 'listener_threw', message: 'onEvent threw: no disk', exit_code: 130 };
    assert.deepEqual(result.error, { ...told, request_id: null, hint: null });
    assert.notEqual(result.resume, null);
  });

  it('changes nothing of the run, or of its result, by what it does to its events', async () => {
    supervisor.setFate(1n, { workMs: 5000, result: 'rejected' });
    const onEvent = (event: RunEvent): void => {
      if (event.event === 'activity') {
        Object.assign(event.activity, { status: 'completed', node_id: 2n });
      }
      if (event.event === 'result') event.nodes.pop();
    };
    const { outcome, nodes } = await trigger(RESTART, { onEvent });
    assert.deepEqual(
      [outcome, nodes.map(({ node_id, status }) => [node_id, status])],
      ['rejected', [[1n, 'rejected']]],
    );
  });

  it('may be an async function: what it rejects with is as what it throws', async () => {
    supervisor.setFate(1n, { workMs: null });
    const onEvent = async (): Promise<void> => {
      await clock.sleep(5000);
      throw new Error('no disk');
    };
    const result = await trigger(RESTART, { onEvent });
    assert.deepEqual(
      [result.outcome, result.error?.message],
      ['interrupted', 'onEvent threw: no disk'],
    );
  });

  it('is not waited for, and may reject after the end', async () => {
    const late: Array<(thrown: unknown) => void> = [];
    const onEvent = (): Promise<void> => new Promise((_resolve, reject) => void late.push(reject));
    const result = await trigger(RESTART, { onEvent });
    assert.equal(result.outcome, 'completed');
    assert.ok(late.length > 0);
    // Mocha fails a test for a rejection that nothing handles.
    for (const reject of late) reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a program that rolls', () => {
  const postedTo = (): bigint[] => supervisor.posts.flatMap(({ nodes }) => nodes ?? []);

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
    assert.deepEqual([outcome, error?.code, error?.exit_code], ['halted', 'gate_threw', 9]);
    assert.equal(error?.message, 'the gate threw: iggy does not answer');
  });

  it('cuts a gate off that takes too long, and tells it by its signal', async () => {
    let isToldSo = false;
    const gate: RollRequest['gate'] = (_node, { signal }) => {
      signal.addEventListener('abort', () => (isToldSo = true));
      return new Promise(() => undefined);
    };
    const result = await roll({ gate, gateTimeoutMs: 60_000 });
    assert.deepEqual([result.outcome, isToldSo], ['halted', true]);
    assert.deepEqual(result.nodes[0]?.gate, {
      exit_code: null,
      timed_out: true,
      cut_off: false,
      took_ms: 60_000,
    });
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
});
