import assert from 'node:assert/strict';
import { catchInterrupts } from '../../../src/cli/signals.js';
import { Interrupted } from '../../../src/base/errors.js';

describe('what ends a command', () => {
  it('is Ctrl-Break on Windows too, as SIGTERM is elsewhere', () => {
    const interrupts = catchInterrupts();
    try {
      process.emit('SIGBREAK');
    } finally {
      interrupts.release();
    }
    const reason: unknown = interrupts.signal.reason;
    assert.ok(reason instanceof Interrupted);
    assert.equal(reason.exitCode, 143);
    assert.equal(process.listenerCount('SIGBREAK'), 0);
  });

  it('does not wait for a node in a roll, as the first Ctrl-C does', () => {
    const interrupts = catchInterrupts();
    const stopping = interrupts.inTwoStages();
    try {
      process.emit('SIGBREAK');
    } finally {
      interrupts.release();
    }
    assert.deepEqual([stopping.aborted, interrupts.signal.aborted], [false, true]);
  });
});
