import assert from 'node:assert/strict';
import { type Id } from '../../../src/base/ids.js';
import { listAfter, listNewest, type Listing, type ActivityFilter } from '../../../src/log/list.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';

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

describe('a listing', () => {
  it('ends soon after what is too old', async () => {
    const { server, clock, log } = scene(5000);
    const id = server.add();
    assert.deepEqual(
      await idsIn(listNewest(log, { filter: { since: clock.now() - HOUR / 2 }, limit: 0 }, {})),
      [id],
    );
    assert.ok(server.reads.length <= 4, String(server.reads.length));
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
});
