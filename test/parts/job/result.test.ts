import assert from 'node:assert/strict';
import { Interrupted, RedirectError } from '../../../src/base/errors.js';
import type { Id } from '../../../src/base/ids.js';
import { waitJob } from '../../../src/job/index.js';
import type { JobEnd } from '../../../src/job/job.js';
import type { RollPlan } from '../../../src/job/roll-state.js';
import type { RunPlan } from '../../../src/job/run-state.js';
import { apiError, DEPLOYMENT, lost } from '../../helpers/virtual-server.js';
import { clock, refused, roll, run, runOf, server, setUp, start } from './bench.js';

/* What a job says at its end: the facts, the exit code, and how to continue. */

beforeEach(() => setUp());

const BOTH = { nodes: [1n, 2n] };
const MINUTE = { timeoutMs: 60_000 };
const EVERY = { nodes: undefined, listed: { here: [1n, 2n, 3n], elsewhere: [], isWhole: true } };
const stuck = (...nodes: Id[]): void => {
  for (const node of nodes) server.setFate(node, { workMs: null });
};
const wait = (ids: readonly Id[]): Promise<JobEnd> => {
  const limits = { timeoutMs: 60_000, appearMs: 30_000, after: 0n };
  const plan = { deploymentId: DEPLOYMENT, tenant: null, ...limits, wanted: { ids } };
  return clock.run(start(waitJob(plan, clock.elapsed())));
};
/** @param from by its monotonic clock: when it is ended, by a second signal */
const interruptAt = (job: ReturnType<typeof runOf>, from: number): Promise<JobEnd> => {
  const stop = new AbortController();
  const ends = clock.sleep(from).then(() => stop.abort(new Interrupted('SIGTERM')));
  return clock.run(Promise.all([start(job, { signal: stop.signal }), ends]).then(([end]) => end));
};

describe('the facts of a result', () => {
  it('have the request of whatever answered the POST', async () => {
    for (const error of [apiError(500), new RedirectError('r', { requestId: 'request-302' })]) {
      setUp();
      server.onPost = () => error;
      const { result, exitCode } = await run();
      assert.deepEqual([exitCode, result.request_id], [7, error.requestId]);
    }
  });

  it('are those of the plan and of the answer', async () => {
    const { result, exitCode, error } = await run();
    const { nodes, ...facts } = result;
    assert.deepEqual([nodes.length, exitCode, error], [1, 0, null]);
    assert.deepEqual(facts, {
      outcome: 'completed',
      ...{ runtime: 'iggy', action: 'restart', deployment_id: DEPLOYMENT, idempotency_key: 'k' },
      ...{
        targets: 'named',
        core_count: null,
        sent: true,
        replayed: false,
        recovered: false,
        request_id: 'f00d',
      },
      not_acted_on: [],
    });
  });

  for (const [what, plan, targets] of [
    ['named', BOTH, 'named'],
    ['counted', { ...EVERY, expect: 3 }, 'expected'],
    ['left to the log', EVERY, 'observed'],
  ] as const) {
    it(`say that the nodes were ${what}`, async () => {
      assert.equal((await run(plan)).result.targets, targets);
    });
  }

  it('say that the log proved it where the answer was lost', async () => {
    server.onPost = (carryOut) => {
      carryOut();
      return lost();
    };
    const { replayed, recovered, request_id: request } = (await run()).result;
    assert.deepEqual([replayed, recovered, request], [false, true, null]);
  });

  it('have the request of an answer that left it open, and nothing of what is not known', async () => {
    server.onPost = () => apiError(500);
    const { result, exitCode, error } = await run();
    const { outcome, replayed, recovered, request_id: request } = result;
    assert.deepEqual([outcome, exitCode, error?.code], ['unconfirmed', 7, 'http_500']);
    assert.deepEqual([replayed, recovered, request], [null, null, 'request-500']);
  });

  it('are of the entries in a wait by ids, where all of them agree', async () => {
    const [a, b] = [server.add(), server.add({ node: 2n, runtime: 'connectors' })];
    const { runtime, action, idempotency_key: key, replayed } = (await wait([a, b])).result;
    assert.deepEqual([runtime, action, key, replayed], [null, 'restart', null, null]);
    assert.equal((await wait([a])).result.runtime, 'iggy');
  });

  it('are none of a wait for a log that cannot be read at all, only why', async () => {
    server.beforeRead = () => {
      throw refused();
    };
    await assert.rejects(wait([1n]), { code: 'ECONNREFUSED', exitCode: 6 });
  });

  it('show no node where a run that does not wait cannot know which report', async () => {
    const played = async (plan: Partial<RunPlan>) =>
      (await run({ ...plan, wait: false })).result.nodes.map(({ status }) => status);
    assert.deepEqual([await played(EVERY), await played(BOTH)], [[], [null, null]]);
  });
});

