import assert from 'node:assert/strict';
import { retryDelay } from '../../../src/api/retry.js';
import { ApiError, InvalidAnswerError, Interrupted, RedirectError, TransportError } from '../../../src/base/errors.js';

const api = (status: number, retryAfterMs?: number) =>
  new ApiError('m', { status, code: 'c', reason: '', retryAfterMs });
const first = (error: unknown, elapsedMs = 0, random = 0.5) => retryDelay({ attempt: 1, error, elapsedMs, random });

describe('the retry rule of reads', () => {
  it('tries again after what can pass', () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504]) assert.equal(first(api(status)), 500, `${status}`);
    assert.equal(first(new TransportError('c', 'm', { sent: 'maybe' })), 500);
    assert.equal(first(new TransportError('c', 'm', { sent: 'no' })), 500);
    assert.equal(first(new InvalidAnswerError('cut off')), 500);
  });

  it('stops at what cannot', () => {
    for (const status of [400, 401, 403, 404, 409, 422, 501, 505]) assert.equal(first(api(status)), null, `${status}`);
    assert.equal(first(new TransportError('certificate', 'm', { sent: 'no', transient: false })), null);
    assert.equal(first(new RedirectError('m', 301)), null);
    assert.equal(first(new InvalidAnswerError('m', { code: 'answer_too_large' })), null);
    assert.equal(first(new InvalidAnswerError('m', { code: 'answer_encoded' })), null);
    assert.equal(first(new Interrupted('SIGINT')), null);
    assert.equal(first(new TypeError('a fault of our own')), null);
  });

  it('waits longer each time, spread by 10 % either way, and tries three times at most', () => {
    const after = (attempt: number, random: number) => retryDelay({ attempt, error: api(503), elapsedMs: 0, random });
    assert.deepEqual([after(1, 0), after(1, 0.5)], [450, 500]);
    assert.deepEqual([after(2, 0), after(2, 0.5)], [675, 750]);
    assert.ok((after(1, 0.999) ?? 0) <= 550);
    assert.equal(after(3, 0.5), null);
  });

  it('does what retry-after says, within 10 s of the first try', () => {
    assert.equal(first(api(429, 3000)), 3000);
    assert.equal(first(api(503, 0)), 0);
    assert.equal(first(api(429, 9999)), 9999);
    assert.equal(first(api(429, 10_000)), null);
    assert.equal(first(api(429, 3000), 7500), null);
  });

  it('stops when the 10 s are over', () => {
    assert.equal(first(api(503), 9499), 500);
    assert.equal(first(api(503), 9500), null);
  });
});
