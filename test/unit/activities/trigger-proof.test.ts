import assert from 'node:assert/strict';
import { roll } from '../../../src/activities/roll/roll.js';
import { trigger } from '../../../src/activities/trigger.js';
import { wireKey } from '../../../src/activities/wire-key.js';
import { type ResultEvent } from '../../../src/base/progress.js';
import { accepted, failing, lost } from '../../helpers/fake-supervisor.js';
import { rollPlan } from '../../helpers/roll.js';
import { JobBench, plan, statuses } from '../../helpers/run.js';

const HOUR = 3_600_000;

/** A trigger in virtual time, whose own entries appear 12 s late, and are rejected. */
class World extends JobBench {
  readonly start = this.clock.now();

  constructor() {
    super();
    this.supervisor.addHistory(6, { createdAt: this.start - HOUR });
    for (const node of this.supervisor.nodes)
      this.supervisor.behaviour.set(node, { appearMs: 12_000, workMs: 100, result: 'rejected' });
  }

  trigger(changes: Parameters<typeof plan>[0] = {}): Promise<ResultEvent> {
    return this.run(trigger(plan(changes), this.tools()));
  }

  /** Another operator does the same: it is there at once, and completed. */
  rivalAfter(ms: number, node = 1n): void {
    void this.clock.sleep(ms).then(() => this.supervisor.add({ node }));
  }
}

describe('trigger, somebody else doing the same while the own entry is late', () => {
  it('the own one counts, and nothing of the other', async () => {
    const run = new World();
    run.rivalAfter(4000);
    const { exitCode, result } = await run.trigger();
    assert.equal(exitCode, 3);
    assert.deepEqual(
      result.nodes.map(({ status, ambiguous }) => [status, ambiguous]),
      [['rejected', false]],
    );
    assert.deepEqual([run.warnings, run.changes], [[], ['1:rejected']]);
  });

  it('an own one that never comes: the other is followed, and never yields 0', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { missing: true });
    run.rivalAfter(4000);
    const { exitCode, result } = await run.trigger();
    assert.deepEqual([exitCode, result.outcome, run.warnings], [7, 'unconfirmed', ['unproven']]);
    const [row] = result.nodes;
    assert.deepEqual([row?.status, row?.ambiguous], ['completed', true]);
    assert.equal(result.resume, `wait ${row?.activity_id}`);
    assert.ok(run.clock.now() - run.start >= 30_000);
  });

  it('an entry on a fourth node does not fill the count of --expect-nodes', async () => {
    const run = new World();
    for (const node of [1n, 2n]) run.supervisor.behaviour.set(node, {});
    run.supervisor.behaviour.set(3n, { missing: true });
    run.rivalAfter(4000, 4n);
    const report = await run.trigger({ nodes: null, expectNodes: 3 });
    assert.equal(report.exitCode, 7);
    assert.deepEqual(statuses(report), ['1:completed', '2:completed', '4:completed', '?:missing']);
  });

  it('a longer --claim-window takes what a node stamped when it picked it up', async () => {
    const late = (run: World): void => {
      run.supervisor.nextPosts(() => {
        void run.clock.sleep(9000).then(() => run.supervisor.add({ node: 1n }));
        return accepted({ serverTime: run.clock.now() });
      });
    };
    const short = new World();
    late(short);
    assert.equal((await short.trigger()).exitCode, 7);
    const long = new World();
    late(long);
    assert.equal((await long.trigger({ claimWindowMs: 10_000 })).exitCode, 0);
  });

  it('a time that is none, such as that of the year 1, proves nothing', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { missing: true });
    void run.clock
      .sleep(4000)
      .then(() => run.supervisor.add({ node: 1n, createdAt: Date.parse('0001-01-01T00:00:00Z') }));
    assert.deepEqual([(await run.trigger()).exitCode, run.warnings], [7, ['unproven']]);
  });

  it('a 202 without a date proves by the first polls alone', async () => {
    const run = new World();
    run.supervisor.nextPosts((request) => ({ ...run.supervisor.carryOut(request), serverTime: null }));
    assert.deepEqual([(await run.trigger()).exitCode, run.warnings], [3, ['unproven']]);
  });

  it('each node of a roll asks for proof as well', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { missing: true });
    run.rivalAfter(4000);
    const tools = {
      ...run.tools(),
      stopping: new AbortController().signal,
      memory: null,
      sharesRecords: true,
      rollCommand: () => '',
    };
    const { exitCode, result } = await run.run(roll(rollPlan({ nodes: [1n, 2n] }), tools));
    assert.equal(exitCode, 7);
    assert.deepEqual(
      result.nodes.map(({ status, ambiguous }) => [status, ambiguous]),
      [
        ['completed', true],
        ['not_started', false],
      ],
    );
  });
});

