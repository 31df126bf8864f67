import assert from 'node:assert/strict';
import type { Runtime } from '../../../src/base/activity.js';
import type { KeptRun, RunJournal } from '../../../src/base/journal.js';
import { ApiError, LdctlError, TransportError } from '../../../src/base/errors.js';
import { drive } from '../../../src/job/drive.js';
import type { JobEvent } from '../../../src/job/events.js';
import { runJob } from '../../../src/job/index.js';
import type { JobEnd } from '../../../src/job/job.js';
import type { RunPlan } from '../../../src/job/run-state.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import {
  apiError,
  DEPLOYMENT,
  lost,
  noAnswer,
  VirtualServer,
} from '../../helpers/virtual-server.js';

const PLAN: RunPlan = {
  ...{
    deploymentId: DEPLOYMENT,
    runtime: 'iggy',
    action: 'restart',
    nodes: [1n],
    tenant: null,
  },
  ...{
    idempotencyKey: 'k',
    keepsKey: false,
    apiKeyHash: '0f1e2d3c',
    wait: true,
    ifBusy: 'ignore',
    timeoutMs: 600_000,
    appearMs: 30_000,
  },
};

let clock: VirtualClock;
let server: VirtualServer;
let journal: RunJournal | null;
let events: JobEvent[];
beforeEach(() => {
  journal = null;
  clock = new VirtualClock();
  server = new VirtualServer(clock);
  events = [];
});

function start(plan: Partial<RunPlan> = {}, kept: KeptRun | null = null): Promise<JobEnd> {
  const job = runJob({ ...PLAN, ...plan }, kept, clock.elapsed());
  const tools = {
    supervisor: server,
    log: openLog(server, DEPLOYMENT, clock),
    journal,
    clock,
  };
  const { signal } = new AbortController();
  return drive(job, { ...tools, signal }, (event) => void events.push(event));
}

function run(plan: Partial<RunPlan> = {}, kept: KeptRun | null = null): Promise<JobEnd> {
  return clock.run(start(plan, kept));
}

/** Another request with its key is running. @param retryAfterMs by default 10 minutes */
function inProgress(retryAfterMs = 600_000): ApiError {
  const code = 'idempotent_request_in_progress';
  return new ApiError('in progress', { status: 409, code, reason: '', retryAfterMs });
}

