import assert from 'node:assert/strict';
import { parseHttpDate, parseRetryAfter } from '../../../src/api/http-dates.js';

// The example of RFC 9110, 5.6.7.
const TIME = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('an HTTP-date', () => {
  it('has three forms, and means UTC in each', () => {
    assert.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), TIME);
    assert.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT'), TIME);
    assert.equal(parseHttpDate('Sun Nov  6 08:49:37 1994'), TIME);
  });

  it('is nothing else', () => {
    const others = ['', 'soon', '30', '1994-11-06T08:49:37Z', 'Sun, 99 Nov 1994 08:49:37 GMT', 'Sun, 06 Foo 1994'];
    for (const text of [...others, 'x Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT (noon)']) {
      assert.equal(parseHttpDate(text), null, text);
    }
  });
});

describe('a retry-after', () => {
  it('is in seconds, whole or not', () => {
    assert.equal(parseRetryAfter('120', TIME), 120_000);
    assert.equal(parseRetryAfter(' 0 ', TIME), 0);
    assert.equal(parseRetryAfter('1.25', TIME), 1250);
    assert.equal(parseRetryAfter('9'.repeat(30), TIME), Number.MAX_SAFE_INTEGER);
  });

  it('or a date, which may be past', () => {
    assert.equal(parseRetryAfter('Sun, 06 Nov 1994 08:49:47 GMT', TIME), 10_000);
    assert.equal(parseRetryAfter('Sun, 06 Nov 1994 08:49:27 GMT', TIME), 0);
  });

  it('or nothing to go by', () => {
    const others = ['', '-5', '5s', '1.', '1e3', 'soon'];
    for (const text of others) assert.equal(parseRetryAfter(text, TIME), undefined, text);
  });
});
