import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Interrupted, UsageError } from '../../../src/base/errors.js';

describe('an error that a program does not catch', () => {
  it('is printed with its cause, and with none where it has none', () => {
    assert.match(inspect(new UsageError('x', { cause: 'why' })), /\[cause\]: 'why'/);
    for (const error of [new UsageError('x'), new Interrupted('SIGINT')]) {
      assert.doesNotMatch(inspect(error), /cause/);
    }
  });
});
