import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import { apiError, lost } from '../../helpers/virtual-server.js';
import {
  clock,
  events,
  inProgress,
  refused,
  run,
  server,
  setUp,
  statuses,
  warnings,
} from './bench.js';

/* What a run does about the answer to its POST. */

const BOTH = { nodes: [1n, 2n] };
const OWN_KEY = { keepsKey: true };

beforeEach(() => setUp());

/** The action runs, and something else is answered. */
function runsThen(error: Error): void {
  server.onPost = (carryOut) => {
    carryOut();
    return error;
  };
}

/** Nothing runs; entries of others show up. */
function othersAct(error: Error, ...others: Array<Parameters<typeof server.add>[0]>): void {
  server.onPost = () => {
    for (const other of others) server.add(other);
    return error;
  };
}

describe('what comes before a POST on every node', () => {
  for (const [what, entries, reads] of [
    ['one page, where it shows the whole log', 20, 1],
    ['as deep as shows the nodes, and the newest page again, for what came meanwhile', 350, 5],
  ] as const) {
    it(`is ${what}`, async () => {
      server.addHistory(entries, { createdAt: clock.now() - 3_600_000 });
      let before = 0;
      server.onPost = (carryOut) => {
        // Those of a single entry show whether the log stands still.
        before = server.reads.filter(({ results }) => results > 1).length;
        return carryOut();
      };
      await run({ nodes: undefined });
      assert.equal(before, reads);
    });
  }
});

describe('a POST that was not sent', () => {
  it('says so, and when it is tried again', async () => {
    server.onPost = (carryOut) => (server.postsMade === 1 ? refused() : carryOut());
    await run();
    assert.deepEqual(warnings('not_sent'), ['refused; trying again in 1.0s']);
  });

  it('is tried again with the newest page alone: what came meanwhile is on it', async () => {
    server.addHistory(350, { createdAt: clock.now() - 3_600_000 });
    let pagesBefore = 0;
    server.onPost = (carryOut) => {
      if (server.postsMade > 1) return carryOut();
      pagesBefore = server.reads.length;
      return refused();
    };
    const everyNode = { nodes: undefined, ifBusy: 'wait' } as const;
    const reads = new Map<number, number>();
    server.beforeRead = () =>
      void reads.set(server.postsMade, (reads.get(server.postsMade) ?? 0) + 1);
    await run(everyNode);
    assert.deepEqual([pagesBefore > 3, reads.get(1)], [true, 1]);
  });
});

describe('a node whose entry shows up late, below one that is open', () => {
  it('is seen, however long it was quiet', async () => {
    server.setFate(1n, { appearMs: 20_000 });
    server.setFate(2n, { workMs: 60_000 });
    assert.deepEqual(statuses(await run(BOTH)), ['completed', 'completed']);
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
    assert.deepEqual([exitCode, server.postsMade], [7, 1]);
    assert.deepEqual(warnings('journal_not_written'), ['the disk is full']);
  });

  it('is not sent again where a server without a tie-breaker hides its entry', async () => {
    server.addHistory(350, { createdAt: clock.now() - 3_600_000 });
    runsThen(lost());
    server.onRead = (page, query) => {
      const next = server.log.read(query.page + 1, query.results, clock.now());
      const others = page.items.filter(({ action }) => action !== 'restart');
      const hidden = page.items.length - others.length;
      if (query.page > 1 || hidden === 0) return page;
      // The next entries are on page 1 in their place, and on page 2 as well.
      return { ...page, items: [...others, ...next.items.slice(0, hidden)] };
    };
    const { exitCode, result } = await run();
    assert.deepEqual([exitCode, result.outcome, server.posts.length], [7, 'unconfirmed', 1]);
  });

  it('is tried for two minutes, though the server wants to be asked again in ten: 7', async () => {
    server.onPost = () => apiError(503, { retryAfterMs: 600_000 });
    assert.equal((await run()).exitCode, 7);
    const ms = clock.elapsed();
    assert.ok(ms >= 120_000 && ms < 130_000, `after ${ms} ms`);
  });

  it('is tried for two minutes from its beginning on, in which a laptop may sleep', async () => {
    server.onPost = () => {
      clock.stop(660_000);
      return lost();
    };
    assert.equal((await run()).exitCode, 7);
    assert.equal(server.postsMade, 1);
  });

  for (const [others, outcome] of [
    [[1n], 'unconfirmed'],
    [[1n, 2n], 'accepted'],
  ] as const) {
    it(`is ${outcome} without waiting where ${others.length} of 2 nodes have an entry`, async () => {
      othersAct(lost(), ...others.map((node) => ({ node, appearMs: 1000 })));
      const { result } = await run({ ...BOTH, wait: false });
      assert.equal(result.outcome, outcome);
    });
  }
});

