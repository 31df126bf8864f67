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
    ['lines', "echo 'a'\nfalse\t\\n", String.raw`$'echo \'a\'\nfalse\x09\\n'`],
    [
      'what no one sees',
      'a\u200b\u{e0041}\u0007',
      String.raw`$'a\xe2\x80\x8b\xf3\xa0\x81\x81\x07'`,
    ],
  ] as const) {
    it(`is the same word to a shell, and harmless for a terminal: ${what}`, () => {
      assert.equal(shellWord(word), shown);
      assert.equal(plainText(shellWord(word)), shown);
    });
  }
});
