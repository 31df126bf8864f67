import assert from 'node:assert/strict';
import type { Activity } from '../../../src/base/activity.js';
import type { Mark, RunJournal } from '../../../src/base/journal.js';
import type { JobEvent, NodeProgress } from '../../../src/job/events.js';
import { busyText, isRunning, waitingText } from '../../../src/job/busy.js';
import { apiError, slowAnswer } from '../../helpers/virtual-server.js';
import {
  clock,
  connectionRefused,
  events,
  keptRun,
  run,
  runOf,
  server,
  setUp,
  start,
  statuses,
  warnings,
} from './bench.js';

/*
 * What a run costs, and what it does about times and reads that no session has. Which nodes it
 * waits for, and how it ends, is for the model and for sessions to show.
 */

const HOUR = 3_600_000;
const ACCEPTED: ReadonlySet<Mark> = new Set(['accepted']);

beforeEach(() => setUp());

/** The rows of its nodes, each time that they were shown. */
const pictures = (): Array<readonly NodeProgress[]> =>
  events.flatMap((event) => (event.event === 'progress' ? [event.nodes] : []));

describe('a run', () => {
  it('asks for one page at a time while it waits for an open entry, however much others do', async () => {
    server.addHistory(2000, { appearMs: 20_000 });
    server.setFate(1n, { workMs: 300_000 });
    const { result } = await run();
    assert.equal(result.outcome, 'completed');
    assert.ok(server.reads.length < 200, `${server.reads.length} requests`);
  });

  it('still sees an entry that shows up late, below one that has been open for long', async () => {
    server.nodes = [1n, 2n];
    server.setFate(1n, { appearMs: 20_000 });
    server.setFate(2n, { workMs: 60_000 });
    assert.deepEqual(statuses(await run({ nodes: [1n, 2n] })), ['completed', 'completed']);
  });

  it('looks below an open entry for ten seconds, for one of a node that nobody knew', async () => {
    await clock.run(clock.sleep(HOUR));
    server.nodes = [1n, 2n];
    server.setFate(1n, { appearMs: 5000 });
    server.setFate(2n, { workMs: 60_000 });
    server.onPost = (carryOut) => {
      const accepted = carryOut();
      // So that node 2 is the last one of a page.
      server.addHistory(99);
      return accepted;
    };
    const listed = { here: [2n], elsewhere: [], isWhole: true };
    const { result } = await run({ nodes: undefined, coreCount: 1, listed });
    const ends = result.nodes.map(({ node_id: node, status }) => `${node} ${status}`);
    assert.deepEqual(ends, ['2 completed', '1 completed']);
  });

  it('shows its nodes as soon as it is accepted, before it reads the log', async () => {
    let shown: number | null = null;
    server.beforeRead = () => {
      if (server.postsMade > 0) shown ??= pictures().length;
    };
    await run();
    assert.equal(shown, 1);
  });

  it('shows a row for each node as soon as Core has counted them', () => {
    const listed = { here: [1n], elsewhere: [], isWhole: true };
    const job = runOf({ nodes: undefined, isCounting: true, listed });
    job.counted?.(4, clock.elapsed());
    events.push(...job.events());
    assert.deepEqual(
      pictures().map((rows) => rows.map(({ node_id: node }) => node)),
      [[1n, null, null, null]],
    );
  });

  it('shows the nodes that its record lists before it has read the log', () => {
    const kept = keptRun({ listed: { here: [1n, 2n], elsewhere: [] } }, { marks: ACCEPTED });
    const job = runOf({ nodes: undefined, keepsKey: true }, kept);
    events.push(...job.events());
    assert.deepEqual(
      pictures().map((rows) => rows.map(({ node_id: node }) => node)),
      [[1n, 2n]],
    );
  });

  it('continues over a third failed read, a minute after the first, with good ones between', async () => {
    server.setFate(1n, { workMs: 120_000 });
    const failsAt = [10_000, 40_000, 75_000];
    server.beforeRead = () => {
      if (clock.elapsed() < (failsAt[0] ?? Infinity)) return;
      failsAt.shift();
      throw connectionRefused();
    };
    const { exitCode } = await run();
    assert.deepEqual([exitCode, failsAt, warnings('log_unreadable').length], [0, [], 3]);
  });

  it('gives up at the third failed read in a row, once the first is a minute old', async () => {
    let failed = 0;
    server.beforeRead = () => {
      if (server.postsMade === 0) return;
      failed += 1;
      throw apiError(503, { retryAfterMs: 35_000 });
    };
    const { exitCode } = await run();
    assert.deepEqual([exitCode, failed], [7, 3]);
  });

  it('says since when an entry is running that was there before', async () => {
    server.add({ createdAt: clock.now() - 60_000, workMs: 5000 });
    await run({ keepsKey: true }, keptRun({}, { marks: ACCEPTED }, 60_000));
    const row = pictures()
      .flat()
      .find(({ since }) => since !== null);
    // The server's clock is cut to whole seconds, so that it may be one more.
    assert.equal(row?.since, -61_000);
  });

  it('writes nothing about a key that was made up for it alone', async () => {
    let written = 0;
    const write = (): { made: number } => ({ made: (written += 1) });
    const journal: RunJournal = { read: () => null, claim: write, mark: write };
    await run({ keepsKey: false }, null, journal);
    assert.equal(written, 0);
  });

  it('reads the log for its nodes once, and only as far as it does not know them', async () => {
    const everyNode = { nodes: undefined };
    const known = { here: [1n, 2n, 3n], elsewhere: [] };
    for (const [what, plan, before, deep] of [
      ['named', { nodes: [1n] }, 1, 0],
      ['known', { ...everyNode, listed: { ...known, isWhole: true } }, 1, 0],
      ['known in part', { ...everyNode, coreCount: 3, listed: { ...known, isWhole: false } }, 1, 2],
      ['unknown', everyNode, 5, 2],
    ] as const) {
      setUp();
      server.addHistory(350, { createdAt: clock.now() - HOUR });
      let readBefore = 0;
      // Those of a single entry show whether the log stands still.
      const pages = (): number[] =>
        server.reads.filter(({ results }) => results > 1).map(({ page }) => page);
      server.onPost = (carryOut) => {
        readBefore = pages().length;
        return carryOut();
      };
      await run(plan);
      // Neither the newest pages nor the last one, which shows how the log is sorted.
      const isDeep = (page: number): boolean => page === 2 || page === 3;
      const readDeep = pages().filter(isDeep).length;
      assert.deepEqual(
        { what, readBefore, readDeep },
        { what, readBefore: before, readDeep: deep },
      );
    }
  });

  it('expects a node, too, that has shown up since the nodes were looked for', async () => {
    server.nodes = [1n, 2n];
    server.add({ node: 3n, action: 'start' });
    const listed = { here: [1n, 2n], elsewhere: [3n], isWhole: true };
    assert.deepEqual(statuses(await run({ nodes: undefined, listed })), [
      'completed',
      'completed',
      'missing',
    ]);
  });

  for (const [what, how] of [
    ['was sent', {}],
    ['was accepted', { marks: ACCEPTED }],
    ['was sent twice', { generation: 2, marks: ACCEPTED }],
  ] as const) {
    it(`waits for a second entry once its record says that it ${what}: another run may be sending it now`, async () => {
      server.add({ node: 1n });
      server.add({ node: 1n, result: 'rejected', appearMs: 1000 });
      assert.equal((await run({ keepsKey: true }, keptRun({}, how))).exitCode, 3);
    });
  }
});

