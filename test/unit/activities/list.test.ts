import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { matches, type ActivityFilter } from '../../../src/activities/filter.js';
import { listActivities, listOnePage } from '../../../src/activities/list.js';
import { type Activity } from '../../../src/base/activity.js';
import { Interrupted } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, FakeSupervisor, type EntryOptions } from '../../helpers/fake-supervisor.js';

const NEVER = new AbortController().signal;
const HOUR = 3_600_000;

async function take(batches: AsyncIterable<readonly Activity[]>): Promise<Id[]> {
  const ids: Id[] = [];
  for await (const batch of batches) ids.push(...batch.map(({ id }) => id));
  return ids;
}

function fake(size: number): FakeSupervisor {
  const supervisor = new FakeSupervisor(new VirtualClock());
  supervisor.addHistory(size);
  return supervisor;
}

function newestFirst(supervisor: FakeSupervisor): Id[] {
  return supervisor.entries.map(({ activity }) => activity.id).reverse();
}

describe('listActivities', () => {
  for (const order of ['asc', 'desc'] as const) {
    it(`${order}: the newest ones, newest first, and how many there are in all`, async () => {
      const supervisor = fake(250);
      supervisor.order = order;
      const listing = listActivities(new ActivityLog(supervisor, 71n), {}, 20, NEVER);
      assert.deepEqual(await take(listing.batches), newestFirst(supervisor).slice(0, 20));
      assert.equal(listing.total(), 250);
    });

    it(`${order}: all of them with the limit 0`, async () => {
      const supervisor = fake(1234);
      supervisor.order = order;
      const { batches } = listActivities(new ActivityLog(supervisor, 71n), {}, 0, NEVER);
      assert.deepEqual(await take(batches), newestFirst(supervisor));
    });
  }

  it('stops reading at the limit', async () => {
    const supervisor = fake(5000);
    const { batches } = listActivities(new ActivityLog(supervisor, 71n), {}, 20, NEVER);
    await take(batches);
    assert.equal(supervisor.reads.length, 1);
  });

  it('reads nothing before the first item is asked for', () => {
    const supervisor = fake(5);
    listActivities(new ActivityLog(supervisor, 71n), {}, 20, NEVER);
    assert.equal(supervisor.reads.length, 0);
  });

  it('the limit counts what matches, and the total what the log holds', async () => {
    const supervisor = fake(250);
    const wanted = supervisor.entries
      .filter(({ activity }) => activity.node_id === 2n)
      .map(({ activity }) => activity.id);
    const listing = listActivities(new ActivityLog(supervisor, 71n), { nodes: [2n] }, 50, NEVER);
    assert.deepEqual(await take(listing.batches), wanted.reverse().slice(0, 50));
    assert.equal(listing.total(), 250);
  });

  it('stops at the first entry older than since', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    const old = Date.UTC(2026, 5, 1, 10);
    supervisor.addHistory(2000, { createdAt: old });
    const id = supervisor.add({ createdAt: old + HOUR });
    const { batches } = listActivities(new ActivityLog(supervisor, 71n), { since: old + HOUR }, 0, NEVER);
    assert.deepEqual(await take(batches), [id]);
    // The page that shows it, and those that were on their way by then.
    assert.ok(supervisor.reads.length <= 5, String(supervisor.reads.length));
  });

  it('an empty log is an empty list', async () => {
    const listing = listActivities(new ActivityLog(fake(0), 71n), {}, 20, NEVER);
    assert.deepEqual(await take(listing.batches), []);
    assert.equal(listing.total(), 0);
  });

  it('gives what it has before a page fails', async () => {
    const supervisor = fake(250);
    const list = supervisor.list.bind(supervisor);
    supervisor.list = async (id, query, options) => {
      if (query.page === 3) throw apiError(500);
      return list(id, query, options);
    };
    const got: Id[] = [];
    const read = async (): Promise<void> => {
      const { batches } = listActivities(new ActivityLog(supervisor, 71n), {}, 0, NEVER);
      for await (const batch of batches) got.push(...batch.map(({ id }) => id));
    };
    await assert.rejects(read(), { status: 500 });
    assert.deepEqual(got, newestFirst(supervisor).slice(0, 200));
  });

  it('ends with the signal', async () => {
    const reason = new Interrupted('SIGINT');
    const { batches } = listActivities(new ActivityLog(fake(5), 71n), {}, 0, AbortSignal.abort(reason));
    await assert.rejects(take(batches), reason);
  });
});

describe('listOnePage', () => {
  it('keeps the order of the API, and filters what is on the page', async () => {
    const supervisor = fake(30);
    supervisor.order = 'asc';
    const listing = listOnePage(() => supervisor.list(71n, { page: 2, results: 10 }), { nodes: [1n] });
    const ids = supervisor.entries.slice(10, 20).filter(({ activity }) => activity.node_id === 1n);
    assert.deepEqual(
      await take(listing.batches),
      ids.map(({ activity }) => activity.id),
    );
    assert.equal(listing.total(), 30);
  });
});

describe('matches', () => {
  const created = Date.UTC(2026, 5, 1, 10);
  const entry = (options: EntryOptions & { status?: string } = {}): Activity => ({
    id: 1n,
    node_id: options.node ?? 5n,
    runtime: options.runtime ?? 'iggy',
    action: options.action ?? 'restart',
    status: options.status ?? 'completed',
    author_id: options.author ?? 42n,
    created_at: new Date(created).toISOString(),
  });
  const table: Array<[filter: ActivityFilter, activity: Activity, expected: boolean]> = [
    [{}, entry(), true],
    [{ statuses: ['completed'] }, entry(), true],
    [{ statuses: ['rejected', 'processing'] }, entry(), false],
    [{ statuses: ['paused'] }, entry({ status: 'paused' }), true],
    [{ runtimes: ['connectors'] }, entry(), false],
    [{ actions: ['restart', 'stop'] }, entry(), true],
    [{ actions: ['reconfigure'] }, entry({ action: 'reconfigure' }), true],
    [{ actions: ['reconfigure'] }, entry({ action: 'reconfigure:42' }), true],
    [{ actions: ['reconfigure:42'] }, entry({ action: 'reconfigure:42' }), true],
    [{ actions: ['reconfigure:42'] }, entry({ action: 'reconfigure:421' }), false],
    [{ actions: ['re'] }, entry(), false],
    [{ nodes: [4n, 5n] }, entry(), true],
    [{ nodes: [610809900976570900n] }, entry({ node: 610809900976570889n }), false],
    [{ authors: [42n] }, entry(), true],
    [{ authors: [43n] }, entry(), false],
    [{ authors: [42n] }, { ...entry(), author_id: undefined }, false],
    [{ since: created }, entry(), true],
    [{ since: created + 1 }, entry(), false],
    [{ until: created }, entry(), true],
    [{ until: created - 1 }, entry(), false],
    [{ statuses: ['completed'], nodes: [6n] }, entry(), false],
  ];
  for (const [filter, activity, expected] of table) {
    const what = JSON.stringify(filter, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    it(`${what} of ${activity.action}, ${activity.status}: ${expected}`, () =>
      assert.equal(matches(filter, activity), expected));
  }
});
