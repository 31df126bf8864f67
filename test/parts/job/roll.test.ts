import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import type { Id } from '../../../src/base/ids.js';
import type { RunJournal } from '../../../src/base/journal.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { apiError, DEPLOYMENT, lost, noAnswer } from '../../helpers/virtual-server.js';
import { clock, refused, roll, server, setUp, statuses } from './bench.js';

/* What many nodes share, and what a roll costs. Its order, pace and end are for the model to show. */

const JOURNAL: RunJournal = {
  read: () => null,
  claim: () => ({ made: 1 }),
  mark: () => undefined,
};
const BOTH = { nodes: [1n, 2n] };

/** @returns so many nodes, of a deployment that has no others */
function nodesOf(count: number): Id[] {
  const nodes = Array.from({ length: count }, (_, index) => BigInt(index + 1));
  setUp(...nodes);
  return nodes;
}

beforeEach(() => setUp());

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

describe('the reads of a roll', () => {
  /** Answers come late, and the log shows nothing new. */
  const isSlow = (replayed: boolean): void => {
    for (const node of BOTH.nodes) server.add({ node });
    server.hasDate = false;
    server.onPost = () => {
      clock.stop(2000);
      return { requestId: null, replayed, serverTime: null };
    };
  };

  it('show no older entry as new, whichever of them its nodes share', async () => {
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

  it('go as deep as the replay of one node needs, while another asks for its baseline', async () => {
    isSlow(true);
    const { log, asked } = listenedLog();
    await roll(BOTH, { log });
    assert.deepEqual(asked.slice(0, 2), ['newest', 'forNodes']);
  });

  it('look for what keeps a node busy with --if-busy wait, for each anew', async () => {
    const { log, asked } = listenedLog();
    await roll({ ...BOTH, ifBusy: 'wait' }, { log });
    assert.equal(asked.filter((one) => one === 'forNodes').length, 2);
  });

  it('are given up a minute after the command started, if the first has no answer', async () => {
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

  it('find the baseline of each node right before its POST, however many wait for their turn', async () => {
    const nodes = nodesOf(40);
    server.onRead = async (page, _query, { signal }) => {
      for (let left = 100; left > 0; left -= 25) await clock.sleep(25, signal);
      return page;
    };
    const { exitCode } = await roll({ nodes, maxUnavailable: 40 });
    assert.deepEqual([exitCode, server.posts.length], [0, 40]);
  });

  it('give a node nothing that they showed before its own baseline', async () => {
    const nodes = nodesOf(6);
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

  it('and its POSTs are fewer than 5 requests a second, with 30 nodes running', async () => {
    const nodes = nodesOf(60);
    for (const node of nodes) server.setFate(node, { workMs: 20_000 });
    const { result } = await roll({ nodes, maxUnavailable: 30 });
    assert.equal(result.outcome, 'completed');
    const requests = server.reads.length + server.posts.length;
    assert.ok(requests < clock.elapsed() / 200, `${requests} requests in ${clock.elapsed()} ms`);
  });
});

describe('a roll that is halted', () => {
  it('ends by the node that halted it, not by one that was called off before its POST', async () => {
    server.setFate(1n, { workMs: 100, result: 'rejected' });
    server.onPost = (carryOut, { nodes }) => (nodes?.includes(1n) ? carryOut() : refused());
    const ended = await roll({ ...BOTH, maxUnavailable: 2 });
    assert.deepEqual([ended.exitCode, ended.error], [3, null]);
    assert.deepEqual(statuses(ended), ['rejected', 'not_started']);
  });
});

describe('the time of a roll', () => {
  it('is up for a node that became free just before', async () => {
    server.add({ node: 1n, workMs: 5700 });
    const plan = { nodes: [1n], ifBusy: 'wait', timeoutMs: 6000, idempotencyKey: 'b' } as const;
    await assert.rejects(roll(plan), { code: 'timed_out', exitCode: 5 });
    assert.deepEqual([server.postsMade, Math.floor(clock.elapsed() / 1000)], [0, 6]);
  });
});
