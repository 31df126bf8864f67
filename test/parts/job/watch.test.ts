import assert from 'node:assert/strict';
import { type LdctlError, Interrupted } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import {
  createWatch,
  followLog,
  type FollowEvent,
  type WatchResult,
} from '../../../src/job/watch.js';
import { drive } from '../../../src/job/drive.js';
import { type ActivityFilter } from '../../../src/log/list.js';
import { openLog, type LogRead } from '../../../src/log/log.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';
import { VirtualClock } from '../../helpers/clock.js';
import {
  apiError,
  DEPLOYMENT,
  failingRead,
  lost,
  slowAnswer,
  VirtualServer,
  type EntryOptions,
} from '../../helpers/virtual-server.js';

const HOUR = 3_600_000;

function scene(history = 0, order: 'asc' | 'desc' = 'desc') {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock, { order });
  server.addHistory(history, { createdAt: clock.now() - HOUR });
  const ids = (): Id[] => server.ids;
  return { server, clock, log: openLog(server, DEPLOYMENT, clock), ids };
}

describe('a log that is followed', () => {
  interface Plan {
    after?: Id | undefined;
    filter?: ActivityFilter;
    /** 0 where it is left out; null: no listing. */
    limit?: number | null;
    forMs?: number;
  }

  /** Follows it for a while. @returns what was told, and how it ended */
  async function follow(
    { clock, log }: Omit<ReturnType<typeof scene>, 'ids'>,
    { after, filter = {}, limit = 0, forMs = 60_000 }: Plan,
  ): Promise<{ events: FollowEvent[]; changes: Array<[Id, string]>; error: LdctlError }> {
    const stop = new AbortController();
    const events: FollowEvent[] = [];
    const running = (async () => {
      for await (const event of followLog(
        { after, filter, ...(limit !== null && { limit }) },
        { log, clock, signal: stop.signal },
      )) {
        events.push(event);
      }
    })().catch((error: unknown) => error as LdctlError);
    await clock.advance(forMs);
    stop.abort(new Interrupted('SIGINT'));
    const error = (await clock.run(running)) ?? assert.fail('it has ended');
    const changes = events.flatMap((event): Array<[Id, string]> =>
      event.event === 'activity' ? [[event.activity.id, event.activity.status]] : [],
    );
    return { events, changes, error };
  }

  it('takes no old entry for a new one where it looks deep for an open one', async () => {
    const one = scene();
    one.server.add({ workMs: null, createdAt: one.clock.now() - HOUR });
    one.server.addHistory(60, { createdAt: one.clock.now() - HOUR });
    assert.deepEqual((await follow(one, { limit: 0, forMs: 10_000 })).changes, []);
  });

  for (const order of ['asc', 'desc'] as const) {
    it(`${order}: after an id tells what is there, oldest first, then what comes and what changes`, async () => {
      const { server, clock, log, ids } = scene(350, order);
      const old = ids();
      const young = server.add({ workMs: 20_000 });
      const later = server.add({ appearMs: 5000 });
      const late = server.add({ id: young + 1n, appearMs: 30_000 });
      const { changes, error } = await follow({ server, clock, log }, { after: old[9] });
      const history = old.slice(10).map((id): [Id, string] => [id, 'completed']);
      const rest = [
        [young, 'processing'],
        [later, 'completed'],
        [young, 'completed'],
        [late, 'completed'],
      ];
      assert.deepEqual(changes, [...history, ...rest]);
      assert.equal(error.exitCode, 130);
    });

    it(`${order}: else starts with a listing, and asks once for each quiet poll`, async () => {
      const { server, clock, log, ids } = scene(380, order);
      const open = server.add({ workMs: 3_000_000, result: 'rejected' });
      const listed = ids().reverse().slice(0, 5);
      const { events, changes } = await follow({ server, clock, log }, { limit: 5, forMs: HOUR });
      const [first] = events;
      assert.ok(first?.event === 'listing');
      assert.deepEqual([first.activities.map(({ id }) => id), first.total], [listed, 381]);
      assert.deepEqual(changes, [[open, 'rejected']]);
      assert.ok(server.reads.length < 950, String(server.reads.length));
    });
  }

  it('gets each entry once, however late it comes: within a minute, or below no more than 50', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const history = Math.floor(random() * 3) * 95;
      const order = random() < 0.5 ? 'asc' : 'desc';
      const { server, clock, log, ids } = scene(history, order);
      const after = random() < 0.3 ? ids().at(-1) : undefined;
      const limit = random() < 0.5 ? 0 : null;
      const before = after === undefined ? [] : ids();
      const [gapMs, lateMs] = random() < 0.3 ? [500, 59_000] : [4000, 80_000];
      for (let madeAt = -20_000; madeAt < 90_000; madeAt += random() * gapMs) {
        const createdAt = random() < 0.1 ? 0 : clock.now() + madeAt;
        server.add({ appearMs: madeAt + random() * lateMs, createdAt });
      }
      const there = server.log.entries.filter(({ appears_at: at }) => Number(at) <= clock.now());
      const old = after === undefined && limit === null ? there.map(({ id }) => id) : before;
      const { events } = await follow({ server, clock, log }, { after, limit, forMs: 180_000 });
      const told = events.flatMap((event) =>
        event.event === 'listing'
          ? event.activities
          : event.event === 'activity'
            ? event.activity
            : [],
      );
      const toldIds = new Set([...old, ...told.map(({ id }) => id)]);
      const lost = ids().filter((id) => !toldIds.has(id));
      assert.deepEqual(
        [lost, old.length + told.length],
        [[], ids().length],
        `seed ${seed}, ${order}`,
      );
    }
  });

  const STATUS: ReadonlyArray<readonly [status: string, told: string[]]> = [
    ['processing', ['processing', 'rejected']],
    ['rejected', ['rejected']],
    ['completed', []],
  ];
  for (const [status, told] of STATUS) {
    it(`with --status ${status} gets an entry that becomes rejected as: ${told.join(', ') || 'nothing'}`, async () => {
      const { server, clock, log } = scene(3);
      const options: EntryOptions = {
        appearMs: 2000,
        workMs: 9000,
        result: 'rejected',
      };
      server.add({ ...options, node: 2n });
      server.add({ ...options, node: 1n });
      const { changes } = await follow(
        { server, clock, log },
        { filter: { status: [status], nodes: [2n] } },
      );
      assert.deepEqual(
        changes.map(([, now]) => now),
        told,
      );
    });
  }

  it('looks up every open entry that is deep in the log by now', async () => {
    const { server, clock, log } = scene();
    const open = server.add({ workMs: 50_000 });
    server.add({ workMs: null });
    server.addHistory(3000, { createdAt: clock.now() - HOUR, appearMs: 5000 });
    const { changes } = await follow(
      { server, clock, log },
      { filter: { nodes: [1n], action: ['restart'] }, forMs: 90_000 },
    );
    assert.deepEqual(changes, [[open, 'completed']]);
  });

  it('reads no further down than what came a minute ago, however much comes', async () => {
    const { server, clock, log } = scene();
    for (let ms = 2000; ms < 400_000; ms += 2000) {
      server.add({ appearMs: ms, createdAt: clock.now() + ms });
    }
    const { changes } = await follow({ server, clock, log }, { forMs: 400_000 });
    assert.equal(changes.length, 199);
    assert.deepEqual([...new Set(server.reads.map(({ page }) => page))], [1]);
  });

  it('is read a second after a single change, however long it was quiet', async () => {
    const { server, clock, log } = scene();
    server.add({ appearMs: 600_000 });
    const times: number[] = [];
    server.beforeRead = () => void times.push(clock.elapsed());
    await follow({ server, clock, log }, { forMs: 620_000 });
    const seen = times.findIndex((at) => at >= 600_000);
    const [before = 0, at = 0, next = 0] = times.slice(seen - 1);
    assert.deepEqual([at - before, next - at], [5000, 1000]);
  });

  it('says once that it cannot be read', async () => {
    const { server, clock, log } = scene(3);
    server.nextReads(
      (page) => page,
      (page) => page,
      failingRead(lost()),
      failingRead(apiError(429, { retryAfterMs: 20_000 })),
    );
    const { events } = await follow({ server, clock, log }, { forMs: 40_000 });
    assert.deepEqual(
      events.map(({ event }) => event),
      ['listing', 'warning'],
    );
    assert.ok(clock.sleeps.includes(20_000));
    server.verify();
  });

  it('is given up at once where the key is no good, and after a minute and three reads of anything else: 7', async () => {
    const CASES = [
      [apiError(401), 1000],
      [lost(), 61_000],
      [apiError(503, { retryAfterMs: 70_000 }), 141_000],
    ] as const;
    for (const [failure, endsAt] of CASES) {
      const { server, clock, log } = scene(3);
      server.beforeRead = () => {
        if (server.reads.length > 2) throw failure;
      };
      const { error } = await follow({ server, clock, log }, { forMs: 10 * 60_000 });
      assert.equal(error.exitCode, 7);
      assert.match(error.message, /^the log could not be read any more: /);
      const slept = clock.sleeps.reduce((sum, ms) => sum + ms, 0);
      assert.equal(Math.floor(slept / 1000) * 1000, endsAt);
    }
  });
});

