import assert from 'node:assert/strict';
import { withLog } from '../../bench/log-server.js';
import { type Ended } from '../helpers/ldctl.js';
import { plan, story, withScene } from '../helpers/scene.js';
import { reply, startServer, type Step } from '../helpers/server.js';

const LIST = 'activities list --limit 0 -o json';

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
): Promise<Ended & { ids: string[]; requests: number }> {
  const ended = await asking(code, LIST, step);
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

  plan(
    'whose newest page is another one each time is not looked for without an end: 6',
    async () => {
      const log = logOf(250).toReversed();
      const { stderr, requests } = await listing(6, (request, ...rest) => {
        const page = Number(new URL(request.url, 'http://localhost').searchParams.get('page'));
        return pages(page === 3 ? [...log, ...logOf(100)] : log)(request, ...rest);
      });
      assert.match(stderr, /its newest page is another one each time/);
      assert.ok(requests < 500, String(requests));
    },
  );

  for (const order of ['desc', 'asc'] as const) {
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
});
