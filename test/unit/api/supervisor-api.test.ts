import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAccepted, readActivityPage } from '../../../src/api/activity-answers.js';
import { triggerBody } from '../../../src/api/supervisor-api.js';
import { InvalidAnswerError, UsageError } from '../../../src/base/errors.js';
import { MAX_ID } from '../../../src/base/ids.js';
import { stringifyJson } from '../../../src/base/json.js';
import { answer, entry, page, REQUEST_ID, without } from './samples.js';

describe('the answer to a trigger', () => {
  it('is accepted at 202, whatever the body, and tells a replay and the time of the server', () => {
    const accepted = { requestId: REQUEST_ID, replayed: false, serverTime: null };
    for (const body of ['', '{"cut', '<html>', '{"id":1}']) assert.deepEqual(readAccepted(answer(202, body)), accepted);
    const headers = { 'idempotent-replayed': 'true', date: 'Mon, 01 Jun 2026 12:00:05 GMT', 'ld-request': undefined };
    const replayed = { requestId: null, replayed: true, serverTime: Date.UTC(2026, 5, 1, 12, 0, 5) };
    assert.deepEqual(readAccepted(answer(202, '', { headers })), replayed);
  });
});

describe('the body of a trigger', () => {
  it('is {} for every node, and never an empty list', () => {
    assert.equal(triggerBody(null), '{}');
    assert.throws(() => triggerBody([]), UsageError);
  });

  it('names each node once, ascending, digit for digit, without spaces, whatever the order was', () => {
    const nodes = [18446744073709551615n, 610809900976570889n, 9n, 10n, 610809900976570889n];
    assert.equal(triggerBody(nodes), '{"nodes":[9,10,610809900976570889,18446744073709551615]}');
    const ids = fc.uniqueArray(fc.bigInt({ min: 0n, max: MAX_ID }), { minLength: 1 });
    fc.assert(
      fc.property(ids, (some) => {
        const ascending = [...some].sort((a, b) => (a < b ? -1 : 1));
        assert.equal(triggerBody(some), `{"nodes":[${ascending.join(',')}]}`);
      }),
    );
  });
});

describe('a page of the activity log', () => {
  const read = (body: unknown, query = { page: 1, results: 10 }) => readActivityPage(answer(200, body), query);
  const refused = (body: unknown, says: RegExp): void =>
    assert.throws(
      () => read(body),
      (error) => error instanceof InvalidAnswerError && says.test(error.message) && error.requestId === REQUEST_ID,
      `refused with ${says}`,
    );

  it('keeps entries exactly as the API gave them: unknown fields and values, null, the order of fields', () => {
    const text =
      '{"zone":{"deep":[1.50,null]},"id":18446744073709551615,"status":"queued","node_id":2,"runtime":"",' +
      '"action":"reconfigure:9","created_at":"2026-06-30T23:59:60Z","finished_at":null,"author_id":"me"}';
    const whole = `{"items":[${text}],"page":3,"total_results":21,"total_pages":3,"extra":true}`;
    const result = read(whole, { page: 3, results: 10 });
    assert.equal(stringifyJson(result.items[0]), text);
    assert.deepEqual([result.page, result.total_results, result.total_pages], [3, 21, 3]);
    assert.deepEqual(read(page([], { total_pages: 0n })).items, []);
  });

  it('tells the clock of the server by its date, where it has one', () => {
    const timeOf = (headers: Record<string, string>) =>
      readActivityPage(answer(200, page([entry()]), { headers }), { page: 1, results: 10 }).serverTime;
    assert.equal(timeOf({ date: 'Mon, 01 Jun 2026 12:00:05 GMT' }), Date.UTC(2026, 5, 1, 12, 0, 5));
    assert.deepEqual([timeOf({}), timeOf({ date: 'noon' })], [undefined, undefined]);
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

  it('has a known status in any case, and times that are text', () => {
    const statusOf = (status: string) => read(page([entry({ status })])).items[0]?.status;
    assert.deepEqual(['Completed', 'REJECTED', 'Processing'].map(statusOf), ['completed', 'rejected', 'processing']);
    assert.deepEqual(['Queued', 'toString', ' completed'].map(statusOf), ['Queued', 'toString', ' completed']);
    const [odd] = read(page([entry({ created_at: null, finished_at: 5n })])).items;
    assert.deepEqual([odd?.created_at, odd?.finished_at], ['', null]);
  });

  describe('is refused', () => {
    it('when it is another page than was asked for, with a hint at what may have kept it', () => {
      assert.throws(() => read(page([entry()]), { page: 2, results: 10 }), {
        message: 'the answer is page 1 where page 2 was asked for',
        hint: 'A cache or a proxy in between may not pass the query on: have it leave https://supervisor.test alone.',
        exitCode: 6,
        requestId: REQUEST_ID,
      });
    });

    for (const field of ['id', 'node_id', 'runtime', 'action', 'status']) {
      it(`when an entry lacks ${field}`, () => {
        refused(page([entry({ id: 40n }), without(entry(), field)]), new RegExp(`items\\.1: ${field}: an? \\w+ was`));
      });
    }

    it('when what is acted on is no id', () => {
      for (const id of [2n ** 64n, -1n, '41', null, 10n ** 50n])
        refused(page([entry({ id })]), /items\.0: id: an id was/);
      for (const field of ['tenant_id', 'deployment_id']) refused(page([entry({ [field]: 'me' })]), /_id: an id was/);
      const text = stringifyJson(page([entry()]));
      for (const digits of ['41.5', '4.1e1']) refused(text.replace('"id":41', `"id":${digits}`), /items\.0: id/);
    });

    it('when items is null or missing, or holds something else', () => {
      refused(page(null), /items: a list of entries was expected/);
      refused({ page: 1n, total_results: 0n, total_pages: 0n }, /items/);
      for (const item of [null, 7n, 'x']) refused(page([item]), /items\.0: an entry of the log was expected/);
    });

    it('when a count is negative, no integer, or too large to be one', () => {
      refused(page([entry()], { total_results: -1n }), /total_results/);
      refused(page([entry()], { total_pages: '1' }), /total_pages/);
      refused(page([entry()], { total_results: 2n ** 53n }), /total_results/);
    });
  });
});
