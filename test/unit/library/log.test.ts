import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { type LdctlError } from '../../../src/base/errors.js';
import { type ActivitiesRequest, type FollowRequest } from '../../../src/library/old-requests.js';
import { apiError, failingRead } from '../../helpers/fake-supervisor.js';
import { LibraryBench } from '../../helpers/library.js';

async function all(entries: AsyncIterable<Activity>): Promise<Activity[]> {
  const found: Activity[] = [];
  for await (const activity of entries) found.push(activity);
  return found;
}

describe('a program that reads the log', () => {
  let bench: LibraryBench;
  beforeEach(() => {
    bench = new LibraryBench();
  });

  it('gets it newest first, each entry once', async () => {
    bench.supervisor.addHistory(300);
    const found = await bench.clock.run(all(bench.deployment().activities()));
    assert.deepEqual(
      found.map(({ id }) => id),
      bench.supervisor.entries.map(({ activity }) => activity.id).reverse(),
    );
  });

  it('gets what it filters for', async () => {
    const wanted = bench.supervisor.add({ node: 2n, action: 'restart', status: 'rejected' });
    bench.supervisor.add({ node: 1n, action: 'restart', status: 'rejected' });
    bench.supervisor.add({ node: 2n, action: 'restart' });
    const request: ActivitiesRequest = {
      status: 'rejected',
      runtime: ['iggy', 'connectors'],
      action: 'restart',
      nodes: [2n],
    };
    const found = await bench.clock.run(all(bench.deployment().activities(request)));
    assert.deepEqual(
      found.map(({ id }) => id),
      [wanted],
    );
  });

  it('gets what is not older than a time, given either way', async () => {
    const now = bench.clock.now();
    const id = bench.supervisor.add({ createdAt: now });
    for (const since of [new Date(now), new Date(now).toISOString()]) {
      const found = await bench.clock.run(all(bench.deployment().activities({ since })));
      assert.deepEqual(
        found.map((activity) => activity.id),
        [id],
      );
    }
  });

  it('goes on after an id, oldest first, but for what is younger than a minute', async () => {
    const after = bench.supervisor.entries.at(-1)?.activity.id ?? 0n;
    const old = [1, 2].map(() => bench.supervisor.add({ createdAt: bench.clock.now() - 100_000 }));
    bench.supervisor.add();
    const found = await bench.clock.run(all(bench.deployment().activities({ after })));
    assert.deepEqual(
      found.map(({ id }) => id),
      old,
    );
  });

  it('reads no more pages than it is asked for', async () => {
    bench.supervisor.addHistory(5000);
    for await (const activity of bench.deployment().activities()) {
      assert.ok(activity.id > 0n);
      break;
    }
    const before = bench.supervisor.reads.length;
    await bench.clock.advance(60_000);
    assert.equal(bench.supervisor.reads.length, before);
    assert.ok(before < 12, `${before} pages of 50 were read for one entry`);
  });

  it('is thrown an abort: a list that was cut must not look whole', async () => {
    bench.supervisor.addHistory(500);
    const stop = new AbortController();
    const read: bigint[] = [];
    const reading = (async () => {
      for await (const { id } of bench.deployment().activities({}, { signal: stop.signal })) {
        read.push(id);
        if (read.length === 10) stop.abort();
      }
    })();
    await assert.rejects(
      bench.clock.run(reading),
      (error: LdctlError) => error.code === 'interrupted' && error.exitCode === 130,
    );
    assert.equal(read.length, 10);
  });

  it('is thrown what the API refuses', async () => {
    bench.supervisor.nextReads(failingRead(apiError(403)));
    await assert.rejects(
      bench.clock.run(all(bench.deployment().activities())),
      (error: LdctlError) => error.exitCode === 4,
    );
  });

  it('is refused at once', () => {
    const bad = [
      { limit: -1 },
      { limit: 1.5 },
      { since: 'yesterday' },
      { since: new Date(NaN) },
      { status: 'done' },
      { status: [], x: 1 },
    ];
    for (const request of [
      ...bad,
      { runtime: 'kafka' },
      { action: 'explode' },
      { nodes: [1] },
      { nodes: [] },
      { after: 7 },
    ]) {
      assert.throws(
        () => bench.deployment().activities(request as unknown as ActivitiesRequest),
        (error: LdctlError) => error.exitCode === 2,
      );
    }
  });
});

describe('a program that follows the log', () => {
  let bench: LibraryBench;
  const stop = (): AbortController => new AbortController();
  beforeEach(() => {
    bench = new LibraryBench();
  });

  it('gets every entry that is new, and every change, until it aborts', async () => {
    const stopped = stop();
    const heard: Array<readonly [bigint, string]> = [];
    const following = (async () => {
      for await (const { id, status } of bench.deployment().follow({}, { signal: stopped.signal }))
        heard.push([id, status]);
    })();
    await bench.clock.advance(5000);
    const id = bench.supervisor.add({ status: 'processing', then: [[8000, 'completed']] });
    await bench.clock.advance(60_000);
    stopped.abort();
    await bench.clock.run(following);
    assert.deepEqual(heard, [
      [id, 'processing'],
      [id, 'completed'],
    ]);
    assert.equal(bench.clock.asleep, 0);
  });

  it('may do with an entry as it likes', async () => {
    const stopped = stop();
    const heard: string[] = [];
    const following = (async () => {
      for await (const activity of bench.deployment().follow({}, { signal: stopped.signal })) {
        heard.push(activity.status);
        activity.status = 'completed';
      }
    })();
    await bench.clock.advance(5000);
    bench.supervisor.add({ status: 'processing', then: [[8000, 'completed']] });
    await bench.clock.advance(60_000);
    stopped.abort();
    await bench.clock.run(following);
    assert.deepEqual(heard, ['processing', 'completed']);
  });

  it('begins after an id, with what is there', async () => {
    const after = bench.supervisor.entries[0]?.activity.id ?? 0n;
    const heard: bigint[] = [];
    const following = (async () => {
      for await (const { id } of bench.deployment().follow({ after })) {
        heard.push(id);
        if (heard.length === 2) break;
      }
    })();
    await bench.clock.run(following);
    assert.deepEqual(
      heard,
      bench.supervisor.entries.slice(1).map(({ activity }) => activity.id),
    );
    assert.equal(bench.clock.asleep, 0);
  });

  it('is thrown when sight of the log is lost', async () => {
    bench.supervisor.beforeRead = () => {
      if (bench.supervisor.reads.length > 3) throw apiError(403);
    };
    const following = bench.clock.run(all(bench.deployment().follow()));
    await assert.rejects(
      following,
      (error: LdctlError) => error.exitCode === 7 && error.message.startsWith('lost sight of the log: '),
    );
  });

  it('is refused at once', () => {
    for (const request of [{ since: new Date() }, { after: '7' }]) {
      assert.throws(
        () => bench.deployment().follow(request as unknown as FollowRequest),
        (error: LdctlError) => error.exitCode === 2,
      );
    }
  });
});
