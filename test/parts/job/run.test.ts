import assert from 'node:assert/strict';
import type { ActionName } from '../../../src/base/activity.js';
import type { RunJournal } from '../../../src/base/journal.js';
import type { JobEnd } from '../../../src/job/job.js';
import { apiError, slowAnswer } from '../../helpers/virtual-server.js';
import {
  clock,
  events,
  keptRun,
  pictures,
  refused,
  run,
  runOf,
  server,
  setUp,
  start,
  warnings,
} from './bench.js';

const HOUR = 3_600_000;

beforeEach(() => setUp());

describe('a run', () => {
  it('finds nothing ambiguous in one entry of each node', async () => {
    assert.equal((await run({ nodes: [1n, 2n] })).exitCode, 0);
    assert.deepEqual(warnings('ambiguous'), []);
  });

  it('asks for one page at a time while it waits for an open entry, however much others do', async () => {
    server.addHistory(2000, { appearMs: 20_000 });
    server.setFate(1n, { workMs: 300_000 });
    const { result } = await run();
    assert.equal(result.outcome, 'completed');
    assert.ok(server.reads.length < 200, `${server.reads.length} requests`);
  });

  it('continues over a third failed read, a minute after the first, with good ones between', async () => {
    server.setFate(1n, { workMs: 120_000 });
    const failsAt = [10_000, 40_000, 75_000];
    server.beforeRead = () => {
      if (clock.elapsed() < (failsAt[0] ?? Infinity)) return;
      failsAt.shift();
      throw refused();
    };
    const { exitCode } = await run();
    assert.deepEqual([exitCode, failsAt, warnings('log_unreadable').length], [0, [], 3]);
  });

  it('says since when an entry is running that was there before', async () => {
    server.add({ createdAt: clock.now() - 60_000, workMs: 5000 });
    await run({ keepsKey: true }, keptRun({}, { accepted: true }, 60_000));
    const row = pictures()
      .flat()
      .find(({ since }) => since !== null);
    // The server's clock is cut to whole seconds, so that it may be one more.
    assert.equal(row?.since, -61_000);
  });

  it('shows its nodes as soon as it is accepted', async () => {
    await run();
    const said = events.map(({ event }) => event);
    assert.deepEqual(said.slice(0, 4), ['baseline', 'dispatched', 'progress', 'activity']);
  });

  it('says when it is done if no other entry comes, and is done right then', async () => {
    await run();
    const until = events.flatMap((event) =>
      event.event === 'progress' ? (event.decidesAt ?? []) : [],
    );
    assert.deepEqual([until.at(-1), clock.elapsed()], [2000, 2000]);
  });

  it('shows the open one of two entries of a node, whichever came first', async () => {
    server.setFate(1n, { workMs: 100 });
    server.onPost = (carryOut) => {
      const answer = carryOut();
      server.add({ workMs: null, appearMs: 1000 });
      return answer;
    };
    const { result } = await run({ timeoutMs: 60_000 });
    const [row] = result.nodes;
    assert.deepEqual(
      [result.outcome, row?.status, row?.ambiguous],
      ['timed_out', 'processing', true],
    );
  });

  it('writes nothing about a key that was made up for it alone', async () => {
    let written = 0;
    const write = (): { made: number } => ({ made: (written += 1) });
    const journal: RunJournal = { read: () => null, claim: write, mark: write };
    await run({ keepsKey: false }, null, journal);
    assert.equal(written, 0);
  });

  it('says of no earlier run that it has dispatched, where there was none', async () => {
    const { result } = await run();
    const facts = { request_id: 'f00d', replayed: false, recovered: false };
    const dispatched = events.find(({ event }) => event === 'dispatched');
    assert.deepEqual(dispatched, { event: 'dispatched', ...facts });
    assert.deepEqual({ ...result, ...facts }, result);
  });

  it('that times out continues with the open entries alone', async () => {
    server.setFate(2n, { workMs: HOUR });
    const { result, resume } = await run({ nodes: [1n, 2n], timeoutMs: 60_000 });
    const open = result.nodes.filter(({ status }) => status === 'processing');
    assert.deepEqual(
      [result.outcome, resume],
      ['timed_out', { ids: open.map(({ activity_id: id }) => id) }],
    );
    assert.equal(open[0]?.node_id, 2n);
  });
});

