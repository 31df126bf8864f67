import assert from 'node:assert/strict';
import { withLog } from '../../bench/log-server.js';
import { type Ended } from '../helpers/ldctl.js';
import { plan, story, withScene } from '../helpers/scene.js';
import { reply, startServer, type Step } from '../helpers/server.js';

const LIST = 'activities list --limit 0 -o json';
const MINUTE_MS = 60_000;

const entry = (id: number, fields: Record<string, unknown> = {}) => ({
  id: BigInt(id),
  node_id: 610809900976570889n,
  runtime: 'iggy',
  action: 'restart',
  status: 'completed',
  created_at: '2026-06-01T11:59:00Z',
  ...fields,
});

/** A log of so many entries, newest first, one a second. */
const logOf = (size: number) =>
  Array.from({ length: size }, (_, index) =>
    entry(size - index, { created_at: new Date(Date.UTC(2026, 5) - index * 1000).toISOString() }),
  );

const idsOf = (log: ReadonlyArray<{ id: bigint }>): string[] => log.map(({ id }) => String(id));

/** Answers with the page of a log that was asked for, or with another. */
function pages(log: readonly unknown[], always?: number): Step {
  return (request, response, socket) => {
    const query = new URL(request.url, 'http://localhost').searchParams;
    const page = always ?? Number(query.get('page'));
    const results = Number(query.get('results'));
    const items = log.slice((page - 1) * results, page * results);
    const totals = { total_results: log.length, total_pages: Math.ceil(log.length / results) };
    return reply(200, { items, page, ...totals })(request, response, socket);
  };
}

/** How a command ends that asks a server. */
async function asking(
  code: number,
  command: string,
  step: Step,
): Promise<Ended & { requests: number }> {
  const server = await startServer(step);
  let ended: Ended | undefined;
  await withScene({}, async (scene) => {
    const env = { LD_SUPERVISOR_URL: server.url, LD_TENANT_ID: undefined, LD_DEPLOYMENT_ID: '7' };
    ended = await scene.ends(code, command, env);
  }).finally(() => server.close());
  assert.ok(ended);
  return { ...ended, requests: server.requests.length };
}

/** How a listing of the whole log ends. */
async function listing(
  code: number,
  step: Step,
  flags = '',
): Promise<Ended & { ids: string[]; requests: number }> {
  const ended = await asking(code, `${LIST}${flags}`, step);
  const { items = [] } = JSON.parse(ended.stdout) as { items?: Array<{ id: string }> };
  return { ...ended, ids: items.map(({ id }) => id) };
}

