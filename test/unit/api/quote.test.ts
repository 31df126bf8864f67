import assert from 'node:assert/strict';
import { header } from '../../../src/api/api-response.js';
import { excerpt, quote } from '../../../src/api/quote.js';
import { answer } from './samples.js';

describe('what an error quotes', () => {
  it('is one line, cut where it is longer than an error should be', () => {
    assert.equal(quote(' two\n\tlines ', undefined), 'two lines');
    assert.equal(quote('x'.repeat(300), undefined), 'x'.repeat(300));
    assert.equal(quote('x'.repeat(301), undefined), `${'x'.repeat(300)}…`);
  });

  it('is the words of a page, each apart from the next', () => {
    assert.equal(excerpt('<table><td>502</td><td>Bad</td>', undefined), '502 Bad');
    assert.equal(excerpt('no<style>p{}</style>gateway', undefined), 'no gateway');
  });

  it('is the first of several headers', () => {
    assert.equal(header(answer(200, '', { headers: { vary: ['a', 'b'] } }), 'vary'), 'a');
  });
});
