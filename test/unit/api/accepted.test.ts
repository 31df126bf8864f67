import assert from 'node:assert/strict';
import { readAccepted } from '../../../src/api/answers.js';
import { postAnswer, REQUEST_ID } from './samples.js';

describe('the answer to a trigger', () => {
  it('is accepted at 202, whatever the body', () => {
    const accepted = { requestId: REQUEST_ID, replayed: false, serverTime: null };
    for (const body of ['', '{"cut', '<html>', '{"id":1}']) {
      assert.deepEqual(readAccepted(postAnswer(202, body)), accepted);
    }
  });

  it('tells a replay, and the time of the server', () => {
    const headers = { 'idempotent-replayed': 'true', date: 'Mon, 01 Jun 2026 12:00:05 GMT' };
    assert.deepEqual(readAccepted(postAnswer(202, '', { headers })), {
      requestId: REQUEST_ID,
      replayed: true,
      serverTime: Date.UTC(2026, 5, 1, 12, 0, 5),
    });
  });

  it('needs none of these headers', () => {
    const headers = { 'ld-request': undefined, 'idempotent-replayed': 'false', date: 'soon' };
    assert.deepEqual(readAccepted(postAnswer(202, '', { headers })), {
      requestId: null,
      replayed: false,
      serverTime: null,
    });
  });
});
