import assert from 'node:assert/strict';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import type { Id } from '../../../src/base/ids.js';
import type { RunJournal } from '../../../src/base/journal.js';
import { openRunJournal } from '../../../src/config/journal.js';
import type { DriveTools } from '../../../src/job/drive.js';
import { rollJob } from '../../../src/job/index.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { apiError, DEPLOYMENT, lost, noAnswer } from '../../helpers/virtual-server.js';
import { privateFolder, removeFolders } from '../config/fixtures.js';
import {
  clock,
  keptRun,
  pictures,
  refused,
  roll,
  ROLL,
  server,
  setUp,
  start,
  statuses,
  warnings,
} from './bench.js';

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

describe('a roll that continues from an earlier one', () => {
  for (const [what, marks, expected] of [
    ['its own POST is halted', {}, ['rejected', 'not_started']],
    [
      'a POST before, which no process has seen, is halted',
      { accepted: true },
      ['rejected', 'not_started'],
    ],
    [
      'a POST before, which has halted another process, goes on',
      { accepted: true, rejected: true },
      ['rejected', 'completed'],
    ],
  ] as const) {
    it(`and by a rejection of ${what}`, async () => {
      server.setFate(1n, { result: 'rejected' });
      if ('accepted' in marks) server.add({ node: 1n, result: 'rejected' });
      const kept = keptRun({}, marks, 0);
      const ended = await roll({ nodes: [1n, 2n], maxUnavailable: 1 }, {}, kept);
      assert.deepEqual(statuses(ended), expected);
    });
  }
});

it('a roll that continues from lost POSTs reads no more once the log is denied', async () => {
  let denied = 0;
  server.beforeRead = () => {
    // By then both were looked for. One more read comes before the first is sent again.
    if (clock.elapsed() <= 5000) return;
    denied += 1;
    throw apiError(403);
  };
  const kept = keptRun({}, {}, 0);
  const job = rollJob({ ...ROLL, nodes: [1n, 2n] }, [kept, kept], clock.elapsed());
  const { exitCode, error } = await clock.run(start(job));
  assert.deepEqual(
    { exitCode, code: error?.code, denied },
    { exitCode: 7, code: 'http_403', denied: 1 },
  );
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

describe('a roll with a pause and a gate', () => {
  /** When the gate was asked, by node. */
  let asked: Map<Id, number>;
  const gate: DriveTools['gate'] = (node) => {
    asked.set(node, clock.elapsed());
    return Promise.resolve(0);
  };
  beforeEach(() => (asked = new Map()));

  it('pauses before each gate, also the last, and says how long', async () => {
    await roll({ nodes: [1n], pauseMs: 60_000, gated: true }, { gate });
    const row = pictures()
      .flat()
      .find(({ stage }) => stage === 'pause');
    const { stageSince = 0, limitMs } = row ?? {};
    assert.deepEqual([asked.get(1n), limitMs], [stageSince + 60_000, 60_000]);
  });

  it('does not pause after its last node, where nothing follows', async () => {
    const { result, resume } = await roll({ nodes: [1n], pauseMs: 60_000 });
    assert.deepEqual([result.outcome, resume], ['completed', null]);
    assert.ok(clock.elapsed() < 60_000);
  });

  it('says of a gate that an interrupt cut off for how long it had run', async () => {
    const interrupt = new AbortController();
    const hanging: DriveTools['gate'] = async (_node, _activity, { signal }) => {
      await clock.sleep(5000);
      interrupt.abort(new Interrupted('SIGINT'));
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));
    };
    const plan = { nodes: [1n, 2n], maxUnavailable: 1, gated: true };
    const { result, resume } = await roll(plan, { gate: hanging, signal: interrupt.signal });
    assert.deepEqual([result.outcome, resume], ['interrupted', { roll: 'k' }]);
    const gate = { exit_code: null, timed_out: false, cut_off: true, took_ms: 5000 };
    assert.deepEqual(result.nodes[0]?.gate, gate);
  });

  it('cuts the gate off when its time is up: 8, and continues under its key', async () => {
    const hanging: DriveTools['gate'] = (_node, _activity, { signal }) => {
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)));
    };
    const plan = { nodes: [1n, 2n], maxUnavailable: 1, gated: true, timeoutMs: 60_000 };
    const { exitCode, resume } = await roll(plan, { gate: hanging });
    assert.deepEqual([exitCode, clock.elapsed(), resume], [8, 60_000, { roll: 'k' }]);
  });
});

