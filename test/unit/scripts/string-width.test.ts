import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { ROOT } from '../../helpers/root.js';

const quickWidth = createRequire(import.meta.url)(join(ROOT, 'scripts/string-width.cjs')) as (text: unknown) => number;

describe('the width of a text, measured quickly', () => {
  it('is the one that string-width says', () => {
    for (const text of [
      '',
      'node',
      '節点',
      '✓ done',
      '\u001B[32mgreen\u001B[39m',
      '\t',
      '\u007F',
      'e\u0301',
      '👍🏽',
      null,
    ]) {
      assert.equal(quickWidth(text), stringWidth(text as string), JSON.stringify(text));
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => assert.equal(quickWidth(text), stringWidth(text))),
    );
  });
});
