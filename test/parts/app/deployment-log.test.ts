import assert from 'node:assert/strict';
import type { Activity } from '../../../src/base/activity.js';
import { apiError, failingRead } from '../../helpers/virtual-server.js';
import { clock, deployment, idsOf, setUp, supervisor } from './bench.js';

beforeEach(() => setUp());

/** The ids of all that is read, in its order. */
const read = (entries: AsyncIterable<Activity>): Promise<bigint[]> => clock.run(idsOf(entries));

describe('a program that reads the log', () => {
  it('gets the nodes that it lists, and whether each runtime is up by it', async () => {
    supervisor.add({ node: 2n, action: 'stop' });
    supervisor.add({ node: 4n, action: 'start', createdAt: clock.now() - 31 * 86_400_000 });
    const nodes = await clock.run(deployment.nodes());
    assert.deepEqual(
      nodes.map(({ node_id, runtimes }) => [node_id, runtimes.iggy?.state]),
      [
        [1n, 'running'],
        [2n, 'stopped'],
        [3n, 'running'],
      ],
    );
    const [only, ...others] = await clock.run(deployment.nodes({ nodes: [2n], runtime: 'iggy' }));
    assert.deepEqual([only?.node_id, others], [2n, []]);
  });

  it('gets it newest first, each entry once, or what it filters for', async () => {
    supervisor.addHistory(300);
    const now = clock.now();
    const wanted = supervisor.add({
      node: 2n,
      action: 'restart',
      result: 'rejected',
      createdAt: now,
    });
    supervisor.add({ node: 1n, action: 'restart', result: 'rejected' });
    const ids = supervisor.ids;
    assert.deepEqual(await read(deployment.activities({ limit: 0 })), ids.toReversed());
    const filter = {
      status: 'rejected',
      runtime: ['iggy', 'connectors'],
      action: 'restart',
      nodes: [2n],
    } as const;
    for (const since of [undefined, new Date(now), new Date(now).toISOString()]) {
      assert.deepEqual(await read(deployment.activities({ ...filter, since })), [wanted]);
    }
    // Oldest first, and what is younger than a minute may still get a neighbour.
    const old = await read(deployment.activities({ after: ids[0] }));
    assert.deepEqual(old, ids.slice(1, 3));
    assert.deepEqual(await read(deployment.activities({ limit: 2 })), ids.slice(-2).toReversed());
  });

  it('is thrown an abort, since a list that was cut must not look whole, and what the API refuses', async () => {
    supervisor.addHistory(500);
    const stop = new AbortController();
    const seen: bigint[] = [];
    const reading = (async () => {
      for await (const { id } of deployment.activities({}, { signal: stop.signal })) {
        if (seen.push(id) === 10) stop.abort();
      }
    })();
    await assert.rejects(clock.run(reading), { exitCode: 130 });
    assert.ok(seen.length < 500, 'what was read already may still come');
    supervisor.nextReads(failingRead(apiError(403)));
    await assert.rejects(read(deployment.activities()), { exitCode: 4 });
  });
});

describe('a program that follows the log', () => {
  it('gets every entry that is new, and every change, until it aborts', async () => {
    const stop = new AbortController();
    const heard: Array<readonly [bigint, string]> = [];
    const following = (async () => {
      for await (const { id, status } of deployment.follow({}, { signal: stop.signal })) {
        heard.push([id, status]);
      }
    })();
    await clock.advance(5000);
    const id = supervisor.add({ workMs: 8000 });
    await clock.advance(60_000);
    stop.abort();
    await clock.run(following);
    assert.deepEqual(heard, [
      [id, 'processing'],
      [id, 'completed'],
    ]);
    assert.equal(clock.asleep, 0);
  });

  it('starts after an id, with what is there, and ends where the loop is left', async () => {
    const [first = 0n, ...others] = supervisor.ids;
    const heard: bigint[] = [];
    const following = (async () => {
      for await (const { id } of deployment.follow({ after: first })) {
        if (heard.push(id) === 2) break;
      }
    })();
    await clock.run(following);
    assert.deepEqual(heard, others);
    assert.equal(clock.asleep, 0);
  });
});