describe('the time of a roll', () => {
  it('is up for a node that has waited for a busy one, too: 8', async () => {
    server.add({ node: 1n, workMs: 40_000 });
    server.setFate(1n, { workMs: null });
    const plan = { nodes: [1n], ifBusy: 'wait', timeoutMs: 60_000 } as const;
    assert.equal((await roll(plan)).exitCode, 8);
    assert.ok(clock.elapsed() < 61_000, `${clock.elapsed()} ms`);
  });

  it('is up for its first POST, too, which is tried again no more', async () => {
    const tried: number[] = [];
    server.onPost = () => {
      tried.push(clock.elapsed());
      return apiError(429, { retryAfterMs: 1000 });
    };
    await assert.rejects(roll({ nodes: [1n, 2n], timeoutMs: 5000 }), { code: 'http_429' });
    assert.ok(tried.length > 1 && tried.every((at) => at < 5000), tried.join());
  });

  it('is up for a node that became free just before', async () => {
    server.add({ node: 1n, workMs: 5700 });
    const plan = { nodes: [1n], ifBusy: 'wait', timeoutMs: 6000, idempotencyKey: 'b' } as const;
    await assert.rejects(roll(plan), { code: 'timed_out', exitCode: 5 });
    assert.deepEqual([server.postsMade, Math.floor(clock.elapsed() / 1000)], [0, 6]);
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
    await roll({ nodes: [1n, 2n, 3n, 4n], maxUnavailable });
    return warnings('halted');
  };

  it('says so once while other nodes are running', async () => {
    assert.deepEqual(await saidOf(3), ['node 1 has not completed: no more nodes are started']);
  });

  it('says nothing where its result follows at once', async () => {
    assert.deepEqual(await saidOf(1), []);
  });

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
  it('says so at once, also while only a gate is running, which has not passed once it is cut off', async () => {
    const stopping = new AbortController();
    let said: string[] = [];
    const gate: DriveTools['gate'] = (_node, _activity, { signal }) => {
      stopping.abort(new Interrupted('SIGINT'));
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          said = warnings('stopping');
          resolve(0);
        }),
      );
    };
    const plan = { nodes: [1n, 2n], maxUnavailable: 1, gated: true, gateTimeoutMs: 60_000 };
    const { result } = await roll(plan, { gate, stopping: stopping.signal });
    assert.deepEqual([result.outcome, result.nodes[0]?.gate?.timed_out], ['interrupted', true]);
    assert.equal(said.length, 1);
  });

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

describe('a roll that two processes run at once', () => {
  after(removeFolders);

  it('acts on no node twice, and the one that finds the other says so', async () => {
    const folder = privateFolder();
    const said: string[] = [];
    const begin = (name: string) => {
      const job = rollJob({ ...ROLL, nodes: [1n, 2n, 3n] }, [], clock.elapsed());
      return start(job, { journal: openRunJournal(folder, clock) }, (event) => {
        if (event.event === 'warning' && event.code === 'shared_roll') said.push(name);
      });
    };
    const both = [begin('first'), clock.sleep(300).then(() => begin('second'))] as const;
    const ends = await clock.run(Promise.all(both));
    assert.deepEqual(
      ends.map(({ result }) => result.outcome),
      ['completed', 'completed'],
    );
    assert.deepEqual(server.posts.flatMap(({ nodes }) => nodes).sort(), [1n, 2n, 3n]);
    assert.ok(said.includes('second'), said.join());
  });
});
