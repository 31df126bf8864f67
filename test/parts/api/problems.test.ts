import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ApiError } from '../../../src/base/errors.js';
import { failureOf } from '../../helpers/failure.js';
import { KEY, list, REQUEST_ID, trigger, type Served } from './served.js';

const listError = (answer: Served): Promise<ApiError> => failureOf(list(answer), ApiError);
const triggerError = (answer: Served, nodes?: bigint[]): Promise<ApiError> =>
  failureOf(trigger(answer, nodes), ApiError);

describe('an error of the API', () => {
  it('names the fields that are wrong, five of them at most', async () => {
    const field_issues = [
      { code: 'not_active', reason: 'is not active', path: 'nodes[0]' },
      { code: 'too_many', reason: '' },
    ];
    const body = { code: 'invalid', reason: 'bad request', field: 'nodes', field_issues };
    const error = await triggerError({ status: 400, body }, [1n, 2n]);
    assert.equal(error.message, 'nodes[0]: is not active, nodes: too_many; bad request');
    assert.deepEqual(error.fieldIssues, [field_issues[0], { ...field_issues[1], path: 'nodes' }]);
    const issues = Array.from({ length: 7 }, (_, at) => ({ reason: `no ${at}` }));
    const many = await listError({
      status: 422,
      body: { code: 'bad', reason: 'r', field_issues: issues },
    });
    assert.equal(many.message, 'no 0, no 1, no 2, no 3, no 4 and 2 more; r');
    assert.deepEqual([many.fieldIssues.length, many.fieldIssues[0]?.code], [7, '']);
  });

  it('names the nodes that the deployment has not, and where to see those that it has', async () => {
    const unknown = (...at: number[]) =>
      at.map((index) => ({
        code: 'unknown_node',
        reason: 'no such node',
        path: `nodes[${index}]`,
      }));
    const body = (field_issues: object[]) => ({
      code: 'validation_error',
      reason: 'is not valid',
      field_issues,
    });
    const error = await triggerError({ status: 400, body: body(unknown(0, 2)) }, [5n, 3n, 1n]);
    assert.equal(error.message, 'deployment 7 has no node 1, 5');
    assert.deepEqual(error.unknownNodes, [1n, 5n]);
    assert.match(error.hint ?? '', /`ldctl nodes list`/);
    const other = [...unknown(0), { code: 'duplicate', reason: 'named twice', path: 'nodes[1]' }];
    assert.match(
      (await triggerError({ status: 400, body: body(other) }, [1n, 2n])).message,
      /named twice/,
    );
  });

  it('exits by its status', async () => {
    const exits = {
      4: [401, 403],
      5: [400, 404, 409, 422],
      6: [408, 425, 429, 500, 501, 502, 503, 504],
    };
    for (const [exit, statuses] of Object.entries(exits)) {
      for (const status of statuses) {
        assert.equal((await listError({ status })).exitCode, Number(exit), `${status}`);
      }
    }
  });

  it('may be a web page: the status is its code, a few plain words its reason', async () => {
    const body = `<script>evil()</script><body><h1>502 Bad Gateway</h1>${'<p>nginx</p>'.repeat(999)}`;
    const error = await listError({ status: 502, body });
    assert.deepEqual([error.code, error.retryable], ['http_502', true]);
    assert.match(error.reason, /^502 Bad Gateway nginx/);
    assert.ok(error.reason.length < 150);
  });

  it('has a 409 of its own if that is about idempotency, or names its request', async () => {
    const codeOf = async (problem: object, headers?: Record<string, string>) =>
      (await triggerError({ status: 409, body: { reason: 'because', ...problem }, headers })).code;
    assert.equal(await codeOf({ code: 'stopped', instance: REQUEST_ID }), 'stopped');
    assert.equal(await codeOf({ code: 'idempotency_error' }), 'idempotency_error');
    for (const [problem, headers] of [
      [{ code: 'stopped' }],
      [{ code: 'stopped', instance: '' }, { 'ld-request': '' }],
      [{ code: 'stopped', instance: 'f'.repeat(32) }],
      [{ instance: REQUEST_ID }],
    ] as const) {
      assert.equal(await codeOf(problem, headers), 'http_409', inspect(problem));
    }
  });

  const problem = (code: string) => ({ code, reason: 'because' });
  const hints: Array<[status: number, Served['body'], hint: RegExp]> = [
    [401, '', /expired or revoked: .*`ldctl whoami`/],
    [403, '', /ldctl whoami.*allow-list/],
    [404, '<h1>Not Found</h1>', /check the URL, http:/],
    [409, problem('idempotent_request_in_progress'), /still running/],
    [429, '', /Too many requests.*Try again later/],
    ...[408, 425, 500, 503].map((status): [number, string, RegExp] => [
      status,
      '',
      /^Try again later\.$/,
    ]),
  ];
  for (const [status, body, hint] of hints) {
    it(`says what to do next: ${status} ${inspect(body)}`, async () => {
      const error = await triggerError({ status, body });
      assert.match(error.hint ?? '', hint);
    });
  }

  it('tells its retry-after in milliseconds: of seconds, and of a date by the clock of the server', async () => {
    const after = async (headers: Record<string, string>) =>
      (await listError({ status: 429, headers })).retryAfterMs;
    const at = (time: string) => `Mon, 01 Jun 2026 ${time} GMT`;
    assert.equal(await after({ 'retry-after': ' 30 ' }), 30_000);
    assert.equal(await after({ 'retry-after': at('15:00:30'), date: at('15:00:00') }), 30_000);
    assert.equal(await after({ 'retry-after': at('14:00:00'), date: at('15:00:00') }), 0);
    const local = await after({ 'retry-after': new Date(Date.now() + 30_000).toUTCString() });
    assert.ok(local !== undefined && local > 25_000 && local <= 30_000);
    const { hint } = await listError({ status: 429, headers: { 'retry-after': '90' } });
    assert.match(hint ?? '', /Try again in 1m30s\./);
    for (const text of [
      '',
      '9'.repeat(400),
      '-5',
      '5s',
      '1.',
      '1e3',
      '1.5',
      'soon',
      'Sun, 99 Nov 1994 08:49:37 GMT',
    ]) {
      assert.equal(await after({ 'retry-after': text }), undefined, text);
    }
  });

  it('never holds the key or a control character, wherever the API put them', async () => {
    const dirty = `\u001b[31m${KEY}\u0007\nx`;
    const issue = { code: dirty, reason: dirty, path: dirty };
    const body = {
      code: KEY,
      reason: dirty,
      title: dirty,
      instance: dirty,
      field: dirty,
      field_issues: [issue],
    };
    const errors = [
      await triggerError({ status: 400, body, headers: { 'ld-request': KEY } }),
      await triggerError({ status: 400, body, headers: { 'ld-request': '' } }),
      await listError({ status: 502, body: `<p>${dirty}</p>` }),
      await listError({ status: 502, body: `${KEY.slice(0, 9)}<b></b>${KEY.slice(9)}` }),
      await listError({ status: 500, body: { code: 'oops', reason: `${'x'.repeat(290)} ${KEY}` } }),
      await listError({ status: 502, body: `${' '.repeat(4080)}${KEY}` }),
    ];
    for (const error of errors) {
      const inspected = inspect(error, { depth: Infinity, showHidden: true });
      for (const text of [inspected, JSON.stringify(Object.entries(error)), error.stack ?? '']) {
        assert.ok(!text.includes(KEY.slice(0, 12)), text);
        assert.ok(
          !text.includes('\u001b') && !text.includes('\\u001b') && !text.includes('\\x1B'),
          text,
        );
      }
    }
  });
});
