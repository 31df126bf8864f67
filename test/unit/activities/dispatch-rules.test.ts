import assert from 'node:assert/strict';
import { classify, type PostAnswer, type PostClass } from '../../../src/activities/dispatch-rules.js';
import { InvalidAnswerError, LdctlError, RedirectError, TransportError, UsageError } from '../../../src/base/errors.js';
import { accepted, apiError } from '../../helpers/fake-supervisor.js';

const transport = (sent: 'no' | 'maybe', transient = true): PostAnswer => ({
  error: new TransportError('x', 'x', { sent, transient }),
});
const status = (code: number, problem?: string): PostAnswer => ({ error: apiError(code, { code: problem }) });

describe('classify, the decision table of a POST', () => {
  const table: Array<[what: string, answer: PostAnswer, kind: PostClass]> = [
    ['202', { accepted: accepted() }, 'accepted'],
    ['202, replayed', { accepted: accepted({ replayed: true }) }, 'accepted'],
    ['a request that never left', transport('no'), 'not-sent'],
    ['a certificate that does not verify', transport('no', false), 'definite-no'],
    ['what was lost, though trying again cannot help', transport('maybe', false), 'uncertain'],
    ['a request that was lost', transport('maybe'), 'uncertain'],
    ['another 2xx, or a 202 that is none', { error: new InvalidAnswerError('204') }, 'uncertain'],
    ['a request that could not be made', { error: new UsageError('no node is named') }, 'definite-no'],
    ['an error nobody thought of', { error: new LdctlError('fault', 'x', 'x') }, 'uncertain'],
    ['425', status(425), 'not-now'],
    ['429', status(429), 'not-now'],
    ['409 in progress', status(409, 'idempotent_request_in_progress'), 'not-now'],
    ['409 idempotency_error', status(409, 'idempotency_error'), 'definite-no'],
    ['409 of another kind', status(409), 'definite-no'],
    ['in progress, but no 409', status(400, 'idempotent_request_in_progress'), 'definite-no'],
    ['408', status(408), 'uncertain'],
    ['499, which a proxy says when the client has gone', status(499), 'uncertain'],
  ];
  for (const [what, answer, kind] of table) {
    it(`${what}: ${kind}`, () => assert.equal(classify(answer), kind));
  }

  it('a redirect of any kind: redirect', () => {
    for (const code of [301, 302, 303, 307, 308]) {
      assert.equal(classify({ error: new RedirectError('elsewhere', code) }), 'redirect');
    }
  });

  it('any other 4xx: definite-no', () => {
    const special = new Set([408, 425, 429, 499]);
    for (let code = 400; code < 500; code++) {
      if (!special.has(code)) assert.equal(classify(status(code)), 'definite-no', String(code));
    }
  });

  it('every 5xx, and a status that is none: cannot-tell', () => {
    for (let code = 500; code < 600; code++) assert.equal(classify(status(code)), 'uncertain', String(code));
    for (const code of [0, 100, 203, 600, 999]) assert.equal(classify(status(code)), 'uncertain', String(code));
  });
});
