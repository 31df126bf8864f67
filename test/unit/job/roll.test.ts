import assert from 'node:assert/strict';
import type { Activity } from '../../../src/base/activity.js';
import { Interrupted, LdctlError, TransportError } from '../../../src/base/errors.js';
import type { KeptRun } from '../../../src/base/journal.js';
import type { Id } from '../../../src/base/ids.js';
import { drive, type DriveTools } from '../../../src/job/drive.js';
import { rollJob } from '../../../src/job/index.js';
import type { JobEvent } from '../../../src/job/events.js';
import type { RollPlan } from '../../../src/job/roll-state.js';
import type { JobEnd, Step } from '../../../src/job/job.js';
import { openRunJournal } from '../../../src/config/journal.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import {
  apiError,
  DEPLOYMENT,
  lost,
  noAnswer,
  VirtualServer,
} from '../../helpers/virtual-server.js';
import { privateFolder, removeFolders } from '../config/fixtures.js';

const PLAN: Omit<RollPlan, 'nodes'> = {
  ...{
    deploymentId: DEPLOYMENT,
    runtime: 'iggy',
    action: 'restart',
    tenant: null,
    idempotencyKey: 'k',
    keepsKey: true,
    apiKeyHash: '0f1e2d3c',
  },
  ...{
    timeoutMs: Infinity,
    appearMs: 30_000,
    pauseMs: 0,
    gateTimeoutMs: Infinity,
    nodeTimeoutMs: Infinity,
  },
  ...{ maxUnavailable: 2, gated: false, continueOnError: false, ifBusy: 'ignore' },
};
const OLD = [entry(10n, 1n), entry(20n, 2n)];

let clock: VirtualClock;
let server: VirtualServer;
let events: JobEvent[];
beforeEach(() => {
  clock = new VirtualClock();
  server = new VirtualServer(clock, { nodes: [1n, 2n, 3n, 4n] });
  events = [];
});

/** @param kept what an earlier process left of node 1 */
function run(
  plan: Partial<RollPlan> & Pick<RollPlan, 'nodes'>,
  { kept, ...more }: Partial<DriveTools> & { kept?: KeptRun } = {},
): Promise<JobEnd> {
  const log = openLog(server, DEPLOYMENT, clock);
  const { signal } = new AbortController();
  const tools = { supervisor: server, log, journal: null, clock, signal, ...more };
  const records = new Map(kept ? [[1n, kept]] : []);
  const job = rollJob({ ...PLAN, ...plan }, records, clock.elapsed());
  return clock.run(drive(job, tools, (event) => void events.push(event)));
}

const warnings = (code: string): string[] =>
  events.flatMap((event) =>
    event.event === 'warning' && event.code === code ? [event.message] : [],
  );

describe('a roll of one node at a time', () => {
  it('takes the read that shows the end of one node for the baseline of the next', async () => {
    const calls: string[] = [];
    const [list, post] = [server.list.bind(server), server.trigger.bind(server)];
    server.list = (...asked) => {
      calls.push('read');
      return list(...asked);
    };
    server.trigger = (request) => {
      calls.push('post');
      return post(request);
    };
    await run({ nodes: [1n, 2n], maxUnavailable: 1 });
    // After half a second and one and a half, and when the grace of two seconds is over.
    const each = ['post', 'read', 'read', 'read'];
    assert.deepEqual(calls, ['read', ...each, ...each]);
  });
});

describe('a roll whose journal cannot be written', () => {
  it('ends before anything is sent: a later process would take a refused record for a lost POST', async () => {
    const broken = new LdctlError('refused', 'journal_broken', 'no space left');
    const journal = {
      ...{ read: () => null, claim: () => ({ made: 1 }) },
      mark: () => {
        throw broken;
      },
    };
    let posts = 0;
    server.trigger = () => {
      posts += 1;
      return Promise.reject(apiError(429));
    };
    await assert.rejects(run({ nodes: [1n] }, { journal }), { code: 'journal_broken' });
    assert.equal(posts, 1);
  });
});

