import assert from 'node:assert/strict';
import { ApiError } from '../../../src/base/errors.js';
import { drive } from '../../../src/job/drive.js';
import type { ResultEvent } from '../../../src/job/events.js';
import { runJob } from '../../../src/job/index.js';
import type { RunPlan } from '../../../src/job/run-state.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, FakeSupervisor } from '../../helpers/fake-supervisor.js';

const PLAN: RunPlan = {
  ...{
    deploymentId: 7n,
    runtime: 'iggy',
    action: { verb: 'restart' },
    nodes: [1n],
    expect: null,
    tenant: null,
  },
  ...{
    idempotencyKey: 'k',
    kept: false,
    wait: true,
    ifBusy: 'ignore',
    timeoutMs: 600_000,
    appearMs: 30_000,
  },
};

let clock: VirtualClock;
let server: FakeSupervisor;
beforeEach(() => {
  clock = new VirtualClock();
  server = new FakeSupervisor(clock);
});

function run(plan: Partial<RunPlan> = {}): Promise<ResultEvent> {
  const job = runJob({ ...PLAN, ...plan }, null, clock.elapsed(), () => '');
  const tools = { supervisor: server, log: openLog(server, 7n, clock), journal: null, clock };
  return clock.run(drive(job, { ...tools, signal: new AbortController().signal }, () => undefined));
}

describe('a run', () => {
  it('is held up by no server that wants to be asked again in 10 minutes: after two it ends with 7', async () => {
    server.trigger = () => Promise.reject(apiError(503, { retryAfterMs: 600_000 }));
    const { exitCode } = await run();
    assert.equal(exitCode, 7);
    assert.ok(
      clock.elapsed() >= 120_000 && clock.elapsed() < 130_000,
      `after ${clock.elapsed()} ms`,
    );
  });

  it('looks for what is in progress, though it may not ask for it again in time', async () => {
    const carryOut = server.trigger.bind(server);
    server.behaviour.set(1n, { appearMs: 5000 });
    server.trigger = async (request) => {
      await carryOut(request);
      const problem = {
        status: 409,
        code: 'idempotent_request_in_progress',
        reason: '',
        retryAfterMs: 600_000,
      };
      throw new ApiError('in progress', problem);
    };
    const { result } = await run();
    assert.deepEqual([result.outcome, server.posts.length], ['completed', 1]);
  });

  for (const [what, reads, endsAfter] of [
    ['has ended, though one read does not show it', 1, 20_000],
    ['is gone for as long as an entry may take to appear', Infinity, 30_000],
  ] as const) {
    it(`waits for what keeps its node busy until that ${what}`, async () => {
      const startedAt = clock.now();
      server.add({ action: 'stop', status: 'processing', then: [[20_000, 'completed']] });
      const whole = server.list.bind(server);
      server.list = async (...asked) => {
        const page = await whole(...asked);
        const isHidden =
          server.posts.length === 0 && server.reads.length > 2 && server.reads.length <= 2 + reads;
        return isHidden ? { ...page, items: [], total_results: 0, total_pages: 0 } : page;
      };
      const { result } = await run({ ifBusy: 'wait' });
      const sentAfter = (server.postTimes[0] ?? 0) - startedAt;
      assert.equal(result.outcome, 'completed');
      assert.ok(
        sentAfter >= endsAfter && sentAfter < endsAfter + 10_000,
        `sent after ${sentAfter} ms`,
      );
    });
  }

  it('takes no entry of 2099 for one that a replay made just now', async () => {
    server.add({ createdAt: Date.UTC(2099, 0) });
    server.trigger = () =>
      Promise.resolve({ requestId: 'r', replayed: true, serverTime: clock.now() });
    assert.equal((await run()).result.outcome, 'unconfirmed');
  });
});
