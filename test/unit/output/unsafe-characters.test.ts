import assert from 'node:assert/strict';
import { plainText } from '../../../src/base/text.js';
import { escapeInJson } from '../../../src/output/formats/json.js';

/** First and last of each range that a terminal acts on, or does not show. */
const UNSAFE: Readonly<Record<string, readonly string[]>> = {
  'C0 controls': ['\u0000', '\t', '\n', '\r', '\u001b', '\u001f'],
  'DEL and C1 controls': ['\u007f', '\u0080', '\u0085', '\u009b', '\u009f'],
  'separators of lines': ['\u2028', '\u2029'],
  'marks of direction': ['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069', '\u206a', '\u206f'],
  'what has no width': ['\u00ad', '\u200b', '\u2060', '\u2064', '\ufeff', '\u3164', '\u115f', '\uffa0', '\u180e'],
  'annotations and tags': ['\ufff9', '\ufffb', '\u{e0001}', '\u{e0020}', '\u{e007f}'],
};

const SHOWN = ['a b', 'é', 'ü', '日本', 'نص', 'می‌خواهم', '👩‍💻', '❤️', '葛\u{e0100}', '\u{1f600}', '\u00a0', '…', '–'];

describe('text for a terminal', () => {
  for (const [what, characters] of Object.entries(UNSAFE)) {
    it(`is without ${what}, each of which leaves a space`, () => {
      for (const character of characters) {
        assert.equal(plainText(`a${character}b`), 'a b', `U+${character.codePointAt(0)?.toString(16)}`);
      }
    });
  }

  it('keeps what is seen, and what holds it together', () => {
    for (const text of SHOWN) assert.equal(plainText(text), text);
  });
});

describe('JSON for a terminal', () => {
  it('has the same characters escaped, and reads back as it was', () => {
    for (const text of [...Object.values(UNSAFE).flat(), ...SHOWN].map((characters) => `a${characters}b`)) {
      const json = escapeInJson(JSON.stringify(text));
      assert.equal(JSON.parse(json), text);
      assert.equal(plainText(json), json);
    }
  });

  it('keeps its own line ends', () => {
    assert.equal(escapeInJson('{\n"a": 1\n}\n'), '{\n"a": 1\n}\n');
  });
});