describe('a roll by twos', () => {
  it('never takes an older entry for one of its own, whichever read its nodes share', () => {
    assert.deepEqual(baselines('ignore'), [20n, 20n]);
  });

  it('looks for what keeps nodes busy: once for all of them, or before each that would wait for it', () => {
    const count = (steps: Step[]): number =>
      steps.filter((step) => step.do === 'read' && step.downTo === 'forNodes').length;
    assert.deepEqual([count(play('fail')), count(play('wait'))], [1, 2]);
  });

  it('gives up that look a minute after the command started', async () => {
    server.list = (...asked) => noAnswer(asked[2]?.signal);
    const errors: unknown[] = [];
    const ended = run({ nodes: [1n], ifBusy: 'fail', spentMs: 20_000 }).catch((error: unknown) =>
      errors.push(error),
    );
    await clock.advance(39_999);
    await clock.advance(0);
    assert.equal(errors.length, 0);
    await clock.advance(1);
    await ended;
    assert.ok(errors[0] instanceof LdctlError);
  });

  it('is refused where the log is that of another deployment, before anything is sent', () => {
    const other = { ...entry(30n, 2n), deployment_id: 8n };
    assert.throws(() => play('fail', [other], 1), { code: 'wrong_deployment', exitCode: 6 });
  });

  it('is refused where any node is busy, before anything is sent', () => {
    assert.throws(() => play('fail', [{ ...entry(30n, 2n), status: 'processing' }]), {
      code: 'busy',
      exitCode: 5,
    });
  });
});

describe('a roll of many at once', () => {
  it('takes no entry for its own that it saw before the POST of that node', async () => {
    const nodes = [1n, 2n, 3n, 4n, 5n, 6n];
    const clock = new VirtualClock();
    const server = new VirtualServer(clock, { nodes });
    const post = server.trigger.bind(server);
    server.trigger = (request) =>
      request.nodes?.[0] === 6n ? Promise.reject(lost()) : post(request);
    let isActedOn = false;
    server.beforeRead = () => {
      // By then the baseline of node 6 has been read. Its POST waits for its turn.
      if (isActedOn || server.posts.length < 5) return;
      isActedOn = true;
      server.add({ node: 6n });
    };
    const job = rollJob({ ...PLAN, nodes, maxUnavailable: 6 }, new Map(), clock.elapsed());
    const log = openLog(server, DEPLOYMENT, clock);
    const { signal } = new AbortController();
    const tools = { supervisor: server, log, journal: null, clock, signal };
    const { result } = await clock.run(drive(job, tools, () => undefined));
    assert.deepEqual([result.outcome, result.nodes[5]?.status], ['unconfirmed', null]);
  });
});

describe('a roll that continues from an earlier one', () => {
  for (const [accepted, wasRejected, expected] of [
    [false, 'by its own POST halts it', ['rejected', 'not_started']],
    [true, 'before halts nothing', ['rejected', 'completed']],
  ] as const) {
    it(`of which a node was rejected ${wasRejected}`, async () => {
      server.setFate(1n, { result: 'rejected' });
      const listed = { here: [], elsewhere: [] };
      const found = { baseline: 0n, date: null, expect: null, core: null, listed };
      const record = { key: 'k', apiKey: '0f1e2d3c', ...found, postedAt: clock.now() };
      const kept = { record, generation: 1, ageMs: 0, accepted, passed: false };
      if (accepted) server.add({ node: 1n, result: 'rejected' });
      const { result } = await run({ nodes: [1n, 2n], maxUnavailable: 1 }, { kept });
      assert.deepEqual(
        result.nodes.map(({ status }) => status),
        expected,
      );
    });
  }
});

describe('a roll with a journal', () => {
  it('notes of each node that it was accepted and has passed', async () => {
    const notes: string[] = [];
    const journal: DriveTools['journal'] = {
      read: () => null,
      claim: () => ({ made: 1 }),
      mark: (_key, _generation, mark) => void notes.push(mark),
    };
    await run({ nodes: [1n, 2n] }, { journal });
    assert.deepEqual(notes, ['accepted', 'accepted', 'passed', 'passed']);
  });
});