describe('a POST that was in progress already', () => {
  const MINUTE = 60_000;

  it('is looked for, though it may not be asked for again in time', async () => {
    server.setFate(1n, { appearMs: 5000 });
    runsThen(inProgress());
    const { result } = await run();
    assert.deepEqual([result.outcome, server.posts.length], ['completed', 1]);
  });

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
      assert.deepEqual(statuses(await run({ ...BOTH, ...OWN_KEY })), [node1, 'completed']);
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
  beforeEach(() => (server.onPost = () => server.replay()));

  it('is dropped for the newer entry of the node once that shows up', async () => {
    server.add({ createdAt: clock.now() - 300_000, result: 'rejected' });
    const id = server.add({ createdAt: clock.now() - 1000, appearMs: 5000 });
    server.addHistory(1);
    const { exitCode, result } = await run(OWN_KEY);
    const [row] = result.nodes;
    assert.deepEqual([exitCode, row?.activity_id, row?.ambiguous], [0, id, false]);
  });

  it('has an entry that shows later than a newer one, where the log was empty before', async () => {
    server.setFate(1n, { appearMs: 4000 });
    // A gateway has sent it twice.
    server.onPost = (carryOut) => {
      carryOut();
      return server.replay();
    };
    const { result } = await run({ ...OWN_KEY, nodes: [1n, 2n] });
    assert.deepEqual(
      result.nodes.map(({ activity_id: id, status }) => ({ id, status })),
      server.ids.map((id) => ({ id, status: 'completed' })),
    );
  });

  it('has made no entry of 2099 just now', async () => {
    server.add({ createdAt: Date.UTC(2099, 0) });
    assert.equal((await run(OWN_KEY)).result.outcome, 'unconfirmed');
  });

  it('that a gateway made has no older entry: nobody else has used a random key', async () => {
    server.add({ createdAt: clock.now() - 300_000 });
    assert.equal((await run({ keepsKey: false })).exitCode, 7);
  });

  it("of a caller's key has no older entry where no answer has a date", async () => {
    server.hasDate = false;
    server.add({ createdAt: clock.now() - 3 * 86_400_000 });
    assert.equal((await run(OWN_KEY)).exitCode, 7);
  });
});

describe('an entry that was created before the trigger', () => {
  beforeEach(() => othersAct(lost(), { createdAt: clock.now() - 40_000, appearMs: 2000 }));

  it('completes no node, and ldctl does not send again because of it', async () => {
    const { result, resume, exitCode } = await run();
    const [row] = result.nodes;
    const { ids } = server;
    assert.deepEqual([exitCode, server.postsMade], [7, 1]);
    assert.deepEqual([row?.status, row?.activity_id], ['missing', ids[0]]);
    assert.deepEqual(resume, { ids });
    assert.match(
      warnings('created_earlier').join(),
      /created 40s before this trigger, by the server's clocks: an earlier action, or clocks that differ$/,
    );
  });

  it('says why a run that does not wait is unconfirmed', async () => {
    const { result } = await run({ wait: false });
    assert.deepEqual([result.outcome, warnings('created_earlier').length], ['unconfirmed', 1]);
  });

  it('counts where the server does not say what time it is', async () => {
    server.hasDate = false;
    assert.equal((await run()).exitCode, 0);
  });
});

describe('a POST that was certainly not sent', () => {
  /** The first POST never leaves, and another operator acts on the node meanwhile. */
  const refuseFirst = (workMs: number, next?: Error): void => {
    server.onPost = (carryOut) => {
      if (server.postsMade > 1) return next ?? carryOut();
      server.add({ workMs });
      return refused();
    };
  };

  it('takes no entry of another operator for its own after the next one is lost, too', async () => {
    refuseFirst(0, lost());
    assert.equal((await run()).exitCode, 7);
  });

  it('is not followed by one to a node that is busy by then, with --if-busy wait', async () => {
    refuseFirst(20_000);
    await run({ ifBusy: 'wait' });
    const [sentAt = 0] = server.postTimes;
    assert.ok(sentAt >= clock.now() - clock.elapsed() + 20_000, `sent at ${sentAt}`);
  });

  it('is not followed by one to a node that is busy by then, with --if-busy fail', async () => {
    refuseFirst(20_000);
    await assert.rejects(run({ ifBusy: 'fail' }), { code: 'busy', exitCode: 5 });
    assert.equal(server.posts.length, 0);
  });

  /** From its first POST on, the server is not there for so long. */
  const restart = (ms: number): void => {
    let until = Infinity;
    const isDown = (): boolean => server.postsMade > 0 && clock.elapsed() < until;
    server.onPost = (carryOut) => {
      until = Math.min(until, clock.elapsed() + ms);
      return isDown() ? refused() : carryOut();
    };
    server.beforeRead = () => {
      if (isDown()) throw refused();
    };
  };

  it('is tried again although the log cannot be read either, as while a server restarts', async () => {
    // Long after the process has started, which is when its clock did.
    clock.stop(600_000);
    restart(20_000);
    assert.equal((await run()).exitCode, 0);
    assert.equal(server.posts.length, 1);
  });

  it('ends the run after two minutes in which the log cannot be read either', async () => {
    restart(Infinity);
    await assert.rejects(run(), { code: 'ECONNREFUSED', exitCode: 6 });
    assert.ok(clock.elapsed() > 105_000 && clock.elapsed() <= 120_000, `${clock.elapsed()} ms`);
  });

  it('says again how far the log went only if that has changed', async () => {
    server.onPost = refused;
    await assert.rejects(run(), { code: 'ECONNREFUSED' });
    assert.equal(events.filter(({ event }) => event === 'baseline').length, 1);
  });
});