describe('a run on every node', () => {
  const EVERY = { nodes: undefined };
  /** What an earlier action left in the log. */
  const acted = (node: bigint, runtime: 'iggy' | 'connectors' = 'iggy') =>
    server.add({ node, runtime, action: 'start', createdAt: clock.now() - HOUR });

  /** Nodes that act, and how late their entries are, ms. */
  type Late = ReadonlyArray<readonly [node: bigint, appearMs: number]>;
  const ONE_AND_TWO: Late = [
    [1n, 100],
    [2n, 100],
  ];
  const LATE_THIRD: Late = [...ONE_AND_TWO, [3n, 8000]];
  const ANOTHER: Late = [...ONE_AND_TWO, [3n, 6000], [5n, 100]];
  type Counts = { core?: number; expect?: number };

  const CASES: ReadonlyArray<[string, Counts, Late, outcome: string, notActedOn: bigint[]]> = [
    [
      'misses a node that the log lists, where nothing counts the nodes',
      {},
      ONE_AND_TWO,
      'unconfirmed',
      [],
    ],
    [
      'is done without a node that Core no longer counts',
      { core: 2 },
      ONE_AND_TWO,
      'completed',
      [3n],
    ],
    [
      'counts such a node that reports within 10 s all the same',
      { core: 2 },
      LATE_THIRD,
      'completed',
      [],
    ],
    ['is not done with fewer nodes than Core counts', { core: 3 }, ONE_AND_TWO, 'unconfirmed', []],
    ['does not take another node for one that is late', { expect: 3 }, ANOTHER, 'unconfirmed', []],
    [
      'reaches the number that was asked for without the one that is gone',
      { core: 2, expect: 2 },
      ONE_AND_TWO,
      'completed',
      [3n],
    ],
  ];
  for (const [what, counts, late, outcome, notActedOn] of CASES) {
    it(what, async () => {
      setUp(...late.map(([node]) => node));
      for (const node of [1n, 2n, 3n]) acted(node);
      for (const [node, appearMs] of late) server.setFate(node, { appearMs });
      const { result } = await run({ ...EVERY, ...counts });
      assert.deepEqual([result.outcome, result.not_acted_on], [outcome, notActedOn]);
      assert.ok(result.nodes.every(({ node_id: id }) => id === null || !notActedOn.includes(id)));
      const named = notActedOn.map(
        (node) => `not acted on, perhaps gone or without this runtime: ${node}`,
      );
      assert.deepEqual(warnings('not_acted_on'), named);
    });
  }

  /** Neither the newest pages nor the last one, which shows how the log is sorted. */
  const isDeep = (page: number): boolean => page > 2 && page < 10;

  const rowsOf = ({ result }: JobEnd): string[] =>
    result.nodes.map(({ node_id: node, status }) => `${node} ${status}`);
  const done = (...nodes: bigint[]): string[] => nodes.map((node) => `${node} completed`);

  it('waits for one that Core counts and the log does not list, until an entry would have appeared', async () => {
    for (const node of [1n, 2n, 3n]) acted(node);
    const ended = await run({ ...EVERY, core: 4 });
    assert.deepEqual(rowsOf(ended), [...done(1n, 2n, 3n), 'null missing']);
    assert.deepEqual([ended.exitCode, ended.result.core_count, clock.elapsed()], [7, 4, 30_000]);
    assert.deepEqual(ended.resume, {
      ...{
        after: server.ids[2],
        runtime: 'iggy',
        action: 'restart',
        nodes: undefined,
        expect: null,
      },
    });
  });

  it('is done once one more has acted than the log lists, if Core counts it', async () => {
    setUp(1n, 2n, 3n, 4n);
    for (const node of [1n, 2n, 3n]) acted(node);
    server.setFate(4n, { appearMs: 20_000 });
    const ended = await run({ ...EVERY, core: 4 });
    assert.deepEqual([ended.exitCode, rowsOf(ended)], [0, done(1n, 2n, 3n, 4n)]);
    assert.equal(clock.elapsed() < 25_000, true);
  });

  it('counts a node that the log lists for another runtime as one of those that Core counts', async () => {
    setUp(1n, 2n);
    for (const node of [1n, 2n]) acted(node);
    acted(3n, 'connectors');
    const ended = await run({ ...EVERY, core: 3 });
    assert.deepEqual([ended.exitCode, rowsOf(ended)], [0, done(1n, 2n)]);
    assert.deepEqual(ended.result.not_acted_on, [3n]);
  });

  describe('for which the log was read only until it showed as many nodes as Core counts', () => {
    /** Node 3 is listed further down; Core counts one too few. */
    const PARTLY = {
      ...EVERY,
      core: 2,
      listed: { here: [1n, 2n], elsewhere: [], isWhole: false },
    };

    it('reads the rest after the POST, and waits for the nodes that it lists', async () => {
      for (const node of [3n, 1n, 2n]) acted(node);
      server.setFate(3n, { appearMs: 8000, result: 'rejected' });
      const ended = await run(PARTLY);
      assert.deepEqual([ended.exitCode, rowsOf(ended)], [3, [...done(1n, 2n), '3 rejected']]);
    });

    it('names those that do not act, 10 s after the last new entry', async () => {
      setUp(1n, 2n);
      for (const node of [3n, 1n, 2n]) acted(node);
      const ended = await run(PARTLY);
      assert.deepEqual([ended.exitCode, ended.result.not_acted_on], [0, [3n]]);
      assert.equal(clock.elapsed() >= 10_000 && clock.elapsed() < 12_000, true);
    });

    it('reads it once', async () => {
      server.addHistory(300, { createdAt: clock.now() - HOUR });
      const pages: number[] = [];
      let isPosted = false;
      server.onPost = (carryOut) => {
        isPosted = true;
        return carryOut();
      };
      server.onRead = (read, { page }) => {
        if (isPosted) pages.push(page);
        return read;
      };
      await run(PARTLY);
      assert.deepEqual(pages.filter(isDeep), [3, 4]);
    });

    it('expects no node that another has acted on since the baseline', async () => {
      setUp(1n, 2n, 9n);
      server.nodes = [1n, 2n];
      for (const node of [1n, 2n]) acted(node);
      server.onPost = (carryOut) => {
        server.add({ node: 9n, action: 'start' });
        return carryOut();
      };
      const ended = await run(PARTLY);
      assert.deepEqual([ended.exitCode, rowsOf(ended)], [0, done(1n, 2n)]);
      assert.deepEqual(ended.result.not_acted_on, []);
    });
  });

  describe('while Core is still counting', () => {
    const COUNTING = { ...EVERY, isCounting: true };
    const counted = async (core: number | undefined, after: number): Promise<JobEnd> => {
      const lateCount = clock.sleep(after).then(() => core);
      return clock.run(start(runOf(COUNTING), { lateCount }));
    };

    for (const [what, core, after, ends, at] of [
      ['is done when it counts as many as have acted', 3, 9000, 0, 9000],
      ['waits on for one more that it counts', 4, 9000, 7, 30_000],
      ['is done without its number if it has none', undefined, 9000, 0, 9000],
      ['waits no longer for a number that came before that', 3, 1000, 0, 3000],
    ] as const) {
      it(what, async () => {
        for (const node of [1n, 2n, 3n]) acted(node);
        const ended = await counted(core, after);
        assert.deepEqual([ended.exitCode, ended.result.core_count], [ends, core ?? null]);
        const late = clock.elapsed() - at;
        assert.equal(late >= 0 && late <= 1000, true, `${late} ms late`);
        const NONE =
          'Core did not say how many nodes there are, so only those that the log lists are checked';
        assert.deepEqual(warnings('not_counted'), core === undefined ? [NONE] : []);
      });
    }

    it('reads no more of the log than before', async () => {
      server.addHistory(300, { createdAt: clock.now() - HOUR });
      await counted(3, 14_000);
      const deep = server.reads.filter(({ page }) => isDeep(page)).length;
      assert.equal(deep, 1, 'only the first read goes down to the end');
    });
  });

  it('names five nodes that have not acted, and counts the others', async () => {
    for (const node of [1n, 2n, 3n, 4n, 5n, 6n, 7n]) acted(node);
    server.nodes = [1n];
    await run({ ...EVERY, core: 1 });
    const named = 'not acted on, perhaps gone or without this runtime: 2, 3, 4, 5, 6 and 1 more';
    assert.deepEqual(warnings('not_acted_on'), [named]);
  });

  it('waits for nodes of other runtimes for 10 s, and names those that did not act', async () => {
    acted(1n);
    acted(2n, 'connectors');
    acted(3n, 'connectors');
    server.nodes = [1n, 3n];
    server.setFate(3n, { appearMs: 8000 });
    const { result } = await run(EVERY);
    const nodes = result.nodes.map(({ node_id: id }) => id);
    assert.deepEqual([result.outcome, nodes, result.not_acted_on], ['completed', [1n, 3n], [2n]]);
  });

  it('expects a node, too, that has shown up since the nodes were looked for', async () => {
    server.nodes = [1n, 2n];
    acted(3n);
    const { result } = await run({
      ...EVERY,
      listed: { here: [1n, 2n], elsewhere: [3n], isWhole: true },
    });
    const rows = result.nodes.map(({ node_id: node, status }) => `${node} ${status}`);
    assert.deepEqual(rows, ['1 completed', '2 completed', '3 missing']);
  });

  for (const [what, plan] of [
    ['are known', { ...EVERY, listed: { here: [1n, 2n, 3n], elsewhere: [], isWhole: true } }],
    ['are named', { nodes: [1n] }],
  ] as const) {
    it(`reads the log once before its POST where the nodes ${what}`, async () => {
      server.addHistory(300, { createdAt: clock.now() - HOUR });
      let reads = 0;
      server.onPost = (carryOut) => {
        reads = server.reads.length;
        return carryOut();
      };
      await run(plan);
      assert.equal(reads, 1);
    });
  }

  it('has a row for each node that is expected, though its name is not known yet', async () => {
    acted(1n);
    await run({ ...EVERY, expect: 3 });
    const [first] = pictures();
    assert.deepEqual(
      first?.map(({ node_id: node }) => node),
      [1n, null, null],
    );
  });
});