describe('a roll whose server restarts', () => {
  const refused = () => new TransportError('ECONNREFUSED', 'refused', { sent: 'no' });

  for (const [maxUnavailable, downAfter] of [
    [1, 3000],
    [2, 0],
  ] as const) {
    /** The log cannot be read for so long, from a time after the first POST on. */
    const rollWithout = (downMs: number) => {
      const list = server.list.bind(server);
      server.list = (...asked) => {
        const downFor = clock.now() - (server.postTimes[0] ?? Infinity) - downAfter;
        return downFor >= 0 && downFor < downMs ? Promise.reject(refused()) : list(...asked);
      };
      return run({ nodes: [1n, 2n, 3n], maxUnavailable, pauseMs: 5000 });
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

describe('a roll with a pause and a gate', () => {
  /** When the gate was asked, by node. */
  let asked: Map<Id, number>;
  const gate: DriveTools['gate'] = (node) => {
    asked.set(node, clock.elapsed());
    return Promise.resolve({ exit_code: 0, timed_out: false, took_ms: 0 });
  };
  beforeEach(() => (asked = new Map()));

  it('pauses before each gate, also the last, and says how long', async () => {
    await run({ nodes: [1n], pauseMs: 60_000, gated: true }, { gate });
    const rows = events.flatMap((event) => (event.event === 'progress' ? event.nodes : []));
    const row = rows.find(({ stage }) => stage === 'pause');
    const { stageSince = 0, limitMs } = row ?? {};
    assert.deepEqual([asked.get(1n), limitMs], [stageSince + 60_000, 60_000]);
  });

  it('does not pause after its last node, where nothing follows', async () => {
    const { result, resume } = await run({ nodes: [1n], pauseMs: 60_000 });
    assert.deepEqual([result.outcome, resume], ['completed', null]);
    assert.ok(clock.elapsed() < 60_000);
  });

  it('cuts the gate off when its time is up: 8, and continues under its key', async () => {
    const hanging: DriveTools['gate'] = (_node, _activity, { signal }) => {
      const ended = { exit_code: null, timed_out: true, took_ms: 0 };
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(ended)));
    };
    const plan = { nodes: [1n, 2n], maxUnavailable: 1, gated: true, timeoutMs: 60_000 };
    const { exitCode, resume } = await run(plan, { gate: hanging });
    assert.deepEqual([exitCode, clock.elapsed(), resume], [8, 60_000, { roll: 'k' }]);
  });
});

describe('a roll that is halted', () => {
  const saidOf = async (maxUnavailable: number): Promise<string[]> => {
    for (const [node, workMs] of [
      [1n, 1000],
      [2n, 3000],
      [3n, 9000],
    ] as const) {
      server.setFate(node, { workMs, result: node === 3n ? 'completed' : 'rejected' });
    }
    await run({ nodes: [1n, 2n, 3n, 4n], maxUnavailable });
    return warnings('halted');
  };

  it('says so once while other nodes are running', async () => {
    assert.deepEqual(await saidOf(3), ['node 1 has not completed: no more nodes are started']);
  });

  it('says nothing where its result follows at once', async () => {
    assert.deepEqual(await saidOf(1), []);
  });
});

describe('a roll that is told to start nothing more', () => {
  it('says so at once, also while only a gate is running, which has not passed once it is cut off', async () => {
    const stopping = new AbortController();
    let said: string[] = [];
    const gate: DriveTools['gate'] = (_node, _activity, { signal }) => {
      stopping.abort(new Interrupted('SIGINT'));
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          said = warnings('stopping');
          resolve({ exit_code: 0, timed_out: false, took_ms: 60_000 });
        }),
      );
    };
    const plan = { nodes: [1n, 2n], maxUnavailable: 1, gated: true, gateTimeoutMs: 60_000 };
    const { result } = await run(plan, { gate, stopping: stopping.signal });
    assert.deepEqual([result.outcome, result.nodes[0]?.gate?.timed_out], ['interrupted', true]);
    assert.equal(said.length, 1);
  });
});

describe('what a roll over 200 nodes costs', () => {
  for (const maxUnavailable of [20, 200]) {
    it(`is below 5 requests a second, with ${maxUnavailable} running`, async () => {
      const nodes = Array.from({ length: 200 }, (_, index) => BigInt(index + 1));
      server = new VirtualServer(clock, { nodes });
      for (const node of nodes) server.setFate(node, { workMs: 20_000 });
      const { result } = await run({ nodes, maxUnavailable });
      assert.equal(result.outcome, 'completed');
      const requests = server.reads.length + server.posts.length;
      assert.ok(requests < clock.elapsed() / 200, `${requests} requests in ${clock.elapsed()} ms`);
    });
  }
});

function baselines(ifBusy: RollPlan['ifBusy']): Id[] {
  return play(ifBusy).flatMap((step) =>
    step.do === 'record' && step.record ? [step.record.baseline] : [],
  );
}

/**
 * Both nodes are dispatched, one with an answer that was slow; the log shows nothing new.
 * @param more entries that the first reads show
 * @param reads how many of them
 * @returns all steps up to the second POST
 */
