import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { Interrupted } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import {
  listAfter,
  listNewest,
  listOnePage,
  matches,
  type Listing,
  type ActivityFilter,
} from '../../../src/log/list.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, DEPLOYMENT, failingRead, VirtualServer } from '../../helpers/virtual-server.js';

const HOUR = 3_600_000;

function scene(history = 0) {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock);
  server.addHistory(history, { createdAt: clock.now() - HOUR });
  return {
    server,
    clock,
    log: openLog(server, DEPLOYMENT, clock),
    ids: () => server.ids,
  };
}

async function idsIn(listing: Listing): Promise<Id[]> {
  const ids: Id[] = [];
  for await (const { entries } of listing) ids.push(...entries.map(({ id }) => id));
  return ids;
}

describe('a filter', () => {
  const at = '2026-06-01T10:00:00.000Z';
  const created = Date.parse(at);
  const entry: Activity = {
    id: 1n,
    node_id: 5n,
    runtime: 'iggy',
    action: 'reconfigure:42',
    status: 'completed',
    author_id: 9n,
    created_at: at,
  };
  const CASES: ReadonlyArray<readonly [filter: ActivityFilter, expected: boolean]> = [
    [{}, true],
    [{ status: ['completed'], runtime: ['iggy'], nodes: [4n, 5n], authors: [9n] }, true],
    [{ status: ['rejected', 'processing'] }, false],
    [{ runtime: ['connectors'] }, false],
    [{ action: ['reconfigure'] }, true],
    [{ action: ['restart', 'reconfigure:42'] }, true],
    [{ action: ['reconfigure:4'] }, false],
    [{ nodes: [4n] }, false],
    [{ authors: [] }, false],
    [{ since: created, until: created }, true],
    [{ since: created + 1 }, false],
    [{ until: created - 1 }, false],
  ];
  for (const [filter, expected] of CASES) {
    it(`${JSON.stringify(filter, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}: ${expected}`, () =>
      assert.equal(matches(filter, entry), expected));
  }
});

describe('a listing', () => {
  it('stops at the limit, which counts what matches; the total is what the log holds', async () => {
    const { server, log, ids } = scene(5000);
    const listing = listNewest(log, { filter: {}, limit: 20 }, {});
    assert.equal(server.reads.length, 0);
    assert.deepEqual(await idsIn(listing), ids().reverse().slice(0, 20));
    assert.equal(server.reads.length, 1);
    const ofOne = await idsIn(listNewest(log, { filter: { nodes: [2n] }, limit: 50 }, {}));
    assert.equal(ofOne.length, 50);
  });

  it('ends soon after what is too old', async () => {
    const { server, clock, log } = scene(5000);
    const id = server.add();
    assert.deepEqual(
      await idsIn(listNewest(log, { filter: { since: clock.now() - HOUR / 2 }, limit: 0 }, {})),
      [id],
    );
    assert.ok(server.reads.length <= 4, String(server.reads.length));
  });

  it('gives what it has before a page fails, and ends with the signal', async () => {
    const { server, log, ids } = scene(250);
    const got: Id[] = [];
    server.nextReads(
      (page) => page,
      (page) => page,
      failingRead(apiError(500)),
    );
    const read = async (): Promise<void> => {
      for await (const { entries } of listNewest(log, { filter: {}, limit: 0 }, {})) {
        got.push(...entries.map(({ id }) => id));
      }
    };
    await assert.rejects(read(), { status: 500 });
    assert.deepEqual(got, ids().reverse().slice(0, 200));
    const reason = new Interrupted('SIGINT');
    await assert.rejects(
      idsIn(listNewest(log, { filter: {}, limit: 0 }, { signal: AbortSignal.abort(reason) })),
      reason,
    );
  });

  it('after an id goes up to the first entry that is younger than a minute; a time in the future is none', async () => {
    const { server, clock, log, ids } = scene(3);
    const now = clock.now();
    server.add({ createdAt: now + 2 * HOUR });
    server.add({ createdAt: now - 61_000 });
    server.add({ createdAt: now - 59_000 });
    server.add({ createdAt: now - 61_000 });
    const after = (limit: number, filter: ActivityFilter = {}): Promise<Id[]> =>
      idsIn(listAfter(log, { after: ids()[0] ?? 0n, filter, limit }, { clock }));
    assert.deepEqual(await after(0), ids().slice(1, 5));
    assert.deepEqual(await after(2), ids().slice(1, 3));
    assert.deepEqual(await after(0, { until: now }), [...ids().slice(1, 3), ids()[4]]);
  });

  it("after an id tells a young entry by the server's clock, or by this machine's where none is sent", async () => {
    const { server, clock, log, ids } = scene(1);
    const [first = 0n] = ids();
    const old = server.add({ createdAt: clock.now() - 60_000 });
    const young = server.add({ createdAt: clock.now() - 59_999 });
    const after = (id: Id, here: number): Promise<Id[]> =>
      idsIn(listAfter(log, { after: id, filter: {}, limit: 0 }, { clock: { now: () => here } }));
    // This machine is an hour ahead: by its clock, nothing is young.
    assert.deepEqual(await after(first, clock.now() + HOUR), [old]);
    assert.deepEqual(await after(old, clock.now() + HOUR), []);
    server.hasDate = false;
    assert.deepEqual(await after(first, clock.now()), [old]);
    assert.deepEqual(await after(first, clock.now() + HOUR), [old, young]);
  });

  it('after an id reads no page that can only hold older entries', async () => {
    const { server, clock, log, ids } = scene(500);
    const newest = ids().reverse();
    // How far down a page reaches, its last five entries decide, without the very last one.
    for (const [at, pages] of [
      [93, 1],
      [94, 1],
      [95, 2],
      [194, 2],
    ] as const) {
      server.reads.length = 0;
      const asked = { after: newest[at] ?? 0n, filter: {}, limit: 0 };
      const found = await idsIn(listAfter(log, asked, { clock }));
      assert.deepEqual(found.reverse(), newest.slice(0, at));
      assert.equal(server.reads.length, pages, `after the entry at ${at}`);
    }
  });

  it('says how many entries the log has, whatever it lists', async () => {
    const { server, clock, log, ids } = scene(250);
    const totals: number[] = [];
    const filter = { status: ['rejected'] };
    const page = await server.list(DEPLOYMENT, { page: 2, results: 10 });
    for (const listing of [
      listNewest(log, { filter, limit: 0 }, {}),
      listAfter(log, { after: ids()[240] ?? 0n, filter, limit: 0 }, { clock }),
      listOnePage(() => Promise.resolve(page), filter),
    ]) {
      for await (const { entries, total } of listing) {
        assert.deepEqual(entries, []);
        totals.push(total);
      }
    }
    assert.deepEqual(totals, Array(totals.length).fill(250));
    assert.ok(totals.length >= 3);
    const [first] = page.items;
    const nodes = [first?.node_id ?? 0n];
    assert.deepEqual(
      await idsIn(listOnePage(() => Promise.resolve(page), { nodes })),
      page.items.filter(({ node_id: node }) => nodes.includes(node)).map(({ id }) => id),
    );
  });
});
