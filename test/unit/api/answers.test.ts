import assert from 'node:assert/strict';
import { readAccepted, readActivityPage } from '../../../src/api/activity-answers.js';
import { InvalidAnswerError } from '../../../src/base/errors.js';
import { answer, KEY, page, REQUEST_ID } from './samples.js';

function refusalOf(read: () => unknown): InvalidAnswerError {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof InvalidAnswerError);
    assert.equal(error.exitCode, 6);
    assert.equal(error.requestId, REQUEST_ID);
    return error;
  }
  return assert.fail('the answer was taken');
}

const listRefusal = (status: number, body: unknown, more = {}) =>
  refusalOf(() => readActivityPage(answer(status, body, more), { page: 1, results: 10 }));

describe('an answer that is none', () => {
  it('says what came, and where', () => {
    for (const body of ['', ' \n']) {
      const { message, hint } = listRefusal(200, body);
      assert.equal(message, 'the answer is empty');
      assert.match(hint ?? '', /check the URL, https:\/\/supervisor\.test,/);
    }
  });

  it('can be cut off anywhere', () => {
    const whole = '{"items":[{"id":1}],"page":1,"total_results":1,"total_pages":1}';
    for (let length = 1; length < whole.length; length++) {
      assert.match(listRefusal(200, whole.slice(0, length)).message, /not JSON, or was cut off/);
    }
  });

  it('can be a web page: its words are quoted, and the URL is suspected', () => {
    const html = '<!doctype html><style>p{color:red}</style><h1>Sign in</h1>\n<p>to Corp Wi-Fi</p>';
    const error = listRefusal(200, html);
    assert.match(error.message, /is a web page: Sign in to Corp Wi-Fi$/);
    assert.match(error.hint ?? '', /check the URL, https:\/\/supervisor\.test,/);
  });

  it('can be JSON of another kind', () => {
    for (const body of ['null', '[]', '"ok"', '42', 'true']) {
      assert.match(listRefusal(200, body).message, /the answer has another shape: (?:items: )?Invalid \w+: Expected/);
    }
  });

  it('can be a success of another status', () => {
    assert.match(listRefusal(204, '').message, /answered 204 where 200 was expected/);
    for (const status of [200, 201, 204]) {
      const { message } = refusalOf(() => readAccepted(answer(status)));
      assert.equal(message, `supervisor.test answered ${status} where 202 was expected`);
    }
  });

  it('can be too large, or encoded, each with a code of its own', () => {
    const large = listRefusal(200, '', { unread: 'too_large' });
    assert.match(large.message, /larger than 32 MiB/);
    assert.equal(large.code, 'answer_too_large');
    const encoded = listRefusal(200, '', { unread: 'encoded', headers: { 'content-encoding': 'gzip' } });
    assert.match(encoded.message, /encoded \(gzip\)/);
    assert.equal(encoded.code, 'answer_encoded');
  });

  it('never gets the key, or a control character, into the error', () => {
    const bodies = [`<p>your key: ${KEY}\u001b[2J</p>`, `{"${KEY}":1,"${KEY}":2}`, page([{ [KEY]: KEY }])];
    for (const body of bodies) {
      const error = listRefusal(200, body);
      assert.doesNotMatch(error.message, /4f9a8b7c6d5e/);
      assert.ok(!error.message.includes('\u001b'));
    }
  });
});