const warnings = (code: string): string[] =>
  events.flatMap((event) =>
    event.event === 'warning' && event.code === code ? [event.message] : [],
  );

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

  it('says since when an entry is running that was there before', async () => {
    server.add({ createdAt: clock.now() - 60_000, workMs: 5000 });
    const record = { key: 'k', apiKey: PLAN.apiKeyHash, baseline: 0n, date: null };
    const counts = { expect: null, core: null, listed: { here: [], elsewhere: [] } };
    const kept = { generation: 1, ageMs: 60_000, accepted: true, passed: false };
    const postedAt = clock.now() - 60_000;
    await run({ keepsKey: true }, { ...kept, record: { ...record, ...counts, postedAt } });
    const rows = events.flatMap((event) => (event.event === 'progress' ? event.nodes : []));
    // The server's clock is cut to whole seconds, so that it may be one more.
    assert.equal(rows.find(({ since }) => since !== null)?.since, -61_000);
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
    const trigger = server.trigger.bind(server);
    server.setFate(1n, { workMs: 100 });
    server.trigger = (request) => {
      const answer = trigger(request);
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
    journal = { read: () => null, claim: write, mark: write };
    await run({ keepsKey: false });
    assert.equal(written, 0);
  });

  it('does not send again once a record cannot be written', async () => {
    let records = 0;
    journal = {
      read: () => null,
      claim: () => {
        if (records > 0) throw new LdctlError('unconfirmed', 'ENOSPC', 'the disk is full');
        return { made: (records += 1) };
      },
      mark: () => undefined,
    };
    let posts = 0;
    server.trigger = () => {
      posts += 1;
      return Promise.reject(lost());
    };
    const { exitCode } = await run({ keepsKey: true });
    assert.deepEqual([exitCode, posts], [7, 1]);
    assert.deepEqual(warnings('journal_not_written'), ['the disk is full']);
  });

  it('drops what it has taken for a replay once the newer entry of the node shows up', async () => {
    server.add({ createdAt: clock.now() - 300_000, result: 'rejected' });
    const id = server.add({ createdAt: clock.now() - 1000, appearMs: 5000 });
    server.addHistory(1);
    server.trigger = () =>
      Promise.resolve({ requestId: 'r', replayed: true, serverTime: clock.now() });
    const { exitCode, result } = await run({ keepsKey: true });
    const [row] = result.nodes;
    assert.deepEqual([exitCode, row?.activity_id, row?.ambiguous], [0, id, false]);
  });

  it('says of no earlier run that it has dispatched, where there was none', async () => {
    const { result } = await run();
    const facts = { request_id: 'f00d', replayed: false, recovered: false };
    const dispatched = events.find(({ event }) => event === 'dispatched');
    assert.deepEqual(dispatched, { event: 'dispatched', ...facts });
    assert.deepEqual({ ...result, ...facts }, result);
  });

  it('is held up by no server that wants to be asked again in 10 minutes: after two it ends with 7', async () => {
    server.trigger = () => Promise.reject(apiError(503, { retryAfterMs: 600_000 }));
    const { exitCode } = await run();
    assert.equal(exitCode, 7);
    assert.ok(
      clock.elapsed() >= 120_000 && clock.elapsed() < 130_000,
      `after ${clock.elapsed()} ms`,
    );
  });

  it('that times out continues with the open entries alone', async () => {
    server.setFate(2n, { workMs: 3_600_000 });
    const { result, resume } = await run({ nodes: [1n, 2n], timeoutMs: 60_000 });
    const open = result.nodes.filter(({ status }) => status === 'processing');
    assert.deepEqual(
      [result.outcome, resume],
      ['timed_out', { ids: open.map(({ activity_id: id }) => id) }],
    );
    assert.equal(open[0]?.node_id, 2n);
  });

  it('looks for what is in progress, though it may not ask for it again in time', async () => {
    const carryOut = server.trigger.bind(server);
    server.setFate(1n, { appearMs: 5000 });
    server.trigger = async (request) => {
      await carryOut(request);
      throw inProgress();
    };
    const { result } = await run();
    assert.deepEqual([result.outcome, server.posts.length], ['completed', 1]);
  });

  it('counts nothing older because its machine slept in the read after that', async () => {
    server.add({ node: 1n, createdAt: clock.now() - 120_000 });
    const list = server.list.bind(server);
    server.trigger = () => {
      server.add({ node: 2n, appearMs: 1000 });
      return Promise.reject(inProgress());
    };
    server.list = async (...asked) => {
      const page = await list(...asked);
      if (page.total_results > 1) clock.stop(120_000);
      return page;
    };
    const { result } = await run({ nodes: [1n, 2n], keepsKey: true });
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['missing', 'completed'],
    );
  });

  for (const [age, node1] of [
    [50_000, 'completed'],
    [70_000, 'missing'],
  ] as const) {
    it(`counts what the log listed ${age / 1000} s before a POST that was in progress already: ${node1}`, async () => {
      server.add({ node: 1n, createdAt: clock.now() - age });
      server.trigger = () => {
        server.add({ node: 2n, appearMs: 1000 });
        return Promise.reject(inProgress());
      };
      const { result } = await run({ nodes: [1n, 2n], keepsKey: true });
      const statuses = result.nodes.map(({ status }) => status);
      assert.deepEqual(statuses, [node1, 'completed']);
    });
  }

  it('counts nothing older once its own POST has run in place of what was in progress', async () => {
    server.add({ createdAt: clock.now() - 30_000 });
    server.setFate(1n, { appearMs: 15_000 });
    const post = server.trigger.bind(server);
    server.trigger = () => {
      server.trigger = post;
      return Promise.reject(inProgress(1000));
    };
    const { result } = await run({ keepsKey: true });
    assert.deepEqual(
      result.nodes.map(({ activity_id: id, status }) => [id, status]),
      [[server.ids.at(-1), 'completed']],
    );
  });

  it('does not send again what a server without a tie-breaker hides', async () => {
    server.addHistory(350, { createdAt: clock.now() - 3_600_000 });
    const carryOut = server.trigger.bind(server);
    server.trigger = async (request) => {
      await carryOut(request);
      throw lost();
    };
    const list = server.list.bind(server);
    server.list = async (id, query) => {
      const page = await list(id, query);
      const next = await list(id, { ...query, page: query.page + 1 });
      const others = page.items.filter(({ action }) => action !== 'restart');
      const hidden = page.items.length - others.length;
      if (query.page > 1 || hidden === 0) return page;
      // The next entries are on page 1 in their place, and on page 2 as well.
      return { ...page, items: [...others, ...next.items.slice(0, hidden)] };
    };
    const { exitCode, result } = await run();
    assert.deepEqual([exitCode, result.outcome, server.posts.length], [7, 'unconfirmed', 1]);
  });

  for (const [what, reads, endsAfter] of [
    ['has ended, though one read does not show it', 1, 20_000],
    ['is gone for as long as an entry may take to appear', Infinity, 30_000],
  ] as const) {
    it(`waits for what keeps its node busy until that ${what}`, async () => {
      const startedAt = clock.now();
      server.add({ action: 'stop', workMs: 20_000 });
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
    assert.equal((await run({ keepsKey: true })).result.outcome, 'unconfirmed');
  });
});

