import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import type { Id } from '../../../src/base/ids.js';
import type { RunJournal } from '../../../src/base/journal.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { apiError, DEPLOYMENT, slowAnswer } from '../../helpers/virtual-server.js';
import { clock, connectionRefused, roll, server, setUp, statuses } from './bench.js';

/* The reads that the nodes of a roll share, and what a roll costs. The model plays its order and its ends. */

const JOURNAL: RunJournal = {
  read: () => null,
  claim: () => ({ made: 1 }),
  mark: () => undefined,
};
const BOTH = { nodes: [1n, 2n] };

/** Makes a deployment with this many nodes. @returns their ids */
function setUpNodes(count: number): Id[] {
  const nodes = Array.from({ length: count }, (_, index) => BigInt(index + 1));
  setUp(...nodes);
  return nodes;
}

beforeEach(() => setUp());

/** A log, and the names of its methods as they are called. */
function spiedLog(): { log: ActivityLog; asked: string[] } {
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
  it('ends with 7: without the mark of a refusal a later process would look for a lost POST', async () => {
    const broken = new LdctlError('refused', 'journal_broken', 'no space left');
    const mark = () => {
      throw broken;
    };
    server.onPost = () => apiError(429);
    const ended = await roll({ nodes: [1n] }, { journal: { ...JOURNAL, mark } });
    const { exitCode, error, result } = ended;
    assert.deepEqual([exitCode, error?.code, result.sent], [7, 'journal_broken', true]);
    assert.equal(server.postsMade, 1);
  });
});

describe('the reads of a roll', () => {
  it('give the newest entry as the baseline of each node, also those that show nothing new', async () => {
    const newest = server.add({ node: 2n });
    server.hasDate = false;
    server.onPost = () => ({ requestId: null, replayed: false, serverTime: null });
    const baselines: Id[] = [];
    const claim: RunJournal['claim'] = ({ baseline }) => ({ made: baselines.push(baseline) });
    await roll(BOTH, { journal: { ...JOURNAL, claim } });
    assert.deepEqual(baselines, [newest, newest]);
  });

  it('go down to what one node is followed for, while another asks for its baseline', async () => {
    const { log, asked } = spiedLog();
    await roll(BOTH, { log });
    // For the baseline of node 1, to follow it, and for both.
    assert.deepEqual(asked.slice(0, 3), ['newest', 'downTo', 'downTo']);
  });

  it('look for what keeps a node busy with --if-busy wait, for each anew', async () => {
    const { log, asked } = spiedLog();
    await roll({ ...BOTH, ifBusy: 'wait' }, { log });
    assert.equal(
      asked.filter((one) => one === 'forNodes').length,
      2,
      `it asked for ${asked.join()}`,
    );
  });

  it('are given up a minute after the command started, if the first has no answer', async () => {
    server.onRead = (_page, _query, { signal }) => slowAnswer(clock, signal);
    await assert.rejects(roll({ nodes: [1n], spentMs: 20_000 }), LdctlError);
    assert.equal(clock.elapsed(), 40_000);
  });

  it('show the baseline of each node right before its POST, though 40 wait for their turn', async () => {
    const nodes = setUpNodes(40);
    const readMs = 100;
    server.onRead = async (page, _query, { signal }) => {
      await clock.sleep(readMs, signal);
      return page;
    };
    const ages: number[] = [];
    const claim: RunJournal['claim'] = ({ date }) => ({
      made: ages.push(clock.now() - Number(date)),
    });
    await roll({ nodes, maxUnavailable: 40 }, { journal: { ...JOURNAL, claim } });
    assert.deepEqual(ages, Array(40).fill(readMs), 'ages of the baselines at their POSTs, ms');
  });

  it('are, with its POSTs, fewer than 5 requests a second, with 30 nodes running', async () => {
    const nodes = setUpNodes(60);
    for (const node of nodes) server.setFate(node, { workMs: 20_000 });
    const { result } = await roll({ nodes, maxUnavailable: 30 });
    assert.equal(result.outcome, 'completed');
    const requests = server.reads.length + server.posts.length;
    assert.ok(requests < clock.elapsed() / 200, `${requests} requests in ${clock.elapsed()} ms`);
  });
});

describe('a roll that is halted', () => {
  it('and has no key to resume it by is continued by the activities that are left', async () => {
    server.setFate(1n, { workMs: null });
    const plan = { nodes: [1n], keepsKey: false, nodeTimeoutMs: 5000 };
    const { resume, result } = await roll(plan);
    const [{ activity_id: id } = assert.fail()] = result.nodes;
    assert.deepEqual(resume, { ids: [id] });
  });

  it('ends with the code of the node that halted it, not of one that was still to be sent', async () => {
    server.setFate(1n, { workMs: 100, result: 'rejected' });
    server.onPost = (carryOut, { nodes }) =>
      nodes?.includes(1n) ? carryOut() : connectionRefused();
    const ended = await roll({ ...BOTH, maxUnavailable: 2 });
    assert.deepEqual([ended.exitCode, ended.error], [3, null]);
    assert.deepEqual(statuses(ended), ['rejected', 'not_started']);
  });
});

describe('the time limit of a roll', () => {
  it('ends it while a node that was busy gives way to others, for up to 2 s', async () => {
    server.add({ node: 1n, workMs: 5700 });
    const plan = { nodes: [1n], ifBusy: 'wait', timeoutMs: 6000, idempotencyKey: 'b' } as const;
    await assert.rejects(roll(plan), { code: 'timed_out', exitCode: 5 });
    assert.deepEqual([server.postsMade, Math.floor(clock.elapsed() / 1000)], [0, 6]);
  });
});
