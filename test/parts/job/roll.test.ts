import assert from 'node:assert/strict';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import type { Id } from '../../../src/base/ids.js';
import type { RunJournal } from '../../../src/base/journal.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { apiError, DEPLOYMENT, lost, noAnswer } from '../../helpers/virtual-server.js';
import { clock, refused, roll, server, setUp, statuses, warnings } from './bench.js';

const JOURNAL: RunJournal = {
  read: () => null,
  claim: () => ({ made: 1 }),
  mark: () => undefined,
};

beforeEach(() => setUp(1n, 2n, 3n, 4n));

/** @returns a log, and by which names it was asked */
function listenedLog(): { log: ActivityLog; asked: string[] } {
  const asked: string[] = [];
  const log = openLog(server, DEPLOYMENT, clock);
  for (const name of ['newest', 'forNodes', 'downTo'] as const) {
    const ask = log[name] as (...args: unknown[]) => never;
    log[name] = (...args: unknown[]) => {
      asked.push(name);
      return ask(...args);
    };
  }
  return { log, asked };
}

describe('a roll whose journal cannot be written', () => {
  it('ends with 7: a later process would take a refused record for a lost POST', async () => {
    const broken = new LdctlError('refused', 'journal_broken', 'no space left');
    const mark = () => {
      throw broken;
    };
    server.onPost = () => apiError(429);
    const { exitCode, error } = await roll({ nodes: [1n] }, { journal: { ...JOURNAL, mark } });
    assert.deepEqual([exitCode, error?.code], [7, 'journal_broken']);
    assert.equal(server.postsMade, 1);
  });
});

describe('a roll by twos', () => {
  const BOTH = { nodes: [1n, 2n] };
  /** Answers come late, and the log shows nothing new. */
  const isSlow = (replayed: boolean): void => {
    for (const node of BOTH.nodes) server.add({ node });
    server.hasDate = false;
    server.onPost = () => {
      clock.stop(2000);
      return { requestId: null, replayed, serverTime: null };
    };
  };

  it('never takes an older entry for one of its own, whichever read its nodes share', async () => {
    isSlow(false);
    const baselines: Id[] = [];
    const claim: RunJournal['claim'] = ({ baseline }) => {
      baselines.push(baseline);
      return { made: 1 };
    };
    await roll(BOTH, { journal: { ...JOURNAL, claim } });
    const newest = server.ids.at(-1);
    assert.deepEqual(baselines, [newest, newest]);
  });

  it('reads as deep as the replay of one node needs, while another asks for its baseline', async () => {
    isSlow(true);
    const { log, asked } = listenedLog();
    await roll(BOTH, { log });
    assert.deepEqual(asked.slice(0, 2), ['newest', 'forNodes']);
  });

  it('looks for what keeps a node busy with --if-busy wait, for each anew', async () => {
    const { log, asked } = listenedLog();
    await roll({ ...BOTH, ifBusy: 'wait' }, { log });
    assert.equal(asked.filter((one) => one === 'forNodes').length, 2);
  });

  it('gives up its first read a minute after the command started', async () => {
    server.onRead = (_page, _query, { signal }) => noAnswer(signal);
    const errors: unknown[] = [];
    const ended = roll({ nodes: [1n], spentMs: 20_000 }).catch((error: unknown) =>
      errors.push(error),
    );
    await clock.advance(39_999);
    await clock.advance(0);
    assert.equal(errors.length, 0);
    await clock.advance(1);
    await ended;
    assert.ok(errors[0] instanceof LdctlError);
  });

  it('is refused where the log is that of another deployment, before anything is sent', async () => {
    server.add();
    server.onRead = ({ items, ...page }) => {
      const deployment_id = server.reads.length > 1 ? DEPLOYMENT : 8n;
      return { ...page, items: items.map((one) => ({ ...one, deployment_id })) };
    };
    const ended = roll(BOTH);
    await assert.rejects(ended, { code: 'wrong_deployment', exitCode: 6 });
    assert.equal(server.postsMade, 0);
  });
});

