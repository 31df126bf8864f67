import assert from 'node:assert/strict';
import type { Activity } from '../../../src/base/activity.js';
import type { RunRecord } from '../../../src/base/journal.js';
import { shownStep, type JobEvent } from '../../../src/job/events.js';
import { rollJob } from '../../../src/job/index.js';
import { lost } from '../../helpers/virtual-server.js';
import { clock, events, keptRun, refused, roll, ROLL, run, server, setUp } from './bench.js';

/* What a job says, and writes down, while it runs. */

beforeEach(() => setUp());

describe('an event as data', () => {
  const dispatched = {
    event: 'dispatched',
    request_id: 'r',
    replayed: false,
    recovered: true,
  } as const;

  it('is what happened, without what only displays need', () => {
    const gate = { exit_code: 1, timed_out: false, cut_off: false, took_ms: 5 };
    const data: JobEvent[] = [
      { event: 'activity', activity: { id: 1n } as Activity },
      { event: 'warning', code: 'busy', message: 'm' },
      { event: 'gate', node_id: 1n, gate },
    ];
    for (const event of data) assert.deepEqual(shownStep(event), event);
    assert.deepEqual(shownStep({ ...dispatched, earlier: { ageMs: 5 } }), dispatched);
  });

  it('is nothing where it is for people alone', () => {
    const forPeople: JobEvent[] = [
      { event: 'baseline', baseline: 1n, idempotencyKey: 'k', expects: 0 },
      { event: 'gate_output', node_id: 1n, line: 'l' },
      { event: 'progress', nodes: [] },
    ];
    assert.deepEqual(forPeople.map(shownStep), [null, null, null]);
  });
});

describe('a read that fails while a run is followed', () => {
  for (const fails of [1, 3]) {
    it(`is said once, of ${fails}`, async () => {
      let failed = 0;
      server.beforeRead = () => {
        if (server.posts.length === 0 || failed === fails) return;
        failed += 1;
        throw refused();
      };
      assert.equal((await run()).exitCode, 0);
      const said = events.flatMap((event) => (event.event === 'warning' ? event.code : []));
      assert.deepEqual([failed, said], [fails, ['log_unreadable']]);
    });
  }
});

describe('a run whose answer was lost', () => {
  it('is dispatched by the log, and is no replay', async () => {
    server.onPost = (carryOut) => {
      carryOut();
      return lost();
    };
    await run();
    assert.deepEqual(
      events.filter(({ event }) => event === 'dispatched'),
      [{ event: 'dispatched', request_id: null, replayed: false, recovered: true }],
    );
  });
});

describe('a roll', () => {
  it('says of each node what a run says, but for its baseline', async () => {
    await roll({ nodes: [1n, 2n], maxUnavailable: 1 });
    const said = events.filter(({ event }) => event !== 'progress');
    const ofNode = ['dispatched', 'activity', 'activity'];
    assert.deepEqual(
      said.map(({ event }) => event),
      [...ofNode, ...ofNode],
    );
    const nodes = said.flatMap((event) => (event.event === 'dispatched' ? event.node_id : []));
    assert.deepEqual(nodes, [1n, 2n]);
  });

  it('says that a gate passed earlier only where it has gates, and did not run it now', async () => {
    const passed = keptRun({}, { accepted: true, passed: true });
    const gate = () => Promise.resolve(0);
    const played = async (gated: boolean) => {
      setUp();
      server.add();
      const { result } = await roll({ nodes: [1n, 2n], gated }, { gate }, passed);
      return result.nodes.map(({ passed_earlier: earlier }) => earlier);
    };
    assert.deepEqual(await played(true), [true, undefined]);
    assert.deepEqual(await played(false), [undefined, undefined]);
  });

  it('shows nothing between a record and its POST, so that a slow reader cannot come between', () => {
    const job = rollJob({ ...ROLL, nodes: [1n] }, [], 0);
    const shows = () => job.events().some(({ event }) => event === 'progress');
    const next = () => {
      job.tick(0);
      return job.next(0);
    };
    job.tick(0);
    assert.ok(shows());
    const read = next();
    assert.ok(read.do === 'read');
    const log = {
      entries: [],
      startedAt: 0,
      serverTime: null,
      requests: 1,
      total: 0,
      downTo: 'newest' as const,
    };
    job.take(read, { is: 'read', read: log }, 0);
    assert.ok(shows());
    const record = next();
    assert.ok(record.do === 'record');
    job.take(record, { is: 'recorded', generation: 1, at: 0 }, 0);
    assert.deepEqual([shows(), next().do], [false, 'post']);
  });
});

describe('a run that sends again what its record says', () => {
  it('writes the time of the first POST into the next record, for the nine minutes', async () => {
    const records: RunRecord[] = [];
    const postedAt = clock.now() - 30_000;
    server.onPost = (carryOut) => (records.length < 2 ? lost() : carryOut());
    await run({ keepsKey: true }, keptRun({ postedAt }), {
      read: () => null,
      claim: (record) => ({ made: records.push(record) + 1 }),
      mark: () => undefined,
    });
    assert.deepEqual(
      records.map((record) => record.postedAt),
      [postedAt, postedAt],
    );
  });
});
