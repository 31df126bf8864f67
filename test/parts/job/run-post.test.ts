import assert from 'node:assert/strict';
import { ApiError, LdctlError } from '../../../src/base/errors.js';
import { apiError, lost } from '../../helpers/virtual-server.js';
import {
  clock,
  connectionRefused,
  events,
  run,
  server,
  setUp,
  statuses,
  warnings,
} from './bench.js';

/*
 * How long a run looks and tries after its POST, and which entries count as its own, to the second.
 * The model plays every other order of answers.
 */

const MINUTE = 60_000;
/** The key is the caller's own, so others may have sent it, too. */
const OWN_KEY = { keepsKey: true };

beforeEach(() => setUp());

/** The answer while another request with the key runs. @param retryAfterMs by default 10 minutes */
function inProgress(retryAfterMs = 600_000): ApiError {
  const code = 'idempotent_request_in_progress';
  return new ApiError('in progress', { status: 409, code, reason: '', retryAfterMs });
}

/** The POST fails and runs nothing, while entries of others show up. */
function onlyOthersAct(error: Error, ...others: Array<Parameters<typeof server.add>[0]>): void {
  server.onPost = () => {
    for (const other of others) server.add(other);
    return error;
  };
}

describe('a POST that follows a lost one', () => {
  it('may be sent until two minutes after the first, however long its connection takes', async () => {
    const posts: Array<{ at: number; sendBy: number }> = [];
    const trigger = server.trigger.bind(server);
    server.trigger = (request, options) => {
      posts.push({ at: clock.elapsed(), sendBy: options?.sendBy ?? Infinity });
      return trigger(request, options);
    };
    server.onPost = (carryOut) => (server.postsMade > 1 ? carryOut() : lost());
    await run();
    const [first, second] = posts;
    assert.equal(second?.sendBy, (first?.at ?? 0) + 2 * MINUTE);
  });
});

describe('a POST that was not sent', () => {
  it('is tried again after 1, 2, 4, 8, 8 … s, for two minutes, and ends with 6', async () => {
    server.onPost = connectionRefused;
    await assert.rejects(run(), { code: 'ECONNREFUSED', exitCode: 6 });
    const waits = warnings('not_sent').map((said) => /trying again in (.*)s$/.exec(said)?.[1]);
    assert.deepEqual(waits.slice(0, 5), ['1.0', '2.0', '4.0', '8.0', '8.0']);
    assert.ok(
      clock.elapsed() > 105_000 && clock.elapsed() <= 120_000,
      `it ended after ${clock.elapsed()} ms`,
    );
    const baselines = events.filter(({ event }) => event === 'baseline');
    assert.equal(baselines.length, 1, 'the baseline is the same, and is said once');
  });

  it('is tried once more after the laptop was shut for hours', async () => {
    // After the second refusal comes a read, and during it the laptop is shut.
    server.onPost = () => {
      if (server.postsMade === 2) {
        server.nextReads((page) => (clock.suspend(3 * 60 * MINUTE), page));
      }
      return apiError(429);
    };
    await assert.rejects(run(), { code: 'http_429' });
    assert.equal(server.postsMade, 3);
  });

  it('is tried again after one read of the newest page, though the first read took more', async () => {
    server.addHistory(350, { createdAt: clock.now() - 60 * MINUTE });
    server.onPost = (carryOut) => (server.postsMade > 1 ? carryOut() : connectionRefused());
    let between = 0;
    server.beforeRead = () => void (between += server.postsMade === 1 ? 1 : 0);
    await run({ nodes: undefined, ifBusy: 'wait' });
    assert.equal(between, 1, 'reads between the two POSTs');
  });

  for (const [what, downMs, exitCode, ran, fromMs, toMs] of [
    ['runs once the server is back after 20 s', 20_000, 0, 1, 20_000, 60_000],
    ['is given up after two minutes without a server', Infinity, 6, 0, 105_000, 120_000],
  ] as const) {
    it(`${what}, though the log cannot be read either`, async () => {
      // The process has run for 10 minutes already. The two minutes count from the POST.
      clock.suspend(10 * MINUTE);
      let from = Infinity;
      const isDown = (): boolean => clock.elapsed() >= from && clock.elapsed() < from + downMs;
      server.onPost = (carryOut) => {
        from = Math.min(from, clock.elapsed());
        return isDown() ? connectionRefused() : carryOut();
      };
      server.beforeRead = () => {
        if (isDown()) throw connectionRefused();
      };
      const ended = await run().catch((error: unknown) => error as LdctlError);
      assert.deepEqual({ exitCode: ended.exitCode, ran: server.posts.length }, { exitCode, ran });
      const ms = clock.elapsed() - 10 * MINUTE;
      assert.ok(ms > fromMs && ms <= toMs, `it ended after ${ms} ms`);
    });
  }
});

/** From now on the server takes one request a second, and answers 429 to the others. */
function limitRequests(): void {
  let lastAt = -Infinity;
  const refusal = (): ApiError | null => {
    const isTooSoon = clock.elapsed() - lastAt < 1000;
    if (!isTooSoon) lastAt = clock.elapsed();
    return isTooSoon ? apiError(429, { retryAfterMs: 1000 }) : null;
  };
  server.beforeRead = () => {
    const refused = refusal();
    if (refused) throw refused;
  };
  const { onPost } = server;
  server.onPost = (carryOut, request) => refusal() ?? onPost(carryOut, request);
}