describe('a run on every node', () => {
  const EVERY = { nodes: undefined };
  const HOUR = 3_600_000;
  /** What an earlier action left in the log. */
  const acted = (node: bigint, runtime: Runtime = 'iggy') =>
    server.add({ node, runtime, action: 'start', createdAt: clock.now() - HOUR });

  interface Case {
    what: string;
    core?: number;
    expect?: number;
    /** Nodes that act, and how late their entries are, ms. */
    late: ReadonlyArray<readonly [node: bigint, appearMs: number]>;
    outcome: string;
    notActedOn: bigint[];
  }
  const CASES: readonly Case[] = [
    {
      what: 'misses a node that the log lists, where nothing counts the nodes',
      late: [
        [1n, 100],
        [2n, 100],
      ],
      outcome: 'unconfirmed',
      notActedOn: [],
    },
    {
      what: 'is done without a node that Core no longer counts',
      core: 2,
      late: [
        [1n, 100],
        [2n, 100],
      ],
      outcome: 'completed',
      notActedOn: [3n],
    },
    {
      what: 'counts such a node that reports within 10 s all the same',
      core: 2,
      late: [
        [1n, 100],
        [2n, 100],
        [3n, 8000],
      ],
      outcome: 'completed',
      notActedOn: [],
    },
    {
      what: 'is not done with fewer nodes than Core counts',
      core: 3,
      late: [
        [1n, 100],
        [2n, 100],
      ],
      outcome: 'unconfirmed',
      notActedOn: [],
    },
    {
      what: 'does not take another node for one that is late',
      expect: 3,
      late: [
        [1n, 100],
        [2n, 100],
        [3n, 6000],
        [5n, 100],
      ],
      outcome: 'unconfirmed',
      notActedOn: [],
    },
    {
      what: 'reaches the number that was asked for without the one that is gone',
      core: 2,
      expect: 2,
      late: [
        [1n, 100],
        [2n, 100],
      ],
      outcome: 'completed',
      notActedOn: [3n],
    },
  ];
  for (const { what, late, core, expect, outcome, notActedOn } of CASES) {
    it(what, async () => {
      server = new VirtualServer(clock, { nodes: late.map(([node]) => node) });
      for (const node of [1n, 2n, 3n]) acted(node);
      for (const [node, appearMs] of late) server.setFate(node, { appearMs });
      const { result } = await run({ ...EVERY, core, expect });
      assert.deepEqual([result.outcome, result.not_acted_on], [outcome, notActedOn]);
      assert.ok(result.nodes.every(({ node_id: id }) => id === null || !notActedOn.includes(id)));
      const named = notActedOn.map((node) => `not acted on, perhaps gone: ${node}`);
      assert.deepEqual(warnings('not_acted_on'), named);
    });
  }

  it('names five nodes that have not acted, and counts the others', async () => {
    for (const node of [1n, 2n, 3n, 4n, 5n, 6n, 7n]) acted(node);
    server.nodes = [1n];
    await run({ ...EVERY, core: 1 });
    const named = 'not acted on, perhaps gone: 2, 3, 4, 5, 6 and 1 more';
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
    const { result } = await run({ ...EVERY, listed: { here: [1n, 2n], elsewhere: [3n] } });
    assert.deepEqual(
      result.nodes.map(({ node_id: node, status }) => [node, status]),
      [
        [1n, 'completed'],
        [2n, 'completed'],
        [3n, 'missing'],
      ],
    );
  });

  for (const [what, plan] of [
    ['are known', { ...EVERY, listed: { here: [1n, 2n, 3n], elsewhere: [] } }],
    ['are named', { nodes: [1n] }],
  ] as const) {
    it(`reads the log once before its POST where the nodes ${what}`, async () => {
      server.addHistory(300, { createdAt: clock.now() - HOUR });
      const post = server.trigger.bind(server);
      let reads = 0;
      server.trigger = (...asked) => {
        reads = server.reads.length;
        return post(...asked);
      };
      await run(plan);
      assert.equal(reads, 1);
    });
  }

  it('has a row for each node that is expected, though its name is not known yet', async () => {
    acted(1n);
    await run({ ...EVERY, expect: 3 });
    const rows = events.flatMap((event) => (event.event === 'progress' ? [event.nodes] : []));
    assert.deepEqual(
      rows[0]?.map(({ node_id: node }) => node),
      [1n, null, null],
    );
  });
});