describe('trigger, where there is no fresh 202, no proof is asked for', () => {
  it('after a lost answer', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { missing: true });
    run.supervisor.nextPosts(failing(lost(), run.supervisor.carryOut));
    run.rivalAfter(4000);
    assert.deepEqual([(await run.trigger()).exitCode, run.warnings], [0, ['fate_unknown']]);
  });

  it('after a replay of an answer that was lost: its date proves nothing', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { appearMs: 9000, workMs: 100 });
    run.supervisor.nextPosts(failing(lost(), run.supervisor.carryOut), () =>
      accepted({ replayed: true, serverTime: run.start - HOUR }),
    );
    assert.deepEqual([(await run.trigger()).exitCode, run.warnings], [0, ['fate_unknown']]);
  });
});

describe('trigger, a re-run with a caller’s key', () => {
  const key = { idempotencyKey: 'job-1', callersKey: true };

  /** The record of a run whose 202 came at the start. */
  function recorded(run: World, acceptedAt?: number | null): void {
    const baseline = { highestId: run.supervisor.entries.at(-1)?.activity.id ?? 0n, nodes: [] };
    const record = {
      wireKey: wireKey('job-1', plan()),
      baseline,
      firstPostAt: run.start,
      state: 'accepted',
      token: 'x',
    } as const;
    run.journal.records.set(record.wireKey, acceptedAt === undefined ? record : { ...record, acceptedAt });
  }

  it('keeps the date of its 202 in its record, and not that of a replay', async () => {
    const acceptedAt = async (
      replayed: boolean,
      serverTime: number | null = 5000,
    ): Promise<number | null | undefined> => {
      const run = new World();
      run.supervisor.nextPosts((request) => ({ ...run.supervisor.carryOut(request), replayed, serverTime }));
      await run.trigger({ ...key, wait: false });
      return [...run.journal.records.values()][0]?.acceptedAt;
    };
    assert.deepEqual(
      [await acceptedAt(false), await acceptedAt(true), await acceptedAt(false, null)],
      [5000, undefined, null],
    );
  });

  it('takes nothing for proven after a 202 without a date', async () => {
    const run = new World();
    recorded(run, null);
    run.supervisor.add({ node: 1n });
    assert.deepEqual([(await run.trigger(key)).exitCode, run.warnings], [7, ['unproven']]);
  });

  it('asks for proof by the date in the record', async () => {
    const run = new World();
    recorded(run, run.start);
    await run.clock.advance(60_000);
    run.supervisor.add({ node: 1n, createdAt: run.start + 4000 });
    assert.deepEqual([(await run.trigger(key)).exitCode, run.warnings], [7, ['unproven']]);
    const proven = new World();
    recorded(proven, proven.start);
    await proven.clock.advance(60_000);
    proven.supervisor.add({ node: 1n, createdAt: proven.start });
    assert.equal((await proven.trigger(key)).exitCode, 0);
  });

  it('takes what the log shows where the record has no date', async () => {
    const run = new World();
    recorded(run);
    run.supervisor.add({ node: 1n, createdAt: run.start + 4000 });
    assert.equal((await run.trigger(key)).exitCode, 0);
  });
});
