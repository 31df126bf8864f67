import assert from 'node:assert/strict';
import { isReadableAction, isReadableRuntime } from '../../../src/base/activity.js';

describe('what can be looked for', () => {
  it('is each runtime that can be triggered, three more, and any connector', () => {
    const isKnown = (words: string): boolean[] => words.split(' ').map(isReadableRuntime);
    assert.deepEqual(isKnown('iggy connectors warden connector:http'), [true, true, true, true]);
    assert.deepEqual(isKnown('kafka connector: xconnector:http Iggy'), Array(4).fill(false));
  });

  it('is each action, of any config or of one', () => {
    for (const word of ['restart', 'reconfigure', 'reconfigure:42']) {
      assert.equal(isReadableAction(word), true, word);
    }
    for (const word of [
      'reboot',
      'restart:42',
      'reconfigure:x',
      'reconfigure:',
      `reconfigure:${2n ** 64n}`,
    ]) {
      assert.equal(isReadableAction(word), false, word);
    }
  });
});
