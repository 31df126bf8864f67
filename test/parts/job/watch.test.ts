import assert from 'node:assert/strict';
import { followLog } from '../../../src/app/follow.js';
import { Interrupted } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { type FollowEvent, type FollowPlan, type WatchResult } from '../../../src/job/watch.js';
import { openLog } from '../../../src/log/log.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT, slowAnswer, VirtualServer } from '../../helpers/virtual-server.js';

const HOUR = 3_600_000;

function scene(history = 0, order: 'asc' | 'desc' = 'desc') {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock, { order });
  server.addHistory(history, { createdAt: clock.now() - HOUR });
  const ids = (): Id[] => server.ids;
  return { server, clock, log: openLog(server, DEPLOYMENT, clock), ids };
}

describe('a log that is followed', () => {
  /** Follows it for a while, from now on unless the plan says otherwise. @returns what it reported */
  async function follow(
    { clock, log }: ReturnType<typeof scene>,
    forMs: number,
    plan: Partial<FollowPlan> = {},
  ): Promise<{ events: FollowEvent[]; changes: Array<[Id, string]> }> {
    const stop = new AbortController();
    const events: FollowEvent[] = [];
    const following = (async () => {
      const tools = { log, clock, signal: stop.signal };
      for await (const event of followLog({ filter: {}, ...plan }, tools)) events.push(event);
    })();
    const ended = assert.rejects(following, Interrupted);
    await clock.advance(forMs);
    stop.abort(new Interrupted('SIGINT'));
    await clock.run(ended);
    const changes = events.flatMap((event): Array<[Id, string]> =>
      event.event === 'activity' ? [[event.activity.id, event.activity.status]] : [],
    );
    return { events, changes };
  }

  it('reports nothing again that it sees where it looks deep for an open entry', async () => {
    const one = scene();
    one.server.add({ appearMs: 1000, workMs: null });
    for (let ms = 2000; ms < 200_000; ms += 1000) one.server.add({ appearMs: ms });
    const { changes } = await follow(one, 210_000);
    assert.deepEqual(
      changes.map(([id]) => id),
      one.ids(),
    );
  });

  it('asks once for each quiet poll, at most every five seconds', async () => {
    const one = scene(380, 'asc');
    one.server.add({ workMs: 3_000_000 });
    await follow(one, HOUR);
    assert.ok(one.server.reads.length < 950, `${one.server.reads.length} requests`);
  });

  it('gets each entry once, however late it comes: within a minute, or below no more than 50', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const history = Math.floor(random() * 3) * 95;
      const order = random() < 0.5 ? 'asc' : 'desc';
      const one = scene(history, order);
      const { server, clock, ids } = one;
      const after = random() < 0.3 ? ids().at(-1) : undefined;
      const isListed = random() < 0.5;
      const before = after === undefined ? [] : ids();
      const [gapMs, lateMs] = random() < 0.3 ? [500, 59_000] : [4000, 80_000];
      for (let madeAt = -20_000; madeAt < 90_000; madeAt += random() * gapMs) {
        const createdAt = random() < 0.1 ? 0 : clock.now() + madeAt;
        server.add({ appearMs: madeAt + random() * lateMs, createdAt });
      }
      const there = server.log.entries.filter(({ appears_at: at }) => Number(at) <= clock.now());
      const old = after === undefined && !isListed ? there.map(({ id }) => id) : before;
      const { events } = await follow(one, 180_000, { after, ...(isListed && { limit: 0 }) });
      const reported = events.flatMap((event) => {
        if (event.event === 'listing') return event.activities;
        return event.event === 'activity' ? event.activity : [];
      });
      const givenIds = new Set([...old, ...reported.map(({ id }) => id)]);
      const lost = ids().filter((id) => !givenIds.has(id));
      assert.deepEqual(
        [lost, old.length + reported.length],
        [[], ids().length],
        `seed ${seed}, ${order}`,
      );
    }
  });

  it('looks up every open entry that is deep in the log by now', async () => {
    const one = scene();
    // After a minute, reads no longer go down to it for what may come late.
    const open = one.server.add({ workMs: 80_000 });
    one.server.add({ workMs: null });
    one.server.addHistory(3000, { createdAt: one.clock.now() - HOUR, appearMs: 5000 });
    const filter = { nodes: [1n], action: ['restart'] };
    let requests = 0;
    one.server.beforeRead = () => void (requests += one.clock.elapsed() > 180_000 ? 1 : 0);
    assert.deepEqual((await follow(one, 300_000, { filter, limit: 0 })).changes, [
      [open, 'completed'],
    ]);
    // Thirty pages once a minute; else the newest one.
    assert.ok(requests > 60 && requests < 150, `${requests} requests in two minutes`);
  });

  it('gets the end of each entry of a restart of 300 nodes, which have one time', async () => {
    const one = scene();
    const createdAt = one.clock.now() + 5000;
    for (let n = 1n; n <= 300n; n += 1n) {
      one.server.add({ node: n, appearMs: 5000, workMs: 90_000, createdAt });
    }
    const { changes } = await follow(one, 300_000);
    assert.equal(changes.filter(([, status]) => status === 'completed').length, 300);
  });

  it('reads no further down than what came a minute ago, however much comes', async () => {
    const one = scene();
    for (let ms = 2000; ms < 400_000; ms += 2000) {
      one.server.add({ appearMs: ms, createdAt: one.clock.now() + ms });
    }
    const { changes } = await follow(one, 400_000);
    assert.equal(changes.length, 199);
    assert.deepEqual([...new Set(one.server.reads.map(({ page }) => page))], [1]);
  });

  it('is read a second after a single change, however long it was quiet', async () => {
    const one = scene();
    one.server.add({ appearMs: 600_000 });
    const times: number[] = [];
    one.server.beforeRead = () => void times.push(one.clock.elapsed());
    await follow(one, 620_000);
    const seen = times.findIndex((at) => at >= 600_000);
    const [before = 0, at = 0, next = 0] = times.slice(seen - 1);
    assert.deepEqual([at - before, next - at], [5000, 1000]);
  });
});