describe('a run that continues from a record', () => {
  for (const [whose, apiKey, sent] of [
    ['the same API key', '0f1e2d3c', 1],
    ['another one, which may not know its key', 'ffffffff', 0],
  ] as const) {
    it(`sends ${sent} time(s) with ${whose}`, async () => {
      await run({ keepsKey: true }, keptRun({ apiKey }));
      assert.equal(server.posts.length, sent);
    });
  }

  it('counts nothing older where a replay is of what its record says was sent', async () => {
    server.add({ createdAt: clock.now() - 120_000 });
    server.onPost = () => server.replay();
    const baseline = server.ids.at(-1);
    assert.equal((await run({ keepsKey: true }, keptRun({ baseline }))).exitCode, 7);
  });

  it('looks at once for what that has sent', async () => {
    let firstAt = Infinity;
    server.beforeRead = () => (firstAt = Math.min(firstAt, clock.elapsed()));
    await run({ keepsKey: true }, keptRun());
    assert.equal(firstAt, 0);
  });

  it('takes nodes, counts and date from there', async () => {
    for (const node of [1n, 2n]) server.add({ node });
    server.add({ node: 4n, createdAt: clock.now() - 50_000 });
    const listed = { here: [1n, 2n, 3n, 4n], elsewhere: [], isWhole: true };
    const kept = keptRun({ listed, core: 2, date: clock.now() - 30_000 }, { accepted: true });
    const { result } = await run({ nodes: undefined, keepsKey: true }, kept);
    assert.deepEqual([result.outcome, result.not_acted_on], ['completed', [3n, 4n]]);
  });

  for (const [what, how] of [
    ['found out that it was sent', {}],
    ['found out that it was accepted', { accepted: true }],
    ['found out that it was sent twice', { generation: 2, accepted: true }],
  ] as const) {
    it(`waits for a second entry once it has ${what}: another run may be sending it now`, async () => {
      server.add({ node: 1n });
      server.add({ node: 1n, result: 'rejected', appearMs: 1000 });
      assert.equal((await run({ keepsKey: true }, keptRun({}, how))).exitCode, 3);
    });
  }

  it('waits for a second entry as long after its own POST as any other run', async () => {
    server.setFate(1n, { workMs: 100 });
    server.onPost = (carryOut) => {
      server.add({ node: 1n, result: 'rejected', appearMs: 1800 });
      return carryOut();
    };
    const { exitCode } = await run({ keepsKey: true }, keptRun());
    assert.deepEqual([server.posts.length, exitCode], [1, 3]);
  });
});