describe('an entry that was created before the trigger', () => {
  it('completes no node, and ldctl does not send again because of it', async () => {
    server.trigger = (request) => {
      server.posts.push(request);
      server.add({ createdAt: clock.now() - 40_000, appearMs: 2000 });
      return Promise.reject(lost());
    };
    const { result, resume, exitCode } = await run();
    const [row] = result.nodes;
    const { ids } = server;
    assert.deepEqual([exitCode, server.posts.length], [7, 1]);
    assert.deepEqual([row?.status, row?.activity_id], ['missing', ids[0]]);
    assert.deepEqual(resume, { ids });
    assert.match(
      warnings('created_earlier').join(),
      /created 40s before this trigger, by the server's clocks: an earlier action, or clocks that differ$/,
    );
  });

  it('counts where the server does not say what time it is', async () => {
    server.hasDate = false;
    server.setFate(1n, { workMs: null });
    server.add({ createdAt: clock.now() - 40_000, appearMs: 2000 });
    server.trigger = () => Promise.reject(lost());
    assert.equal((await run()).exitCode, 0);
  });

  it('is not of a replay that a gateway made of this POST: nobody else has used a random key', async () => {
    server.add({ createdAt: clock.now() - 300_000 });
    server.trigger = () =>
      Promise.resolve({ requestId: 'r', replayed: true, serverTime: clock.now() });
    assert.equal((await run({ keepsKey: false })).exitCode, 7);
  });

  it("is not of a replay of a caller's key where no answer has a date", async () => {
    server.hasDate = false;
    server.add({ createdAt: clock.now() - 3 * 86_400_000 });
    server.trigger = () => Promise.resolve({ requestId: 'r', replayed: true, serverTime: null });
    assert.equal((await run({ keepsKey: true })).exitCode, 7);
  });
});

describe('a run that does not wait', () => {
  for (const [others, outcome] of [
    [[1n], 'unconfirmed'],
    [[1n, 2n], 'accepted'],
  ] as const) {
    it(`is ${outcome} after a lost answer where ${others.length} of 2 nodes have an entry`, async () => {
      server.trigger = () => {
        for (const node of others) server.add({ node, appearMs: 1000 });
        return Promise.reject(lost());
      };
      const { result } = await run({ nodes: [1n, 2n], wait: false });
      assert.equal(result.outcome, outcome);
    });
  }

  it('says why it is unconfirmed where the log shows an entry from long before', async () => {
    server.trigger = () => {
      server.add({ createdAt: clock.now() - 40_000, appearMs: 1000 });
      return Promise.reject(lost());
    };
    const { result } = await run({ wait: false });
    assert.deepEqual([result.outcome, warnings('created_earlier').length], ['unconfirmed', 1]);
  });
});

