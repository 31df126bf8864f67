import assert from 'node:assert/strict';
import { plainText, shellWord } from '../../../src/base/text.js';

describe('a word of a command that can be copied', () => {
  for (const [what, word, shown] of [
    ['a plain one', '--gate', '--gate'],
    ['one with a space', 'echo a', "'echo a'"],
    ['one with a quote', "it's", String.raw`'it'\''s'`],
    ['a list of ids', '7,8', '"7,8"'],
    ['an empty one', '', "''"],
    // As bash reads $'…'.
    ['lines', "echo 'a'\nfalse\t\\n", String.raw`$'echo \'a\'\nfalse\t\\n'`],
    ['what no one sees', 'a\u200b\u{e0041}\u0007', String.raw`$'a\U0000200b\U000e0041\U00000007'`],
  ] as const) {
    it(`is the same word to a shell, and harmless for a terminal: ${what}`, () => {
      assert.equal(shellWord(word), shown);
      assert.equal(plainText(shellWord(word)), shown);
    });
  }
});