describe('a log that is watched', () => {
  /** @param newest what it has read before */
  function watch(
    { clock, log }: Pick<ReturnType<typeof scene>, 'clock' | 'log'>,
    newest: LogRead,
    timeoutMs = Infinity,
    first = newest.entries,
  ): Promise<WatchResult> {
    const plan = { filter: {}, timeoutMs };
    const job = createWatch(plan, { known: newest.entries, first }, clock.elapsed());
    const supervisor = { trigger: () => assert.fail() };
    const { signal } = new AbortController();
    const tools = { supervisor, log, journal: null, clock, signal };
    return clock.run(drive(job, tools, () => undefined));
  }

  const CASES: ReadonlyArray<
    [name: string, entries: EntryOptions[], endsAt: number, isRejected: boolean]
  > = [
    ['ends on a read 3 s after its first where nothing is running', [], 3000, false],
    [
      'waits for what shows up until then',
      [{ appearMs: 1500, workMs: 9000, result: 'rejected' }],
      9000,
      true,
    ],
    ['is not held up by what shows up later', [{ appearMs: 3500, workMs: null }], 3000, false],
  ];
  for (const [name, entries, endsAt, isRejected] of CASES) {
    it(name, async () => {
      const { server, clock, log } = scene(3);
      for (const entry of entries) server.add(entry);
      const newest = await log.newest();
      const startedAt = clock.elapsed();
      const { anyRejected, error } = await watch({ clock, log }, newest);
      assert.deepEqual([error, anyRejected], [null, isRejected]);
      assert.equal(Math.floor((clock.elapsed() - startedAt) / 1000) * 1000, endsAt);
    });
  }

  it('counts a rejection that --status rejected lists last, of what it saw at first', async () => {
    const { server, clock, log } = scene(3);
    server.add({ appearMs: 500, workMs: 2500, result: 'rejected' });
    const { signal } = new AbortController();
    const plan = { filter: { status: ['rejected'] }, limit: 0, timeoutMs: 60_000 };
    const events = followLog(plan, { log, clock, signal });
    let step = await events.next();
    while (!step.done) step = await clock.run(events.next());
    const { entries, anyRejected } = step.value;
    assert.deepEqual([entries.length, anyRejected], [1, true]);
  });

  it('ends with the read at its deadline: 8', async () => {
    const { server, clock, log } = scene(3);
    server.add({ workMs: null });
    const { error } = await watch({ clock, log }, await log.newest(), 60_000);
    assert.deepEqual([error?.exitCode, clock.elapsed()], [8, 60_000]);
  });

  it('shows what it was asked to list, and not what else it has read', async () => {
    const { clock, log } = scene(3);
    const newest = await log.newest();
    const first = newest.entries.slice(0, 1);
    const { entries } = await watch({ clock, log }, newest, Infinity, first);
    assert.deepEqual(entries, first);
  });

  it('gives up a read that runs on 15 s after the deadline: 7', async () => {
    const { server, clock, log } = scene(3);
    const newest = await log.newest();
    server.onRead = (_page, _query, { signal }) => slowAnswer(clock, signal);
    const { error } = await watch({ clock, log }, newest, 60_000);
    assert.deepEqual([error?.exitCode, clock.elapsed()], [7, 75_000]);
  });
});
