import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type Answer } from '../../../src/api/answers.js';
import { readAccepted, readActivityPage } from '../../../src/api/activity-answers.js';
import { ApiError, RedirectError } from '../../../src/base/errors.js';
import { answer, KEY, NOW, REQUEST_ID } from './samples.js';

function errorOf(read: () => unknown): ApiError {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ApiError, inspect(error));
    return error;
  }
  return assert.fail('it was taken for a success');
}

const listError = (response: Answer) => errorOf(() => readActivityPage(response, { page: 1, results: 10 }));
const triggerError = (response: Answer) => errorOf(() => readAccepted(response));

describe('an error of the API', () => {
  it('carries status, code, reason and request id, and says first what is wrong', () => {
    const error = triggerError(answer(422, { code: 'invalid_action', reason: 'no such action', status: 422n }));
    assert.equal(error.message, 'no such action (422 invalid_action)');
    assert.deepEqual(
      [error.status, error.code, error.reason, error.requestId, error.exitCode],
      [422, 'invalid_action', 'no such action', REQUEST_ID, 5],
    );
  });

  it('names the fields that are wrong', () => {
    const field_issues = [
      { code: 'unknown_node', reason: 'no such node', path: 'nodes[0]' },
      { code: 'too_many', reason: '' },
    ];
    const problem = { code: 'invalid', reason: 'bad request', field: 'nodes', field_issues };
    const error = triggerError(answer(400, problem));
    assert.equal(error.message, 'nodes[0]: no such node; nodes: too_many; bad request (400 invalid)');
    assert.equal(error.field, 'nodes');
    assert.deepEqual(error.fieldIssues, [
      { code: 'unknown_node', reason: 'no such node', path: 'nodes[0]' },
      { code: 'too_many', reason: '', path: undefined },
    ]);
  });

  it('names five of them at most, and counts the others', () => {
    const issues = (n: number) => Array.from({ length: n }, (_, at) => ({ reason: `no ${at}` }));
    const said = (n: number) => listError(answer(422, { code: 'bad', reason: 'r', field_issues: issues(n) })).message;
    assert.equal(said(5), 'no 0; no 1; no 2; no 3; no 4; r (422 bad)');
    assert.match(said(7), /no 4; 2 more; r/);
    assert.equal(listError(answer(400, { field_issues: issues(7) })).fieldIssues.length, 7);
    assert.deepEqual(listError(answer(400, { field_issues: issues(1) })).fieldIssues[0]?.code, '');
  });

  it('takes the reason from whatever says something', () => {
    const reason = (body: Record<string, unknown>) => listError(answer(500, { code: 'oops', ...body })).reason;
    assert.equal(reason({ reason: 'r', detail: 'd', title: 't' }), 'r');
    assert.equal(reason({ reason: '', detail: 'd', title: 't' }), 'd');
    assert.equal(reason({ reason: null, detail: 7n, title: 't' }), 't');
    assert.equal(reason({}), '');
    assert.deepEqual(listError(answer(500, { code: 'oops' })).fieldIssues, []);
  });

  it('takes the request id from the body when no header has it', () => {
    const headers = { 'ld-request': undefined };
    assert.equal(listError(answer(500, { code: 'oops', reason: '', instance: 'abc' }, { headers })).requestId, 'abc');
    assert.equal(listError(answer(502, '<p>no', { headers })).requestId, undefined);
  });

  it('exits by its status', () => {
    const exits = { 4: [401, 403], 5: [400, 404, 409, 422], 6: [408, 425, 429, 500, 501, 502, 503, 504] };
    for (const [exit, statuses] of Object.entries(exits)) {
      for (const status of statuses) assert.equal(listError(answer(status)).exitCode, Number(exit), `${status}`);
    }
  });

  describe('without a problem in its body', () => {
    it('has the status for a code, and a few plain words for a reason', () => {
      const page = `<script>evil()</script><body><h1>502 Bad Gateway</h1>${'<p>nginx</p>'.repeat(999)}`;
      const error = listError(answer(502, page));
      assert.equal(error.code, 'http_502');
      assert.match(error.reason, /^502 Bad Gateway nginx/);
      assert.ok(error.reason.length < 150);
      assert.ok(error.retryable);
    });

    it('can have nothing to say', () => {
      const error = listError(answer(503));
      assert.deepEqual([error.code, error.reason], ['http_503', '']);
      assert.equal(error.message, 'supervisor.test answered 503 Service Unavailable');
    });

    it('can be JSON of another kind', () => {
      for (const body of ['[]', 'null', '"no"', '{"code":7,"reason":null,"field_issues":{}}']) {
        assert.equal(listError(answer(500, body)).code, 'http_500');
      }
    });

    it('has a code that a program can branch on, or none', () => {
      assert.equal(listError(answer(500, { code: 'two words', reason: 'r' })).code, 'http_500');
    });
  });

  describe('says what to do next', () => {
    const problem = (code: string) => ({ code, reason: 'because' });

    it('401: the key', () => assert.match(listError(answer(401)).hint ?? '', /expired or revoked: .*`ldctl whoami`/));

    it('403: the permission that the call needs, and the allow-list', () => {
      assert.match(triggerError(answer(403)).hint ?? '', /deployment:manage.*allow-list/);
      assert.match(listError(answer(403)).hint ?? '', /deployment:read.*allow-list/);
    });

    it('404: what is visible, or the URL when the API did not say it', () => {
      assert.match(listError(answer(404, problem('not_found'))).hint ?? '', /`ldctl deployments list`/);
      assert.match(listError(answer(404, '<h1>Not Found</h1>')).hint ?? '', /check the URL, https:/);
    });

    it('409: what the idempotency key is about', () => {
      const reused = triggerError(answer(409, problem('idempotency_error')));
      assert.match(reused.hint ?? '', /used for another request in the last 10 minutes/);
      const running = triggerError(answer(409, problem('idempotent_request_in_progress')));
      assert.match(running.hint ?? '', /still running/);
    });

    it('429 and 5xx: when to try again', () => {
      assert.match(listError(answer(429, '', { headers: { 'retry-after': '12' } })).hint ?? '', /Try again in 12s/);
      for (const status of [408, 425, 500, 503]) assert.equal(listError(answer(status)).hint, 'Try again later.');
    });

    it('nothing, where the reason is all there is to say', () => {
      assert.equal(listError(answer(422, problem('bad'))).hint, undefined);
    });

    it('400: that it is the request', () => {
      assert.match(listError(answer(400, problem('bad'))).hint ?? '', /change what the message names/);
    });
  });

  describe('with a retry-after', () => {
    const after = (headers: Record<string, string>, receivedAt = NOW) =>
      listError(answer(429, '', { headers, receivedAt })).retryAfterMs;

    it('in seconds, whole or not', () => {
      assert.deepEqual([after({ 'retry-after': ' 30 ' }), after({ 'retry-after': '1.25' })], [30_000, 1250]);
    });

    it('as a date, by the clock of the server where it tells it', () => {
      const headers = { 'retry-after': 'Mon, 01 Jun 2026 15:00:30 GMT', date: 'Mon, 01 Jun 2026 15:00:00 GMT' };
      assert.equal(after(headers, NOW), 30_000);
    });

    it('as a date, by the local clock otherwise', () => {
      for (const text of [
        'Mon, 01 Jun 2026 12:00:30 GMT',
        'Monday, 01-Jun-26 12:00:30 GMT',
        'Mon Jun  1 12:00:30 2026',
      ]) {
        assert.equal(after({ 'retry-after': text }), 30_000, text);
      }
    });

    it('that is past or nonsense', () => {
      assert.equal(after({ 'retry-after': 'Mon, 01 Jun 2026 11:00:00 GMT' }, NOW), 0);
      for (const text of [
        '',
        '-5',
        '5s',
        '1.',
        '1e3',
        'soon',
        '1994-11-06T08:49:37Z',
        'Sun, 99 Nov 1994 08:49:37 GMT',
      ]) {
        assert.equal(after({ 'retry-after': text }), undefined, text);
      }
    });
  });

  it('never holds the key or a control character, wherever the API put them', () => {
    const dirty = `\u001b[31m${KEY}\u0007\nx`;
    const body = {
      code: KEY,
      reason: dirty,
      title: dirty,
      instance: dirty,
      field: dirty,
      field_issues: [{ code: dirty, reason: dirty, path: dirty }],
    };
    const late = `${'x'.repeat(290)} ${KEY}`;
    const split = `${KEY.slice(0, 9)}<b></b>${KEY.slice(9)}`;
    const errors = [
      triggerError(answer(400, body, { headers: { 'ld-request': KEY } })),
      triggerError(answer(400, body, { headers: { 'ld-request': undefined } })),
      listError(answer(502, `<p>${dirty}</p>`)),
      listError(answer(502, split)),
      listError(answer(500, { code: 'oops', reason: late })),
      listError(answer(502, `${' '.repeat(4080)}${KEY}`)),
    ];
    for (const error of errors) {
      const inspected = inspect(error, { depth: Infinity, showHidden: true });
      for (const text of [inspected, JSON.stringify(Object.entries(error)), error.stack ?? '']) {
        assert.ok(!text.includes(KEY.slice(0, 12)), text);
        assert.ok(!text.includes('\u001b') && !text.includes('\\u001b') && !text.includes('\\x1B'), text);
      }
    }
  });
});

describe('a redirect', () => {
  it('is an error that names where it leads, and says that the key stayed here', () => {
    for (const status of [300, 301, 302, 303, 307, 308, 304]) {
      const headers = { location: `https://evil.test/?k=${KEY}` };
      assert.throws(
        () => readAccepted(answer(status, '', { headers })),
        (error) =>
          error instanceof RedirectError &&
          error.status === status &&
          error.exitCode === 6 &&
          error.message.includes('https://evil.test/') &&
          !error.message.includes(KEY) &&
          /key was not sent on/.test(error.hint ?? ''),
      );
    }
  });

  it('may not say where it leads', () => {
    const message = 'supervisor.test redirected the request (302), which the API never does';
    assert.throws(() => readAccepted(answer(302)), { name: 'RedirectError', message });
  });
});