describe('a run that continues from a record', () => {
  const kept = (changes: Partial<KeptRun['record']> = {}): KeptRun => {
    const counts = { expect: null, core: null, listed: { here: [], elsewhere: [] } };
    const record = { key: 'k', apiKey: PLAN.apiKeyHash, baseline: 0n, date: null, ...counts };
    const ageMs = 30_000;
    return {
      record: { ...record, postedAt: clock.now() - ageMs, ...changes },
      ...{ generation: 1, ageMs, accepted: false, passed: false },
    };
  };

  for (const [whose, apiKey, sent] of [
    ['the same API key', PLAN.apiKeyHash, 1],
    ['another one, which may not know its key', 'ffffffff', 0],
  ] as const) {
    it(`sends ${sent} time(s) with ${whose}`, async () => {
      await run({ keepsKey: true }, kept({ apiKey }));
      assert.equal(server.posts.length, sent);
    });
  }

  it('counts nothing older where a replay is of what its record says was sent', async () => {
    server.add({ createdAt: clock.now() - 120_000 });
    const replay = { requestId: 'r', replayed: true, serverTime: clock.now() };
    server.trigger = () => Promise.resolve(replay);
    const baseline = server.ids.at(-1);
    assert.equal((await run({ keepsKey: true }, kept({ baseline }))).exitCode, 7);
  });

  it('looks at once for what that has sent', async () => {
    let firstAt = Infinity;
    server.beforeRead = () => (firstAt = Math.min(firstAt, clock.elapsed()));
    await run({ keepsKey: true }, kept());
    assert.equal(firstAt, 0);
  });

  it('takes nodes, counts and date from there', async () => {
    for (const node of [1n, 2n]) server.add({ node });
    server.add({ node: 4n, createdAt: clock.now() - 50_000 });
    const listed = { here: [1n, 2n, 3n, 4n], elsewhere: [] };
    const accepted = { ...kept({ listed, core: 2, date: clock.now() - 30_000 }), accepted: true };
    const { result } = await run({ nodes: undefined, keepsKey: true }, accepted);
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
      assert.equal((await run({ keepsKey: true }, { ...kept(), ...how })).exitCode, 3);
    });
  }

  it('waits for a second entry as long after its own POST as any other run', async () => {
    const trigger = server.trigger.bind(server);
    server.setFate(1n, { workMs: 100 });
    server.trigger = (request) => {
      server.add({ node: 1n, result: 'rejected', appearMs: 1800 });
      return trigger(request);
    };
    const { exitCode } = await run({ keepsKey: true }, kept());
    assert.deepEqual([server.posts.length, exitCode], [1, 3]);
  });
});