describe('the command that continues', () => {
  const resumeOf = async (plan: Partial<RunPlan>): Promise<JobEnd['resume']> =>
    (await run({ ...MINUTE, ...plan })).resume;

  it('is none where all is done, or was rejected', async () => {
    assert.equal(await resumeOf(BOTH), null);
    server.setFate(1n, { result: 'rejected' });
    assert.equal(await resumeOf(BOTH), null);
  });

  it('has the open ids where each node has one', async () => {
    stuck(2n);
    assert.deepEqual(await resumeOf(BOTH), { ids: [server.ids[1]] });
  });

  it('has the baseline where a node has none, and what the trigger was', async () => {
    server.setFate(2n, { appearMs: 1e9 });
    stuck(1n);
    const before = server.add({ node: 3n });
    const trigger = { runtime: 'iggy', action: 'restart' };
    const known = { after: before, ...trigger, nodes: [1n, 2n], expect: null };
    assert.deepEqual(await resumeOf(BOTH), known);
    setUp();
    const counted = { after: 0n, ...trigger, nodes: undefined, expect: 3 };
    assert.deepEqual(await resumeOf({ ...EVERY, expect: 3, wait: false }), counted);
  });

  it('has the ids that were waited for', async () => {
    const ids = [server.add({ workMs: null }), server.add({ node: 2n })];
    assert.deepEqual((await wait(ids)).resume, { ids });
  });

  it('has ids on every node only once no other can report any more', async () => {
    stuck(1n, 2n, 3n);
    const early = await interruptAt(runOf(EVERY), 2000);
    assert.deepEqual([early.exitCode, Object.keys(early.resume ?? {})[0]], [143, 'after']);
    const late = await interruptAt(runOf(EVERY), 8000);
    assert.deepEqual([late.exitCode, late.resume], [143, { ids: server.ids.slice(-3).reverse() }]);
  });
});

describe('the result of a roll', () => {
  const end = (plan: Partial<RollPlan>): Promise<JobEnd> =>
    roll({ ...BOTH, maxUnavailable: 1, nodeTimeoutMs: 60_000, ...plan });
  const outcomes = ({ result, exitCode, resume }: JobEnd) => [result.outcome, exitCode, resume];

  it('is done where each node is, and leaves nothing', async () => {
    const ended = await end({});
    assert.deepEqual(outcomes(ended), ['completed', 0, null]);
    const { targets, sent, replayed, recovered, nodes } = ended.result;
    assert.deepEqual([targets, sent, replayed, recovered], ['named', true, false, null]);
    assert.deepEqual(
      nodes.map(({ node_id: node, started_at: at }) => [node, typeof at]),
      [
        [1n, 'string'],
        [2n, 'string'],
      ],
    );
  });

  it('continues by its key, or by what it has seen where no key is kept', async () => {
    stuck(1n);
    assert.deepEqual(outcomes(await end({})), ['timed_out', 8, { roll: 'k' }]);
    setUp();
    stuck(1n);
    const kept = await end({ keepsKey: false });
    assert.deepEqual(outcomes(kept), ['timed_out', 8, { ids: server.ids }]);
  });

  it('has nothing left where only a rejected node is not done', async () => {
    server.setFate(2n, { result: 'rejected' });
    assert.deepEqual(outcomes(await end({})), ['rejected', 3, null]);
  });

  it('says of a node that was not reached that it was not started', async () => {
    server.setFate(1n, { result: 'rejected' });
    const { result } = await end({});
    const [, second] = result.nodes;
    assert.deepEqual([second?.status, second?.started_at], ['not_started', null]);
  });

  it('is why nothing could be sent, where nothing was', async () => {
    server.onPost = refused;
    await assert.rejects(end({}), { code: 'ECONNREFUSED', exitCode: 6 });
  });

  it('is unconfirmed where a later node cannot be acted on at all', async () => {
    server.onPost = (carryOut) => (server.posts.length === 0 ? carryOut() : apiError(404));
    const ended = await end({});
    assert.deepEqual(
      [...outcomes(ended), ended.error?.code],
      ['unconfirmed', 7, { roll: 'k' }, 'http_404'],
    );
  });
});