describe('a POST to a server that takes one request a second', () => {
  it('runs within seconds, and not after two minutes of refusals', async () => {
    limitRequests();
    assert.equal((await run()).exitCode, 0);
    assert.equal(server.posts.length, 1);
    assert.ok(clock.elapsed() < 15_000, `${clock.elapsed()} ms`);
  });

  it('runs even if the first one was lost', async () => {
    server.onPost = (carryOut) => (server.postsMade === 1 ? lost() : carryOut());
    limitRequests();
    assert.equal((await run()).exitCode, 0);
    assert.equal(server.posts.length, 1);
    assert.ok(clock.elapsed() < 30_000, `${clock.elapsed()} ms`);
  });
});

describe('a POST without an answer', () => {
  it('is not sent again once a record cannot be written', async () => {
    let records = 0;
    server.onPost = lost;
    const { exitCode } = await run(OWN_KEY, null, {
      read: () => null,
      claim: () => {
        if (records > 0) throw new LdctlError('unconfirmed', 'ENOSPC', 'the disk is full');
        return { made: (records += 1) };
      },
      mark: () => undefined,
    });
    assert.deepEqual({ exitCode, sent: server.postsMade }, { exitCode: 7, sent: 1 });
    assert.deepEqual(warnings('journal_not_written'), ['the disk is full']);
  });

  it('is looked for, for two minutes, but not sent again where the server says to try again in ten: 7', async () => {
    server.onPost = () => apiError(503, { retryAfterMs: 10 * MINUTE });
    assert.equal((await run()).exitCode, 7);
    const ms = clock.elapsed();
    assert.ok(ms >= 120_000 && ms < 130_000, `it ended after ${ms} ms`);
    assert.equal(server.postsMade, 1);
  });
});

describe('a POST that was in progress already', () => {
  for (const [what, age, sleepMs, status] of [
    ['counts an entry of 50 s before', 50_000, 0, 'completed'],
    ['does not count one of 70 s before', 70_000, 0, 'missing'],
    [
      'does not count one of 2 minutes before, however long the machine sleeps',
      120_000,
      120_000,
      'missing',
    ],
  ] as const) {
    it(what, async () => {
      server.add({ node: 1n, createdAt: clock.now() - age });
      onlyOthersAct(inProgress(), { node: 2n, appearMs: 1000 });
      server.onRead = (page) => {
        if (page.total_results > 1) clock.suspend(sleepMs);
        return page;
      };
      const both = { ...OWN_KEY, nodes: [1n, 2n] };
      assert.deepEqual(statuses(await run(both)), [status, 'completed']);
    });
  }

  it('counts no earlier entry once it was sent again and has run', async () => {
    server.add({ createdAt: clock.now() - 30_000 });
    server.setFate(1n, { appearMs: 15_000 });
    server.onPost = (carryOut) => (server.postsMade === 1 ? inProgress(1000) : carryOut());
    const { result } = await run(OWN_KEY);
    const rows = result.nodes.map(({ activity_id: id, status }) => [id, status]);
    assert.deepEqual(rows, [[server.ids.at(-1), 'completed']]);
  });
});

describe('a replay', () => {
  it('follows the newer entry of a node once that shows up', async () => {
    server.onPost = () => server.replay();
    server.add({ createdAt: clock.now() - 5 * MINUTE, result: 'rejected' });
    const id = server.add({ createdAt: clock.now() - 1000, appearMs: 5000 });
    // The newest entry at first: both of the node are below the baseline.
    server.addHistory(1);
    const { exitCode, result } = await run(OWN_KEY);
    const [row] = result.nodes;
    assert.deepEqual([exitCode, row?.activity_id, row?.ambiguous], [0, id, false]);
  });

  it('is continued from below the entries that it may be of', async () => {
    server.onPost = () => server.replay();
    const old = server.add({ createdAt: clock.now() - 60 * MINUTE, result: 'rejected' });
    server.add({ createdAt: clock.now() - 5 * MINUTE, workMs: null });
    const plan = { ...OWN_KEY, nodes: undefined, expect: 2, timeoutMs: 20_000 };
    const { exitCode, resume } = await run(plan);
    assert.equal(exitCode, 7);
    assert.deepEqual(resume, {
      after: old,
      runtime: 'iggy',
      action: 'restart',
      nodes: undefined,
      expect: 2,
    });
  });

  it('does not count an entry of the year 2099', async () => {
    server.onPost = () => server.replay();
    server.add({ createdAt: Date.UTC(2099, 0) });
    assert.equal((await run(OWN_KEY)).result.outcome, 'unconfirmed');
  });
});

describe('an entry that was created before the trigger', () => {
  it('completes no node, and ldctl does not send again because of it', async () => {
    onlyOthersAct(lost(), { createdAt: clock.now() - 40_000, appearMs: 2000 });
    const { result, resume, exitCode } = await run();
    const { ids } = server;
    assert.deepEqual({ exitCode, sent: server.postsMade }, { exitCode: 7, sent: 1 });
    assert.deepEqual([result.nodes[0]?.activity_id, resume], [ids[0], { ids }]);
    assert.match(
      warnings('created_earlier').join(),
      /created 40s before this trigger, by the server's clocks: an earlier action, or clocks that differ$/,
    );
  });
});
