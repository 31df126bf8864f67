import assert from 'node:assert/strict';
import { type Ended } from '../helpers/ldctl.js';
import { withScene } from '../helpers/scene.js';
import { reply, startServer, type Step } from '../helpers/server.js';
import { sideBySide } from '../helpers/side-by-side.js';

const LIST = ['activities', 'list', '--limit', '0', '-o', 'json', '--deployment', '7'];
const DAY_MS = 24 * 60 * 60_000;

const entry = (id: number, fields: Record<string, unknown> = {}) => ({
  id: BigInt(id),
  node_id: 610809900976570889n,
  runtime: 'iggy',
  action: 'restart',
  status: 'completed',
  created_at: '2026-06-01T11:59:00Z',
  ...fields,
});

/** A log of so many entries, newest first. */
const logOf = (size: number) => Array.from({ length: size }, (_, index) => entry(size - index));

/** Answers with the page that `read` makes of the one asked for. */
function pages(
  log: readonly unknown[],
  read: (page: number, results: number) => { page: number; results: number },
): Step {
  return (request, response, socket) => {
    const query = new URL(request.url, 'http://localhost').searchParams;
    const { page, results } = read(Number(query.get('page')), Number(query.get('results')));
    const items = log.slice((page - 1) * results, page * results);
    const totals = { total_results: log.length, total_pages: Math.ceil(log.length / results) };
    return reply(200, { items, page, ...totals })(request, response, socket);
  };
}

/** How a listing of the whole log ends. */
async function listing(step: Step, ...flags: string[]): Promise<Ended> {
  let ended: Ended | undefined;
  await withScene({}, async (scene) => {
    const server = await startServer(step);
    ended = await scene.ldctl([...LIST, ...flags], { LD_SUPERVISOR_URL: server.url, LD_TENANT_ID: undefined });
    await server.close();
  });
  return ended ?? assert.fail('it did not end');
}

describe('an odd log', function () {
  this.timeout(300_000);

  sideBySide({
    'behind a cache that ignores the query is not cut short: exit 6 with the request id, and the cache in the hint':
      async () => {
        const { code, stderr } = await listing(pages(logOf(250), () => ({ page: 1, results: 100 })));
        assert.equal(code, 6, stderr);
        assert.match(stderr, /the answer is page 1 where page 2 was asked for/);
        assert.match(stderr, /0123456789abcdef0123456789abcdef/);
        assert.match(stderr, /cache or a proxy/);
      },

    'of a server that gives 50 entries a page whatever it is asked for is read whole': async () => {
      const smaller = (page: number, results: number) => ({ page, results: Math.min(results, 50) });
      const { code, stdout, stderr } = await listing(pages(logOf(230), smaller));
      assert.equal(code, 0, stderr);
      const ids = (JSON.parse(stdout) as { items: { id: string }[] }).items.map(({ id }) => Number(id));
      assert.deepEqual(
        ids,
        Array.from({ length: 230 }, (_, index) => 230 - index),
      );
    },

    'with times of the year 1, of 2099 and 40 days behind is not cut short by --since, whichever end is page 1':
      async () => {
        const now = Date.now();
        const odd = ['0001-01-01T00:00:00Z', '2099-01-01T00:00:00Z', new Date(now - 40 * DAY_MS).toISOString()];
        const log = logOf(450).map(({ id }, n) => {
          const time = new Date(now - n * 60_000).toISOString();
          return entry(Number(id), { created_at: n % 50 === 0 ? odd[(n / 50) % 3] : time });
        });
        const wanted = log
          .filter(({ created_at: at }) => Date.parse(at) > now - 7 * DAY_MS)
          .map(({ id }) => String(id));
        assert.equal(wanted.length, 444);
        for (const all of [log, log.toReversed()]) {
          const { code, stdout, stderr } = await listing(
            pages(all, (page, results) => ({ page, results })),
            '--since',
            '7d',
          );
          assert.equal(code, 0, stderr);
          assert.deepEqual(
            (JSON.parse(stdout) as { items: { id: string }[] }).items.map(({ id }) => id),
            wanted,
          );
        }
      },

    'with a leap second, without a time, and with a status in another case is read': async () => {
      const odd = [
        entry(3, { created_at: '2026-06-30T23:59:60Z', status: 'Completed' }),
        entry(2, { created_at: null, author_id: 'somebody' }),
        entry(1, { '': 1, finished_at: 5 }),
      ];
      const { code, stdout, stderr } = await listing(pages(odd, (page, results) => ({ page, results })));
      assert.equal(code, 0, stderr);
      const { items } = JSON.parse(stdout) as { items: { status: string; created_at: string }[] };
      assert.deepEqual(
        items.map(({ status }) => status),
        ['completed', 'completed', 'completed'],
      );
      assert.equal(items[0]?.created_at, '2026-06-30T23:59:60Z');
    },
  });
});