describe('a roll of many at once', () => {
  it('reads the baseline of each right before its POST, however many wait for their turn', async () => {
    const nodes = Array.from({ length: 150 }, (_, n) => BigInt(n + 1));
    setUp(...nodes);
    server.onRead = async (page, _query, { signal }) => {
      for (let left = 100; left > 0; left -= 25) await clock.sleep(25, signal);
      return page;
    };
    const { exitCode } = await roll({ nodes, maxUnavailable: 150 });
    assert.deepEqual([exitCode, server.posts.length], [0, 150]);
  });

  it('takes no entry for its own that it saw before the POST of that node', async () => {
    const nodes = [1n, 2n, 3n, 4n, 5n, 6n];
    setUp(...nodes);
    server.onPost = (carryOut, request) => (request.nodes?.[0] === 6n ? lost() : carryOut());
    let isActedOn = false;
    server.beforeRead = () => {
      // By then the baseline of node 6 has been read. Its POST waits for its turn.
      if (isActedOn || server.posts.length < 5) return;
      isActedOn = true;
      server.add({ node: 6n });
    };
    const { result } = await roll({ nodes, maxUnavailable: 6 });
    assert.deepEqual([result.outcome, result.nodes[5]?.status], ['unconfirmed', null]);
  });
});

describe('a roll with a journal', () => {
  it('notes of each node that it was accepted and its pause is over', async () => {
    const notes: string[] = [];
    const mark: RunJournal['mark'] = (_key, _generation, mark) => void notes.push(mark);
    await roll({ nodes: [1n, 2n] }, { journal: { ...JOURNAL, mark } });
    assert.deepEqual(notes, ['accepted', 'accepted', 'paused', 'paused']);
  });
});

describe('a roll whose server restarts', () => {
  for (const [maxUnavailable, downAfter] of [
    [1, 3000],
    [2, 0],
  ] as const) {
    /** The log cannot be read for so long, from a time after the first POST on. */
    const rollWithout = (downMs: number) => {
      server.beforeRead = () => {
        const downFor = clock.now() - (server.postTimes[0] ?? Infinity) - downAfter;
        if (downFor >= 0 && downFor < downMs) throw refused();
      };
      return roll({ nodes: [1n, 2n, 3n], maxUnavailable, pauseMs: 5000 });
    };

    it(`continues after half a minute, ${maxUnavailable} at once`, async () => {
      assert.equal((await rollWithout(30_000)).exitCode, 0);
      assert.deepEqual(warnings('halted'), []);
    });

    it(`is halted after more than a minute, ${maxUnavailable} at once`, async () => {
      assert.equal((await rollWithout(90_000)).exitCode, 7);
    });
  }
});

describe('the time of a roll', () => {
  it('is up for a node that has waited for a busy one, too: 8', async () => {
    server.add({ node: 1n, workMs: 40_000 });
    server.setFate(1n, { workMs: null });
    const plan = { nodes: [1n], ifBusy: 'wait', timeoutMs: 60_000 } as const;
    assert.equal((await roll(plan)).exitCode, 8);
    assert.ok(clock.elapsed() < 61_000, `${clock.elapsed()} ms`);
  });

  it('is up for a node that became free just before', async () => {
    server.add({ node: 1n, workMs: 5700 });
    const plan = { nodes: [1n], ifBusy: 'wait', timeoutMs: 6000, idempotencyKey: 'b' } as const;
    await assert.rejects(roll(plan), { code: 'timed_out', exitCode: 5 });
    assert.deepEqual([server.postsMade, Math.floor(clock.elapsed() / 1000)], [0, 6]);
  });
});

describe('a roll that is halted', () => {
  it('ends by the node that halted it, not by one that was called off before its POST', async () => {
    server.setFate(1n, { workMs: 100, result: 'rejected' });
    server.onPost = (carryOut, { nodes }) => (nodes?.includes(1n) ? carryOut() : refused());
    const ended = await roll({ nodes: [1n, 2n], maxUnavailable: 2 });
    assert.deepEqual(
      [ended.exitCode, ended.error, statuses(ended)],
      [3, null, ['rejected', 'not_started']],
    );
  });
});

describe('a roll that is told to start nothing more', () => {
  it('ends by that, not by its first read, which fails after it', async () => {
    const stopping = new AbortController();
    server.onRead = () => {
      stopping.abort(new Interrupted('SIGINT'));
      throw lost();
    };
    await assert.rejects(roll({ nodes: [1n, 2n] }, { stopping: stopping.signal }), Interrupted);
    assert.equal(server.postsMade, 0);
  });
});

describe('what a roll over 200 nodes costs', () => {
  for (const maxUnavailable of [20, 200]) {
    it(`is below 5 requests a second, with ${maxUnavailable} running`, async () => {
      const nodes = Array.from({ length: 200 }, (_, index) => BigInt(index + 1));
      setUp(...nodes);
      for (const node of nodes) server.setFate(node, { workMs: 20_000 });
      const { result } = await roll({ nodes, maxUnavailable });
      assert.equal(result.outcome, 'completed');
      const requests = server.reads.length + server.posts.length;
      assert.ok(requests < clock.elapsed() / 200, `${requests} requests in ${clock.elapsed()} ms`);
    });
  }
});
