import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readActivityPage } from '../../../src/api/answers.js';
import { InvalidAnswerError } from '../../../src/base/errors.js';
import { MAX_ID } from '../../../src/base/ids.js';
import { stringifyJson } from '../../../src/base/json.js';
import { answer, entry, page, REQUEST_ID, without } from './samples.js';

const QUERY = { page: 1, results: 10 };
const read = (body: unknown, query = QUERY) => readActivityPage(answer(200, body), query);

/** So many entries, each with an id of its own. */
const entries = (count: number) => Array.from({ length: count }, (_, index) => entry({ id: BigInt(100 - index) }));

/** The page is refused, with the request id, by a message that says this. */
function refused(body: unknown, says: RegExp, query = QUERY): void {
  assert.throws(
    () => read(body, query),
    (error) => error instanceof InvalidAnswerError && says.test(error.message) && error.requestId === REQUEST_ID,
    `refused with ${says}`,
  );
}

describe('a page of the activity log', () => {
  it('is read with its totals', () => {
    const last = page([entry()], { page: 3n, total_results: 21n, total_pages: 3n });
    const result = read(last, { page: 3, results: 10 });
    assert.deepEqual([result.page, result.total_results, result.total_pages], [3, 21, 3]);
    assert.equal(result.items[0]?.node_id, 610809900976570889n);
  });

  it('keeps an entry exactly as the API gave it: unknown fields and values, null, the order of fields', () => {
    const text =
      '{"zone":{"deep":[1.50,null]},"id":18446744073709551615,"status":"queued","node_id":2,"runtime":"flink",' +
      '"action":"reconfigure:9","created_at":"2026-06-01T11:59:00.123456789Z","finished_at":null,"author_id":null}';
    const result = read(`{"items":[${text}],"page":1,"total_results":1,"total_pages":1,"extra":true}`);
    assert.equal(stringifyJson(result.items[0]), text);
  });

  it('tells the server’s clock by its date, where it has one', () => {
    const timeOf = (headers: Record<string, string>) =>
      readActivityPage(answer(200, page([entry()]), { headers }), QUERY).serverTime;
    assert.equal(timeOf({ date: 'Mon, 01 Jun 2026 12:00:05 GMT' }), Date.UTC(2026, 5, 1, 12, 0, 5));
    assert.deepEqual([timeOf({}), timeOf({ date: 'noon' })], [undefined, undefined]);
  });

  it('may be empty, with no page or one', () => {
    assert.deepEqual(read(page([], { total_pages: 0n })).items, []);
    assert.deepEqual(read(page([], { total_pages: 1n })).items, []);
    refused(page([], { total_pages: 2n }), /total_pages \(2\).*total_results \(0\)/);
  });

  it('may be shorter than was asked for where it is the first: it shows how many a page of this server holds', () => {
    for (const pages of [3n, 5n]) {
      const first = page(entries(5), { total_results: 25n, total_pages: pages });
      assert.deepEqual([read(first).items.length, read(first).total_pages], [5, Number(pages)]);
    }
    refused(page(entries(5), { total_results: 25n, total_pages: 4n }), /total_pages \(4\)/);
  });

  it('may lack what came while it was read where it is the last, and may be past the end', () => {
    const last = page(entries(4), { page: 3n, total_results: 25n, total_pages: 3n });
    assert.equal(read(last, { page: 3, results: 10 }).items.length, 4);
    const past = page([], { page: 1n, total_results: 25n, total_pages: 3n });
    assert.deepEqual(read(past, { page: 7, results: 10 }).items, []);
  });

  it('loses no digit of any id of 64 bits', () => {
    const id = fc.bigInt({ min: 0n, max: MAX_ID });
    const fields = ['id', 'node_id', 'tenant_id', 'division_id', 'environment_id', 'deployment_id', 'author_id'];
    fc.assert(
      fc.property(fc.array(id, { minLength: fields.length, maxLength: fields.length }), (ids) => {
        const given = Object.fromEntries(fields.map((field, at) => [field, ids[at]]));
        const [item] = read(page([entry(given)])).items;
        for (const field of fields) assert.equal(item?.[field], given[field]);
      }),
    );
  });

  it('is taken whatever its content-type says, as long as it is one', () => {
    const headers = { 'content-type': 'text/plain' };
    assert.equal(readActivityPage(answer(200, page([entry()]), { headers }), QUERY).items.length, 1);
  });

  describe('is read whatever stands where something is only shown', () => {
    const readOne = (fields: Record<string, unknown>) => read(page([entry(fields)])).items[0];

    for (const time of ['2026-06-30T23:59:60Z', 'yesterday', '2026-13-01T11:59:00Z', '']) {
      it(`such as the time ${JSON.stringify(time)}`, () => {
        const item = readOne({ created_at: time, finished_at: time });
        assert.deepEqual([item?.created_at, item?.finished_at], [time, time]);
      });
    }

    it('such as a time that is no text, or missing', () => {
      const odd = readOne({ created_at: 1780314000n, finished_at: 5n });
      assert.deepEqual([odd?.created_at, odd?.finished_at], ['1780314000', '5']);
      const missing = read(page([without(entry(), 'created_at')])).items[0];
      assert.deepEqual([missing?.created_at, missing && 'finished_at' in missing], ['', false]);
    });

    it('such as an author, a division or an environment without an id', () => {
      const item = readOne({ author_id: 'me', division_id: '', environment_id: 2n ** 64n });
      assert.deepEqual([item?.author_id, item?.division_id, item?.environment_id], [null, null, null]);
    });

    it('such as a field without a name, or a runtime that is empty', () => {
      const item = readOne({ '': 1n, runtime: '' });
      assert.deepEqual([item?.[''], item?.runtime], [1n, '']);
    });

    it('and a known status counts in any case, where another stays as it is', () => {
      const statusOf = (status: string) => readOne({ status })?.status;
      assert.deepEqual(['Completed', 'REJECTED', 'Processing'].map(statusOf), ['completed', 'rejected', 'processing']);
      assert.deepEqual(['Queued', 'toString', ' completed'].map(statusOf), ['Queued', 'toString', ' completed']);
    });
  });

  describe('is refused', () => {
    it('when items is null or missing', () => {
      refused(page(null), /items: .*null/i);
      refused({ page: 1n, total_results: 0n, total_pages: 0n }, /items/);
    });

    for (const field of ['id', 'node_id', 'runtime', 'action', 'status']) {
      it(`when an entry lacks ${field}`, () => {
        refused(page([entry({ id: 40n }), without(entry(), field)]), new RegExp(`items\\.1\\.${field}: `));
      });
    }

    for (const [what, id] of [
      ['larger than 64 bits', 2n ** 64n],
      ['negative', -1n],
      ['text', '41'],
      ['null', null],
    ] as const) {
      it(`when an id is ${what}`, () => refused(page([entry({ id })]), /items\.0\.id: an id was expected/));
    }

    it('when an id is a fraction or has an exponent', () => {
      for (const digits of ['41.5', '4.1e1']) {
        refused(stringifyJson(page([entry()])).replace('"id":41', `"id":${digits}`), /items\.0\.id/);
      }
    });

    it('when the id of a tenant or a deployment is there and is none', () => {
      refused(page([entry({ tenant_id: 'me' })]), /items\.0\.tenant_id: an id was expected/);
      refused(page([entry({ deployment_id: 7.5 })]), /items\.0\.deployment_id: an id was expected/);
    });

    it('when a count is negative, no integer, or too large to be one', () => {
      refused(page([entry()], { total_results: -1n }), /total_results/);
      refused(page([entry()], { total_pages: '1' }), /total_pages/);
      refused(page([entry()], { total_results: 2n ** 53n }), /total_results/);
    });

    it('when total_pages contradicts total_results, naming both', () => {
      const both = /total_pages \(2\).*total_results \(21\) at 10 a page/;
      refused(page([entry()], { total_results: 21n, total_pages: 2n }), both);
      refused(page([entry()], { total_results: 20n, total_pages: 3n }), /total_pages \(3\)/);
      refused(page([entry()], { total_results: 1n, total_pages: 0n }), /total_pages \(0\)/);
    });

    it('when it is another page than was asked for, with a hint at what may have kept it', () => {
      const other = page(entries(10), { page: 1n, total_results: 25n, total_pages: 3n });
      assert.throws(() => read(other, { page: 2, results: 10 }), {
        message: 'GET /deployments/7/activities: the answer is page 1 where page 2 was asked for',
        hint: 'A cache or a proxy in between may not pass the query on: have it leave https://supervisor.test alone.',
        exitCode: 6,
        requestId: REQUEST_ID,
      });
    });

    it('when a page in the middle is not full', () => {
      const short = page(entries(7), { page: 2n, total_results: 25n, total_pages: 3n });
      refused(short, /page 2 of 3 holds 7 entries where 10 were asked for/, { page: 2, results: 10 });
    });

    it('when it holds more entries than were asked for', () => {
      const two = page([entry({ id: 1n }), entry({ id: 2n })]);
      assert.equal(read(two, { page: 1, results: 2 }).items.length, 2);
      const items = [entry({ id: 1n }), entry({ id: 2n }), entry({ id: 3n })];
      refused(page(items, { total_pages: 2n }), /3 entries where 2/, { page: 1, results: 2 });
    });
  });

  describe('with an entry twice', () => {
    const processing = entry({ status: 'processing' });
    const completed = entry({ status: 'completed', finished_at: '2026-06-01T11:59:30Z' });
    const statuses = (...items: unknown[]) => read(page(items)).items.map((item) => `${item.id} ${item.status}`);

    it('holds it once, in its place', () => {
      assert.deepEqual(statuses(entry(), entry({ id: 40n }), entry()), ['41 completed', '40 completed']);
      assert.deepEqual([read(page([entry(), entry()])).held, read(page([entry()])).held], [2, undefined]);
    });

    it('holds the final one, wherever it stands', () => {
      assert.deepEqual(statuses(processing, completed), ['41 completed']);
      assert.deepEqual(statuses(completed, processing), ['41 completed']);
    });

    it('is refused when the two contradict each other', () => {
      refused(page([completed, entry({ status: 'rejected' })]), /activity 41 is on the page twice/);
      for (const other of [{ node_id: 5n }, { runtime: 'connectors' }, { action: 'stop' }]) {
        refused(page([processing, entry(other)]), /activity 41 is on the page twice/);
      }
    });
  });
});
