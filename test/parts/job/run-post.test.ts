import assert from 'node:assert/strict';
import { ApiError, LdctlError } from '../../../src/base/errors.js';
import { apiError, lost } from '../../helpers/virtual-server.js';
import { clock, events, refused, run, server, setUp, statuses, warnings } from './bench.js';

/*
 * How long a run looks and tries after its POST, and which entries count as its own, to the second.
 * The model plays every other order of answers.
 */

const MINUTE = 60_000;
const OWN_KEY = { keepsKey: true };

beforeEach(() => setUp());

/** Another request with its key is running. @param retryAfterMs by default 10 minutes */
function inProgress(retryAfterMs = 600_000): ApiError {
  const code = 'idempotent_request_in_progress';
  return new ApiError('in progress', { status: 409, code, reason: '', retryAfterMs });
}

/** Nothing runs; entries of others show up. */
function othersAct(error: Error, ...others: Array<Parameters<typeof server.add>[0]>): void {
  server.onPost = () => {
    for (const other of others) server.add(other);
    return error;
  };
}

describe('a POST that was not sent', () => {
  it('is tried again after 1, 2, 4 and 8 s, for two minutes, and the log is named once: 6', async () => {
    server.onPost = refused;
    await assert.rejects(run(), { code: 'ECONNREFUSED', exitCode: 6 });
    const waits = warnings('not_sent').map((said) => /trying again in (.*)s$/.exec(said)?.[1]);
    assert.deepEqual(waits.slice(0, 5), ['1.0', '2.0', '4.0', '8.0', '8.0']);
    assert.ok(clock.elapsed() > 105_000 && clock.elapsed() <= 120_000, `${clock.elapsed()} ms`);
    assert.equal(events.filter(({ event }) => event === 'baseline').length, 1);
  });

  it('is tried again with the newest page alone: what came meanwhile is on it', async () => {
    server.addHistory(350, { createdAt: clock.now() - 60 * MINUTE });
    server.onPost = (carryOut) => (server.postsMade > 1 ? carryOut() : refused());
    let again = 0;
    server.beforeRead = () => void (again += server.postsMade === 1 ? 1 : 0);
    await run({ nodes: undefined, ifBusy: 'wait' });
    assert.equal(again, 1);
  });

  for (const [what, downMs, exitCode, ran] of [
    ['for 20 s', 20_000, 0, 1],
    ['at all', Infinity, 6, 0],
  ] as const) {
    it(`is tried again for two minutes though the log cannot be read ${what} either: ${exitCode}`, async () => {
      // Long after the process has started, which is when its clock did.
      clock.stop(10 * MINUTE);
      let from = Infinity;
      const isDown = (): boolean => clock.elapsed() >= from && clock.elapsed() < from + downMs;
      server.onPost = (carryOut) => {
        from = Math.min(from, clock.elapsed());
        return isDown() ? refused() : carryOut();
      };
      server.beforeRead = () => {
        if (isDown()) throw refused();
      };
      const ended = await run().catch((error: unknown) => error as LdctlError);
      assert.deepEqual([ended.exitCode, server.posts.length], [exitCode, ran]);
      assert.ok(clock.elapsed() <= 12 * MINUTE, `${clock.elapsed()} ms`);
    });
  }
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

  it('is looked for and tried for two minutes, though the server wants to be asked again in ten: 7', async () => {
    server.onPost = () => apiError(503, { retryAfterMs: 10 * MINUTE });
    assert.equal((await run()).exitCode, 7);
    const ms = clock.elapsed();
    assert.ok(ms >= 120_000 && ms < 130_000, `after ${ms} ms`);
  });
});

describe('a POST that was in progress already', () => {
  for (const [what, age, sleptMs, node1] of [
    ['counts what the log listed up to a minute before', 50_000, 0, 'completed'],
    ['counts nothing older', 70_000, 0, 'missing'],
    ['counts nothing older because its machine slept since', 2 * MINUTE, 2 * MINUTE, 'missing'],
  ] as const) {
    it(what, async () => {
      server.add({ node: 1n, createdAt: clock.now() - age });
      othersAct(inProgress(), { node: 2n, appearMs: 1000 });
      server.onRead = (page) => {
        if (page.total_results > 1) clock.stop(sleptMs);
        return page;
      };
      const both = { ...OWN_KEY, nodes: [1n, 2n] };
      assert.deepEqual(statuses(await run(both)), [node1, 'completed']);
    });
  }

  it('counts nothing older either once its own POST has run in its place', async () => {
    server.add({ createdAt: clock.now() - 30_000 });
    server.setFate(1n, { appearMs: 15_000 });
    server.onPost = (carryOut) => (server.postsMade === 1 ? inProgress(1000) : carryOut());
    const { result } = await run(OWN_KEY);
    const rows = result.nodes.map(({ activity_id: id, status }) => [id, status]);
    assert.deepEqual(rows, [[server.ids.at(-1), 'completed']]);
  });
});

describe('a replay', () => {
  it('is dropped for the newer entry of the node once that shows up', async () => {
    server.onPost = () => server.replay();
    server.add({ createdAt: clock.now() - 5 * MINUTE, result: 'rejected' });
    const id = server.add({ createdAt: clock.now() - 1000, appearMs: 5000 });
    server.addHistory(1);
    const { exitCode, result } = await run(OWN_KEY);
    const [row] = result.nodes;
    assert.deepEqual([exitCode, row?.activity_id, row?.ambiguous], [0, id, false]);
  });

  it('has made no entry of 2099 just now', async () => {
    server.onPost = () => server.replay();
    server.add({ createdAt: Date.UTC(2099, 0) });
    assert.equal((await run(OWN_KEY)).result.outcome, 'unconfirmed');
  });
});

describe('an entry that was created before the trigger', () => {
  for (const wait of [true, false]) {
    it(`completes no node, and ldctl does not send again because of it${wait ? '' : ', without waiting'}`, async () => {
      othersAct(lost(), { createdAt: clock.now() - 40_000, appearMs: 2000 });
      const { result, resume, exitCode } = await run({ wait });
      const { ids } = server;
      assert.deepEqual({ exitCode, sent: server.postsMade }, { exitCode: 7, sent: 1 });
      assert.deepEqual([result.nodes[0]?.activity_id, resume], [ids[0], { ids }]);
      assert.match(
        warnings('created_earlier').join(),
        /created 40s before this trigger, by the server's clocks: an earlier action, or clocks that differ$/,
      );
    });
  }
});
