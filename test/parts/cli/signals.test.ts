import assert from 'node:assert/strict';
import { catchInterrupts, type Interrupts } from '../../../src/cli/signals.js';
import { memoryOutput } from '../../helpers/memory-output.js';

/** How far a roll was asked to stop: `null`, or the signal that said so. */
function askedOf({ signal }: Interrupts, stopping: AbortSignal) {
  const by = ({ reason }: AbortSignal): string | null =>
    reason === undefined ? null : (reason as { signal: string }).signal;
  return { toStartNoMore: by(stopping), toEnd: by(signal) };
}

describe('the signals to a roll', () => {
  let interrupts: Interrupts;
  afterEach(() => interrupts.release());

  function roll(...signals: ReadonlyArray<'SIGINT' | 'SIGTERM' | 'SIGHUP'>) {
    interrupts = catchInterrupts(memoryOutput({ isTTY: true }));
    const stopping = interrupts.inTwoStages();
    for (const signal of signals) process.emit(signal, signal);
    return askedOf(interrupts, stopping);
  }

  it('a first Ctrl-C lets what is running finish, and a second one ends it', () => {
    assert.deepEqual(roll('SIGINT'), { toStartNoMore: 'SIGINT', toEnd: null });
    interrupts.release();
    assert.deepEqual(roll('SIGINT', 'SIGINT'), { toStartNoMore: 'SIGINT', toEnd: 'SIGINT' });
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`${signal} ends it at once, even after a Ctrl-C`, () => {
      assert.deepEqual(roll(signal), { toStartNoMore: null, toEnd: signal });
      interrupts.release();
      assert.deepEqual(roll('SIGINT', signal), { toStartNoMore: 'SIGINT', toEnd: signal });
    });
  }
});