describe('a node that is busy', () => {
  const entryOf = (node: bigint, action: string, more: Partial<Activity> = {}): Activity => ({
    ...{ id: 5n, node_id: node, runtime: 'iggy', action, status: 'processing', created_at: '' },
    ...more,
  });

  for (const [actions, says] of [
    [['1 restart'], 'node 1 has restarted'],
    [['1 stop'], 'node 1 has stopped'],
    [['1 reconfigure:7'], 'node 1 has reconfigured'],
    [['1 start', '1 start'], 'node 1 has started'],
    [['1 restart', '2 restart'], '2 nodes have restarted'],
    [['1 restart', '2 stop'], '2 nodes have finished'],
  ] as const) {
    it(`is waited for until ${says}`, () => {
      const busy = actions.map((one) => {
        const [node = '', action = ''] = one.split(' ');
        return entryOf(BigInt(node), action);
      });
      assert.equal(waitingText(busy), `waiting until ${says}`);
      assert.match(busyText(busy), /^already processing: node 1 \(activity 5, /);
    });
  }

  const LATER = { id: 6n, status: 'completed' };
  for (const [what, one, later, isBusy] of [
    ['is processing, though it has done something since', {}, [LATER], true],
    ['has completed', { status: 'completed' }, [], false],
    ['is queued, which no one knows', { status: 'queued' }, [], true],
    ['is queued, and has an end', { status: 'queued', finished_at: '2026-06-01' }, [], false],
    [
      'is queued, and ends in the year 1',
      { status: 'queued', finished_at: '0001-01-01' },
      [],
      true,
    ],
    ['is queued, and has done something since', { status: 'queued' }, [LATER], false],
    ['is queued, and something runs since', { status: 'queued' }, [{ id: 6n }], true],
    ['is queued, and had done something', { status: 'queued' }, [{ ...LATER, id: 4n }], true],
    ['is queued, and another node did', { status: 'queued' }, [{ ...LATER, node_id: 2n }], true],
    ['is queued in iggy alone', { status: 'queued' }, [{ ...LATER, runtime: 'connectors' }], true],
  ] as ReadonlyArray<[string, Partial<Activity>, Array<Partial<Activity>>, boolean]>) {
    it(`${isBusy ? 'is one' : 'is none'} that ${what}`, () => {
      const entry = entryOf(1n, 'restart', one);
      const others = later.map((more) => entryOf(1n, 'stop', more));
      assert.equal(isRunning(entry, [...others, entry]), isBusy);
    });
  }

  it('is not taken over by two runs at once that have waited for the same entry', async () => {
    server.add({ workMs: 20_000 });
    server.setFate(1n, { workMs: 5000 });
    const runs = ['a', 'b'].map((idempotencyKey) =>
      start(runOf({ ifBusy: 'wait', idempotencyKey })),
    );
    await clock.run(Promise.all(runs));
    const [first = 0, second = 0] = server.postTimes;
    assert.ok(second - first >= 5000, `${second - first} ms after each other`);
  });

  for (const [what, reads, endsAfter] of [
    ['has ended, though one read does not show it', 1, 20_000],
    ['is gone for as long as an entry may take to appear', Infinity, 30_000],
  ] as const) {
    it(`is waited for until what keeps it so ${what}`, async () => {
      const startedAt = clock.now();
      server.add({ action: 'stop', workMs: 20_000 });
      server.onRead = (page) => {
        const isHidden =
          server.posts.length === 0 && server.reads.length > 2 && server.reads.length <= 2 + reads;
        return isHidden ? { ...page, items: [], total_results: 0, total_pages: 0 } : page;
      };
      await run({ ifBusy: 'wait' });
      const late = (server.postTimes[0] ?? 0) - startedAt - endsAfter;
      assert.ok(late >= 0 && late < 10_000, `${late} ms late`);
    });
  }

  it('is warned of once, also where the baseline is read again', async () => {
    server.add({ workMs: null });
    server.onPost = (carryOut) => (server.postsMade === 1 ? connectionRefused() : carryOut());
    assert.equal((await run()).exitCode, 0);
    assert.equal(warnings('busy').length, 1);
  });
});

describe('a run that has waited for a busy node', () => {
  it('reads the log again when that fails, as while a server restarts', async () => {
    server.add({ workMs: 20_000 });
    let downFrom = Infinity;
    server.onRead = (page) => {
      const downFor = clock.elapsed() - downFrom;
      if (downFor > 0 && downFor < 30_000) throw connectionRefused();
      if (page.items[0]?.status === 'completed') downFrom = Math.min(downFrom, clock.elapsed());
      return page;
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
  });

  it('has two minutes and short waits from then on, whatever it has tried before', async () => {
    const tries: number[] = [];
    server.onPost = (carryOut) => {
      tries.push(clock.elapsed());
      if (server.postsMade === 1) server.add({ workMs: 200_000 });
      return server.postsMade < 3 ? apiError(429) : carryOut();
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
    assert.equal(server.posts.length, 1);
    const [, second = 0, third = Infinity] = tries;
    assert.ok(third - second < 2000, `${third - second} ms between the first tries after that`);
  });

  it('has a minute for the reads before its POST, however long it has waited', async () => {
    server.add({ workMs: 200_000 });
    server.onRead = async (page, _, { signal }) => {
      await clock.sleep(5000, signal);
      return page;
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
  });

  it('waits anew where it is busy again by then, though more than a page came since', async () => {
    const nodes = Array.from({ length: 150 }, (_, n) => BigInt(n + 1));
    setUp(...nodes);
    const startedAt = clock.now();
    server.add({ workMs: 30_000 });
    for (const node of nodes) {
      const createdAt = startedAt + 10_000 + Number(node) * 5;
      server.add({ node, appearMs: 10_000, workMs: 100_000, createdAt });
    }
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
    const [postedAt = 0] = server.postTimes;
    assert.ok(postedAt - startedAt > 100_000, `sent after ${postedAt - startedAt} ms`);
  });

  it('waits no longer in all than once, although a POST was not sent in between', async () => {
    server.add({ workMs: 20_000 });
    server.onPost = () => {
      server.add({ workMs: null });
      return connectionRefused();
    };
    await assert.rejects(run({ ifBusy: 'wait', timeoutMs: 60_000 }), { code: 'busy', exitCode: 5 });
    const seconds = Math.floor(clock.elapsed() / 1000);
    assert.ok(seconds >= 60 && seconds <= 61, `gave up after ${seconds} s`);
  });
});

describe('a run whose laptop was shut between two of its steps', () => {
  for (const seconds of [15, 90, 1200]) {
    it(`of ${seconds} s before its POST reads the log again, and is sent`, async () => {
      server.onRead = async (page, _, { signal }) => {
        await clock.sleep(50, signal);
        return page;
      };
      let left = seconds * 1000;
      const told = async ({ event }: JobEvent): Promise<void> => {
        if (event === 'baseline') await clock.sleep(left);
        left = 0;
      };
      const { exitCode } = await clock.run(start(runOf(), {}, told));
      assert.equal(exitCode, 0);
      assert.equal(server.posts.length, 1);
    });
  }
});

describe('a run whose entry has a status that ldctl does not know', () => {
  it('is unconfirmed once the entry has an end, which may come later than the status: 7', async () => {
    const endsAt = clock.now() + 3000;
    server.onRead = (page) => ({
      ...page,
      items: page.items.map((one) => ({
        ...one,
        status: 'cancelled',
        finished_at: clock.now() < endsAt ? null : new Date(endsAt).toISOString(),
      })),
    });
    const { result, exitCode } = await run();
    assert.equal(exitCode, 7);
    assert.deepEqual(
      result.nodes.map(({ finished_at }) => finished_at),
      [new Date(endsAt).toISOString()],
    );
    assert.ok(clock.now() < endsAt + 2000, 'it goes on');
  });
});

describe('a run whose time is up before another entry is ruled out', () => {
  it('is not noted as settled, so that who continues it takes in what comes later', async () => {
    server.setFate(1n, { workMs: 100 });
    const marks: string[] = [];
    const journal: RunJournal = {
      read: () => null,
      claim: () => ({ made: 1 }),
      mark: (_key, _generation, mark) => void marks.push(mark),
    };
    await run({ timeoutMs: 1000, keepsKey: true }, null, journal);
    assert.deepEqual(marks, ['accepted']);
  });

  it('has timed out, though its node has completed: 8', async () => {
    server.setFate(1n, { workMs: 100 });
    const { result, exitCode } = await run({ timeoutMs: 1000 });
    assert.equal(exitCode, 8);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['completed'],
    );
  });
});

describe('a read', () => {
  it('at the deadline is tried several times, since no other follows it', async () => {
    const tries: unknown[] = [];
    server.onRead = (page, _, options) => {
      tries.push(options.tries);
      return page;
    };
    server.setFate(1n, { workMs: null });
    assert.equal((await run({ timeoutMs: 10_000 })).exitCode, 8);
    assert.deepEqual(tries.slice(-2), ['one', 'several']);
  });

  it('that the server puts off is not made before its time, also where the run could be decided', async () => {
    server.setFate(1n, { workMs: 100 });
    let failedAt = 0;
    server.beforeRead = () => {
      // The entry is final by now, and 2 s after the `202` the run ends.
      if (server.posts.length === 0 || failedAt > 0 || clock.elapsed() < 1000) return;
      failedAt = clock.elapsed();
      throw apiError(429, { retryAfterMs: 20_000 });
    };
    assert.equal((await run()).exitCode, 0);
    assert.ok(failedAt > 0 && clock.elapsed() >= failedAt + 20_000, `${clock.elapsed()} ms`);
  });

  it('that fails is not made again at once, also where the run could be decided', async () => {
    server.setFate(1n, { workMs: 100 });
    server.beforeRead = () => {
      // After so many it would be over, and the test with it.
      const isDown = server.posts.length > 0 && clock.elapsed() >= 1000;
      if (isDown && server.reads.length < 100) throw apiError(503);
    };
    assert.equal((await run()).exitCode, 7);
    assert.ok(server.reads.length < 80, `${server.reads.length} reads in a minute`);
  });

  it('that does not end is cut off 15 s after the deadline of the run: 7', async () => {
    server.onRead = (page, _, { signal }) =>
      server.posts.length === 0 ? page : slowAnswer(clock, signal);
    const { exitCode } = await run({ timeoutMs: 60_000 });
    assert.deepEqual([exitCode, Math.floor(clock.elapsed() / 1000)], [7, 75]);
    assert.equal(clock.asleep, 0);
  });
});