describe('a log that is watched', () => {
  /** Watches it to its end. */
  async function watch(
    { log, clock }: ReturnType<typeof scene>,
    plan: Partial<FollowPlan>,
  ): Promise<WatchResult> {
    const { signal } = new AbortController();
    const all = { filter: {}, limit: 0, timeoutMs: 60_000, ...plan };
    const events = followLog(all, { log, clock, signal });
    let step = await events.next();
    while (!step.done) step = await clock.run(events.next());
    return step.value;
  }

  it('counts a rejection that --status rejected lists last, of what it saw at first', async () => {
    const one = scene(3);
    one.server.add({ appearMs: 500, workMs: 2500, result: 'rejected' });
    const { entries, anyRejected } = await watch(one, { filter: { status: ['rejected'] } });
    assert.deepEqual({ listed: entries.length, anyRejected }, { listed: 1, anyRejected: true });
  });

  it('is not held up by what shows up later than 3 s after its first read', async () => {
    const one = scene(3);
    one.server.add({ workMs: 6000 });
    one.server.add({ appearMs: 3500, workMs: null });
    const { error } = await watch(one, {});
    assert.deepEqual({ error, after: one.clock.elapsed() }, { error: null, after: 6000 });
  });

  it('gives up a read that runs on 15 s after the deadline: 7', async () => {
    const one = scene(3);
    const { server, clock } = one;
    server.onRead = (page, _query, { signal }) =>
      server.reads.length > 2 ? slowAnswer(clock, signal) : page;
    const { error } = await watch(one, {});
    assert.deepEqual({ code: error?.exitCode, after: clock.elapsed() }, { code: 7, after: 75_000 });
  });
});