describe('a node that is busy', () => {
  it('is not spoken of where none is', async () => {
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
    assert.deepEqual(warnings('busy'), []);
  });

  it('is noticed right before the POST, too', async () => {
    server.addHistory(150, { createdAt: clock.now() - HOUR });
    let isBusy = false;
    server.beforeRead = () => {
      if (server.reads.length < 3 || isBusy) return;
      isBusy = true;
      server.add({ workMs: null });
    };
    const message = /^already processing: node 1 \(activity \d+, restart\)$/;
    await assert.rejects(run({ ifBusy: 'fail' }), { code: 'busy', exitCode: 5, message });
    assert.equal(server.postsMade, 0);
  });

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
      const { result } = await run({ ifBusy: 'wait' });
      const sentAfter = (server.postTimes[0] ?? 0) - startedAt;
      assert.equal(result.outcome, 'completed');
      assert.ok(
        sentAfter >= endsAfter && sentAfter < endsAfter + 10_000,
        `sent after ${sentAfter} ms`,
      );
    });
  }

  for (const [open, says] of [
    [[[1n, 'restart']], 'node 1 has restarted'],
    [[[1n, 'stop']], 'node 1 has stopped'],
    [[[1n, 'reconfigure:7']], 'node 1 has finished'],
    [
      [
        [1n, 'start'],
        [1n, 'start'],
      ],
      'node 1 has started',
    ],
    [
      [
        [1n, 'restart'],
        [2n, 'restart'],
      ],
      '2 nodes have restarted',
    ],
    [
      [
        [1n, 'restart'],
        [2n, 'stop'],
      ],
      '2 nodes have finished',
    ],
  ] as Array<[Array<[bigint, ActionName]>, string]>) {
    it(`is waited for until ${says}`, async () => {
      for (const [node, action] of open) server.add({ node, action, workMs: 20_000 });
      await run({ nodes: [1n, 2n], ifBusy: 'wait' });
      const [warning = ''] = warnings('busy');
      assert.match(warning, new RegExp(`^already processing: node .*; waiting until ${says}$`));
    });
  }

  for (const [what, after] of [
    ['has an end', 5000],
    ['has completed something else since', 8000],
  ] as const) {
    it(`is waited for until an entry whose status no one knows ${what}`, async () => {
      server.add({ workMs: null });
      server.onRead = (page) => ({
        ...page,
        items: page.items.map((item) => {
          if (item.status !== 'processing' || server.posts.length > 0) return item;
          const isEnded = what === 'has an end' && clock.elapsed() >= after;
          const finished_at = isEnded ? new Date(clock.now()).toISOString() : null;
          return { ...item, status: 'queued', finished_at };
        }),
      });
      if (what !== 'has an end') server.add({ appearMs: after });
      const startedAt = clock.now();
      await run({ ifBusy: 'wait' });
      const late = (server.postTimes[0] ?? 0) - startedAt - after;
      assert.ok(late >= 0 && late < 5000, `${late} ms late`);
    });
  }

  it('is warned of once, also where the baseline is read again', async () => {
    server.add({ workMs: null });
    server.onPost = (carryOut) => (server.postsMade === 1 ? refused() : carryOut());
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
      if (downFor > 0 && downFor < 30_000) throw refused();
      if (page.items[0]?.status === 'completed') downFrom = Math.min(downFrom, clock.elapsed());
      return page;
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
  });

  it('has two minutes from then on, whatever it has tried before', async () => {
    server.onPost = (carryOut) => {
      if (server.postsMade === 1) server.add({ workMs: 200_000 });
      return server.postsMade < 3 ? apiError(429) : carryOut();
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
    assert.equal(server.posts.length, 1);
  });

  it('has a minute for the reads before its POST, however long it has waited', async () => {
    server.add({ workMs: 200_000 });
    server.onRead = async (page, _, { signal }) => {
      await clock.sleep(5000, signal);
      return page;
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
  });

  it('waits no longer in all than once, although a POST was not sent in between', async () => {
    server.add({ workMs: 20_000 });
    server.onPost = () => {
      server.add({ workMs: null });
      return refused();
    };
    await assert.rejects(run({ ifBusy: 'wait', timeoutMs: 60_000 }), { code: 'busy', exitCode: 5 });
    const seconds = Math.floor(clock.elapsed() / 1000);
    assert.ok(seconds >= 60 && seconds <= 61, `gave up after ${seconds} s`);
  });
});

describe('the read at the deadline', () => {
  it('is tried several times, since no other follows it', async () => {
    const tries: unknown[] = [];
    server.onRead = (page, _, options) => {
      tries.push(options.tries);
      return page;
    };
    server.setFate(1n, { workMs: null });
    assert.equal((await run({ timeoutMs: 10_000 })).exitCode, 8);
    assert.deepEqual(tries.slice(-2), ['one', 'several']);
  });
});

describe('a read that the server puts off', () => {
  it('is not made before its time, also where the run could be decided', async () => {
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
});

describe('a read that does not end', () => {
  it('is cut off 15 s after the deadline of the run: 7', async () => {
    server.onRead = (page, _, { signal }) =>
      server.posts.length === 0 ? page : slowAnswer(clock, signal);
    const { exitCode } = await run({ timeoutMs: 60_000 });
    assert.deepEqual([exitCode, Math.floor(clock.elapsed() / 1000)], [7, 75]);
    assert.equal(clock.asleep, 0);
  });
});