function play(ifBusy: RollPlan['ifBusy'], more: Activity[] = [], reads = Infinity): Step[] {
  const job = rollJob({ ...PLAN, nodes: [1n, 2n], ifBusy }, new Map(), 0);
  const steps: Step[] = [];
  let now = 0;
  for (let posts = 0; posts < 2;) {
    job.tick(now);
    const step = job.next(now);
    steps.push(step);
    if (step.do === 'wait') now = step.until;
    else if (step.do === 'end') job.result();
    else if (step.do === 'note') job.take(step, { is: 'done' }, now);
    else if (step.do === 'record') {
      job.take(step, { is: 'recorded', generation: 1, at: now }, now);
    } else if (step.do === 'post') {
      posts += 1;
      now += 2000;
      const answer = { requestId: null, replayed: false, serverTime: null };
      job.take(step, { is: 'answered', answer }, now);
    } else if (step.do === 'read') {
      const above = typeof step.downTo === 'bigint' ? step.downTo : undefined;
      const isFirst = steps.filter((one) => one.do === 'read').length <= reads;
      const all = [...OLD, ...(isFirst ? more : [])];
      const entries = all.filter(({ id }) => id > (above ?? 0n)).reverse();
      job.take(
        step,
        {
          is: 'read',
          read: {
            entries,
            startedAt: now,
            serverTime: null,
            requests: 1,
            isWhole: true,
            leftOutUpTo: above,
          },
        },
        now,
      );
    } else assert.fail(`an unforeseen step: ${step.do}`);
    assert.ok(steps.length < 50, 'it does not come to an end');
  }
  return steps;
}

function entry(id: Id, node: Id): Activity {
  return {
    ...{
      id,
      node_id: node,
      deployment_id: DEPLOYMENT,
      runtime: 'iggy',
      action: 'restart',
      status: 'completed',
    },
    ...{ created_at: '2026-01-01T00:00:00Z', finished_at: '2026-01-01T00:00:01Z' },
  };
}

describe('a read that the nodes of a roll share', () => {
  it('goes back as far as the replay of one of them needs, while another asks for its baseline', () => {
    const job = rollJob({ ...PLAN, nodes: [1n, 2n] }, new Map(), 0);
    const reads: Array<Id | string> = [];
    let now = 0;
    for (let steps = 0; reads.length < 2; steps += 1) {
      assert.ok(steps < 50, 'it does not come to an end');
      job.tick(now);
      const step = job.next(now);
      if (step.do === 'wait') now = step.until;
      else if (step.do === 'note') job.take(step, { is: 'done' }, now);
      else if (step.do === 'record') {
        job.take(step, { is: 'recorded', generation: 1, at: now }, now);
      } else if (step.do === 'post') {
        now += 2000;
        const answer = { requestId: null, replayed: true, serverTime: null };
        job.take(step, { is: 'answered', answer }, now);
      } else if (step.do === 'read') {
        reads.push(step.downTo);
        const read = { startedAt: now, serverTime: null, requests: 1, isWhole: true };
        job.take(step, { is: 'read', read: { ...read, entries: [...OLD].reverse() } }, now);
      } else assert.fail(`an unforeseen step: ${step.do}`);
    }
    assert.deepEqual(reads, ['newest', 'forNodes']);
  });
});

describe('a roll that two processes run at once', () => {
  after(removeFolders);

  it('acts on no node twice, and the one that finds the other says so', async () => {
    const folder = privateFolder();
    const signal = new AbortController().signal;
    const said: string[] = [];
    const start = (name: string) => {
      const job = rollJob({ ...PLAN, nodes: [1n, 2n, 3n] }, new Map(), clock.elapsed());
      const log = openLog(server, DEPLOYMENT, clock);
      const journal = openRunJournal(folder, clock);
      return drive(job, { supervisor: server, log, journal, clock, signal }, (event) => {
        if (event.event === 'warning' && event.code === 'shared_roll') said.push(name);
      });
    };
    const both = [start('first'), clock.sleep(300).then(() => start('second'))] as const;
    const ends = await clock.run(Promise.all(both));
    assert.deepEqual(
      ends.map(({ result }) => result.outcome),
      ['completed', 'completed'],
    );
    assert.deepEqual(server.posts.flatMap(({ nodes }) => nodes).sort(), [1n, 2n, 3n]);
    assert.ok(said.includes('second'), said.join());
  });
});