describe('a POST that was certainly not sent', () => {
  const refused = () => new TransportError('ECONNREFUSED', 'refused', { sent: 'no' });

  /** The first POST never leaves, and another operator acts on the node meanwhile. */
  const refuseFirst = (workMs: number, next = server.trigger.bind(server)): void => {
    server.trigger = () => {
      server.trigger = next;
      server.add({ workMs });
      return Promise.reject(refused());
    };
  };

  it('takes no entry of another operator for its own after the next one is lost, too', async () => {
    refuseFirst(0, () => Promise.reject(lost()));
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
    const [post, list] = [server.trigger.bind(server), server.list.bind(server)];
    let until = Infinity;
    const ifThere = <T>(answer: () => Promise<T>): Promise<T> =>
      clock.elapsed() < until ? Promise.reject(refused()) : answer();
    server.trigger = (request) => {
      server.list = (...asked) => ifThere(() => list(...asked));
      until = Math.min(until, clock.elapsed() + ms);
      return ifThere(() => post(request));
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
    server.trigger = () => Promise.reject(refused());
    await assert.rejects(run(), { code: 'ECONNREFUSED' });
    assert.equal(events.filter(({ event }) => event === 'baseline').length, 1);
  });
});

describe('the two minutes in which a run sends again', () => {
  it('count from the beginning of its first POST, in which a laptop may sleep', async () => {
    server.trigger = (request) => {
      server.posts.push(request);
      clock.stop(660_000);
      return Promise.reject(lost());
    };
    assert.equal((await run()).exitCode, 7);
    assert.equal(server.posts.length, 1);
  });
});

describe('a node that is busy', () => {
  it('is not spoken of where none is', async () => {
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
    assert.deepEqual(warnings('busy'), []);
  });

  it('is noticed right before the POST, too', async () => {
    server.addHistory(150, { createdAt: clock.now() - 3_600_000 });
    let isBusy = false;
    server.beforeRead = () => {
      if (server.reads.length < 3 || isBusy) return;
      isBusy = true;
      server.add({ workMs: null });
    };
    const message = /^already processing: node 1 \(activity \d+, restart\); nothing was sent$/;
    await assert.rejects(run({ ifBusy: 'fail' }), { code: 'busy', exitCode: 5, message });
    assert.equal(server.posts.length, 0);
  });

  it('is not taken over by two runs at once that have waited for the same entry', async () => {
    server.add({ workMs: 20_000 });
    server.setFate(1n, { workMs: 5000 });
    const runs = ['a', 'b'].map((idempotencyKey) => start({ ifBusy: 'wait', idempotencyKey }));
    await clock.run(Promise.all(runs));
    const [first = 0, second = 0] = server.postTimes;
    assert.ok(second - first >= 5000, `${second - first} ms after each other`);
  });
});

describe('a run that has waited for a busy node', () => {
  const refused = () => new TransportError('ECONNREFUSED', 'refused', { sent: 'no' });

  it('reads the log again when that fails, as while a server restarts', async () => {
    server.add({ workMs: 20_000 });
    const list = server.list.bind(server);
    let downFrom = Infinity;
    server.list = async (...asked) => {
      const downFor = clock.elapsed() - downFrom;
      if (downFor > 0 && downFor < 30_000) throw refused();
      const page = await list(...asked);
      if (page.items[0]?.status === 'completed') downFrom = Math.min(downFrom, clock.elapsed());
      return page;
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
  });

  it('has two minutes from then on, whatever it has tried before', async () => {
    const post = server.trigger.bind(server);
    let tries = 0;
    server.trigger = (request) => {
      tries += 1;
      if (tries === 1) server.add({ workMs: 200_000 });
      return tries < 3 ? Promise.reject(apiError(429)) : post(request);
    };
    assert.equal((await run({ ifBusy: 'wait' })).exitCode, 0);
    assert.equal(server.posts.length, 1);
  });

  it('waits no longer in all than once, although a POST was not sent in between', async () => {
    server.add({ workMs: 20_000 });
    server.trigger = () => {
      server.add({ workMs: null });
      return Promise.reject(refused());
    };
    await assert.rejects(run({ ifBusy: 'wait', timeoutMs: 60_000 }), { code: 'busy', exitCode: 5 });
    const seconds = Math.floor(clock.elapsed() / 1000);
    assert.ok(seconds >= 60 && seconds <= 61, `gave up after ${seconds} s`);
  });
});

describe('the read at the deadline', () => {
  it('is tried several times, since no other follows it', async () => {
    const tries: unknown[] = [];
    const list = server.list.bind(server);
    server.list = (...asked) => {
      tries.push(asked[2]?.tries);
      return list(...asked);
    };
    server.setFate(1n, { workMs: null });
    assert.equal((await run({ timeoutMs: 10_000 })).exitCode, 8);
    assert.deepEqual(tries.slice(-2), ['one', 'several']);
  });
});

describe('a read that does not end', () => {
  it('is cut off 15 s after the deadline of the run: 7', async () => {
    const list = server.list.bind(server);
    server.list = (...query) => {
      return server.posts.length === 0 ? list(...query) : noAnswer(query[2]?.signal);
    };
    const { exitCode } = await run({ timeoutMs: 60_000 });
    assert.deepEqual([exitCode, Math.floor(clock.elapsed() / 1000)], [7, 75]);
    assert.equal(clock.asleep, 0);
  });

  it('is not said to be before the POST where it is the last one', async () => {
    server.setFate(1n, { workMs: null });
    const list = server.list.bind(server);
    server.list = (...query) => {
      return clock.elapsed() < 60_000 ? list(...query) : noAnswer(query[2]?.signal);
    };
    const { exitCode, error } = await run({ timeoutMs: 60_000 });
    assert.deepEqual([exitCode, error?.message], [7, 'the log could not be read in time']);
  });
});
