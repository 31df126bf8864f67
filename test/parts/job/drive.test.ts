import assert from 'node:assert/strict';
import type { RunJournal } from '../../../src/base/journal.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { perform, type DriveTools } from '../../../src/job/drive.js';
import { rollJob } from '../../../src/job/index.js';
import type { StepName, Fact, StepOf } from '../../../src/job/job.js';
import { openLog } from '../../../src/log/log.js';
import { DEPLOYMENT, lost, noAnswer, slowAnswer } from '../../helpers/virtual-server.js';
import { clock, keptRun, ROLL, server, setUp, start } from './bench.js';

/* How a step is done, and what becomes of what it throws. */

beforeEach(() => setUp());

const broken = new LdctlError('unconfirmed', 'journal_broken', 'it cannot be read');
const fail = () => {
  throw broken;
};
const JOURNAL: RunJournal = { read: fail, claim: fail, mark: fail };

/** @returns the fact, or the interrupt that broke the step off */
async function done(step: StepOf<StepName>, more: Partial<DriveTools> = {}): Promise<Fact | null> {
  const { signal } = new AbortController();
  const log = openLog(server, DEPLOYMENT, clock);
  const tools = { supervisor: server, log, journal: null, clock, signal, ...more };
  const gates = { start: () => undefined };
  return clock.run(Promise.resolve(perform(step, tools, gates)));
}

const NOTE = { do: 'note', key: 'k', generation: 1, mark: 'accepted' } as const;
const recordOf = (postedAt: number | null) =>
  ({ do: 'record', record: { ...keptRun().record, postedAt }, after: 0 }) as const;
const POST = {
  do: 'post',
  request: {
    deploymentId: DEPLOYMENT,
    runtime: 'iggy',
    action: 'restart',
    nodes: [1n],
    wireKey: 'k',
  },
  sendBy: Infinity,
} as const;
const READ: StepOf<'read'> = {
  ...{ do: 'read', downTo: 'newest', lookUp: null, tries: 'one', cutAt: Infinity },
};

describe('a step in the journal', () => {
  it('is no fault of the job where the journal fails', async () => {
    const journal = JOURNAL;
    assert.deepEqual(await done(NOTE, { journal }), { is: 'unwritten', error: broken });
    assert.deepEqual(await done(recordOf(null), { journal }), { is: 'unwritten', error: broken });
  });

  it('writes the time of the POST that follows, or keeps that of an earlier one', async () => {
    const times: number[] = [];
    const claim: RunJournal['claim'] = (record) => ({ made: times.push(record.postedAt) });
    const journal = { ...JOURNAL, claim };
    const at = clock.now();
    assert.deepEqual(await done(recordOf(null), { journal }), {
      is: 'recorded',
      generation: 1,
      at,
    });
    assert.deepEqual(await done(recordOf(5), { journal }), { is: 'recorded', generation: 2, at });
    assert.deepEqual(times, [at, 5]);
  });

  it('finds that another process has made the next record', async () => {
    const kept = keptRun();
    const journal = { ...JOURNAL, claim: () => ({ found: kept }) };
    assert.deepEqual(await done(recordOf(null), { journal }), { is: 'found', kept });
  });

  it('says when the POST starts where there is no journal, or no record', async () => {
    const at = clock.now();
    const nothing = { is: 'recorded', generation: 0, at };
    assert.deepEqual(await done(recordOf(null)), nothing);
    assert.deepEqual(
      await done({ do: 'record', record: null, after: 0 }, { journal: JOURNAL }),
      nothing,
    );
    assert.deepEqual(await done(NOTE), { is: 'done' });
  });
});

describe('a step over the network', () => {
  it('is answered, also by an error', async () => {
    assert.deepEqual(await done(POST), {
      is: 'answered',
      answer: { requestId: 'f00d', replayed: false, serverTime: clock.now() },
    });
    const error = lost();
    server.onPost = () => error;
    assert.deepEqual(await done(POST), { is: 'answered', answer: error });
  });

  it('takes what nothing expected for a bug, and goes on', async () => {
    server.onPost = () => new TypeError('undefined is not a function');
    const fact = await done(POST);
    assert.ok(fact?.is === 'answered' && fact.answer instanceof LdctlError);
    assert.equal(fact.answer.exit, 'fault');
  });

  it('is broken off by an interrupt, which is no fact', async () => {
    const stop = new AbortController();
    stop.abort(new Interrupted('SIGTERM'));
    assert.equal(await done(POST, { signal: stop.signal }), null);
    assert.equal(await done(READ, { signal: stop.signal }), null);
  });

  it('says when a read that failed had started', async () => {
    const error = lost();
    server.beforeRead = () => {
      throw error;
    };
    assert.deepEqual(await done(READ), { is: 'unreadable', error, startedAt: 0 });
  });

  it('cuts a read off', async () => {
    server.onRead = (_page, _query, { signal }) => slowAnswer(clock, signal);
    const late = await done({ ...READ, cutAt: 5000 });
    assert.ok(late?.is === 'unreadable');
    assert.deepEqual([late.error.code, clock.elapsed(), clock.asleep], ['timeout', 5000, 0]);
  });

  it('reads all that it is asked for, and looks up what is far down', async () => {
    const far = server.add({ workMs: null });
    server.addHistory(1500);
    const whole = await done({ ...READ, downTo: 0n });
    assert.ok(whole?.is === 'read');
    assert.equal(whole.read.entries.length, 1501);
    const some = await done({ ...READ, downTo: 0n, lookUp: [far] });
    assert.ok(some?.is === 'read');
    assert.deepEqual([some.read.entries.length, some.read.entries.at(-1)?.id], [1001, far]);
  });
});

describe('a gate that is running', () => {
  it('is cut off, and waited for, where the one that listens throws', async () => {
    let isRunning = false;
    let hasEnded = false;
    const gate: DriveTools['gate'] = async (_node, _activity, { signal }) => {
      isRunning = true;
      await noAnswer(signal).catch(() => undefined);
      await clock.sleep(500);
      hasEnded = true;
      return null;
    };
    server.setFate(2n, { workMs: 10_000 });
    const job = rollJob({ ...ROLL, nodes: [1n, 2n], gated: true }, [], 0);
    const told = () => {
      if (isRunning) throw new Error('no listener');
    };
    await assert.rejects(clock.run(start(job, { gate }, told)), /no listener/);
    assert.ok(hasEnded);
  });
});