describe('a log', () => {
  plan(
    'behind a cache that ignores the query is not cut short: 6, with request id and cause',
    async () => {
      const { stderr } = await listing(6, pages(logOf(250), 1));
      assert.match(stderr, /the answer is page 1 where page 2 was asked for/);
      assert.match(stderr, /cache or a proxy[^]*0123456789abcdef0123456789abcdef/);
    },
  );

  /** A log of one moment, on a server that does not care in which order each query has them. */
  const unsorted = (size: number, turn: (page: number, nth: number) => number): Step => {
    const log = logOf(size).map(({ id }) => entry(Number(id)));
    let nth = 0;
    return (request, ...rest) => {
      const page = Number(new URL(request.url, 'http://localhost').searchParams.get('page'));
      const by = turn(page, (nth += 1));
      return pages([...log.slice(by), ...log.slice(0, by)])(request, ...rest);
    };
  };

  plan('that lacks entries each time that it is read says so: 6', async () => {
    // Page 1 has the first hundred, page 2 repeats 70 of them, page 3 has the last 50.
    const { ids, stderr } = await listing(
      6,
      unsorted(250, (page) => (page === 2 ? 180 : 0)),
    );
    assert.match(stderr, /the activity log of deployment 7 is not whole/);
    assert.match(stderr, /it counts 250 entries and gave 180/);
    assert.equal(new Set(ids).size, ids.length);
  });

  plan('that lacks entries only the first time is read again, and whole', async () => {
    const { ids } = await listing(
      0,
      unsorted(250, (page, nth) => (page === 2 && nth < 6 ? 180 : 0)),
    );
    assert.deepEqual(new Set(ids), new Set(idsOf(logOf(250))));
    assert.equal(ids.length, 250);
  });

  plan('of a fixed size is whole, although each entry that comes pushes one out', async () => {
    let newest = 450;
    const { ids } = await listing(0, (...request) => {
      newest += 1;
      const log = Array.from({ length: 450 }, (_, n) => entry(newest - n));
      return pages(log)(...request);
    });
    assert.equal(new Set(ids).size, ids.length);
    // All that were there from the beginning to the end.
    for (let id = newest - 449; id <= 451; id += 1) assert.ok(ids.includes(String(id)), `${id}`);
  });

  plan(
    'whose newest page is another one each time is not looked for without an end: 6',
    async () => {
      const log = logOf(250).toReversed();
      const { stderr, requests } = await listing(6, (request, ...rest) => {
        const page = Number(new URL(request.url, 'http://localhost').searchParams.get('page'));
        return pages(page === 3 ? [...log, ...logOf(100)] : log)(request, ...rest);
      });
      assert.match(stderr, /its newest page is another one each time/);
      assert.ok(requests < 100, String(requests));
    },
  );

  plan(
    'with times of the year 1, of 2099 and 40 days ago is not cut short by --since, in either order',
    async () => {
      const now = Date.now();
      const ago = (minutes: number): string => new Date(now - minutes * MINUTE_MS).toISOString();
      const odd = ['0001-01-01T00:00:00Z', '2099-01-01T00:00:00Z', ago(40 * 24 * 60)];
      const log = logOf(450).map(({ id }, n) =>
        entry(Number(id), { created_at: n % 50 === 0 ? odd[(n / 50) % 3] : ago(n) }),
      );
      const recent = log.filter(
        ({ created_at: at }) => Date.parse(at) > now - 7 * 24 * 60 * MINUTE_MS,
      );
      assert.equal(recent.length, 444);
      for (const all of [log, log.toReversed()]) {
        const { ids } = await listing(0, pages(all), ' --since 7d');
        assert.deepEqual(ids, idsOf(recent));
      }
    },
  );

  for (const order of ['desc', 'asc'] as const) {
    plan(
      `sorted by time is whole though many have the same time, and nothing old counts for a trigger: ${order}`,
      async () => {
        const start = Date.now() - 300 * MINUTE_MS;
        const timeOf = (id: number): string =>
          new Date(start + Math.floor(id / 30) * 30 * MINUTE_MS).toISOString();
        for (const size of [250, 201]) {
          const log = Array.from({ length: size }, (_, n) =>
            entry(n + 1, { created_at: timeOf(n + 1) }),
          );
          const step: Step = (request, ...rest) => {
            if (request.method === 'POST') {
              log.push(entry(1000, { created_at: new Date().toISOString(), status: 'rejected' }));
              return reply(202)(request, ...rest);
            }
            // Those of one moment stand the other way round than the rest.
            log.sort(
              (a, b) =>
                Date.parse(a.created_at) - Date.parse(b.created_at) || Number(b.id) - Number(a.id),
            );
            return pages(order === 'asc' ? log : log.toReversed())(request, ...rest);
          };
          const { ids, requests } = await listing(0, step);
          assert.deepEqual(new Set(ids), new Set(idsOf(log)));
          assert.deepEqual([ids.length, requests < 20], [size, true], String(requests));
          const { stdout } = await asking(
            3,
            'activities trigger iggy restart --yes -n 610809900976570889 -o json',
            step,
          );
          const { nodes } = JSON.parse(stdout) as { nodes: Array<{ activity_id: string }> };
          assert.deepEqual(
            nodes.map(({ activity_id: id }) => id),
            ['1000'],
          );
        }
      },
    );

    plan(`is newest first although it grows while it is read: ${order}`, async () => {
      const log = logOf(950);
      let newest = 950;
      const { ids } = await listing(0, (...request) => {
        log.unshift(entry((newest += 1)));
        return pages(order === 'asc' ? log.toReversed() : log)(...request);
      });
      const rising = ids.filter((id, n) => n > 0 && Number(id) > Number(ids[n - 1]));
      assert.deepEqual(rising, []);
      assert.deepEqual(ids.slice(-950), idsOf(logOf(950)));
    });

    plan(`is watched for what comes late, below what is there: ${order}`, async () => {
      const log = logOf(250).filter(({ id }) => id !== 249n);
      let reads = 0;
      const step: Step = (...request) => {
        reads += 1;
        // What is there goes on until the late one is seen, which ends otherwise.
        const status = (ended: string, from: number): string =>
          reads >= from ? ended : 'processing';
        log[0] = entry(250, { status: status('completed', 12) });
        if (reads === 8) log.splice(1, 0, entry(249));
        if (reads >= 8) log[1] = entry(249, { status: status('rejected', 16) });
        return pages(order === 'asc' ? log.toReversed() : log)(...request);
      };
      const { stdout } = await asking(
        3,
        'activities list --watch --exit-status -o ndjson --limit 1',
        step,
      );
      const told = [...stdout.matchAll(/"id":"(\d+)".*"status":"(\w+)"/g)].map(
        ([, id, status]) => `${id} ${status}`,
      );
      assert.deepEqual(told, ['250 processing', '249 processing', '250 completed', '249 rejected']);
    });

    story(`that grows while it is read has each entry once, none missing: ${order}`, {}, (scene) =>
      withLog({ entries: 3000, order, latencyMs: 1, growthMs: 2 }, async (log) => {
        const { stdout } = await scene.ends(0, 'activities list --limit 0 -o ndjson', log.env);
        const ids = [...stdout.matchAll(/^\{"id":"(\d+)"/gm)].map(([, id = '']) => id);
        assert.equal(new Set(ids).size, ids.length, 'one came twice');
        const seen = new Set(ids);
        const missing = log.ids.filter((id) => !seen.has(id));
        assert.deepEqual(missing, []);
      }),
    );
  }

  story(
    'names the nodes, and says in which state they are',
    { nodes: [7n, 8n], history: 0, workMs: 1 },
    async (scene) => {
      scene.sandbox.setTrouble(8n, 'reject');
      scene.restartByOther();
      scene.sandbox.dispatchAsOther({
        runtime: 'connectors',
        action: { verb: 'stop' },
        nodes: [7n],
      });
      const { stdout } = await scene.ends(0, 'nodes list');
      const [header = '', ...rows] = stdout.trimEnd().split('\n');
      assert.deepEqual(header.split(/ {2,}/), ['NODE', 'IGGY', 'CONNECTORS', 'LAST']);
      const cells = rows.map((row) => row.split(/ {2,}/));
      assert.deepEqual(cells[0]?.slice(0, 3), ['7', 'running', 'stopped']);
      assert.deepEqual(cells[1]?.slice(0, 3), ['8', 'restart rejected', '-']);
      for (const row of cells) assert.match(row[3] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
    },
  );
});
