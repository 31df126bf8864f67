import { UNSAFE_CHARACTER } from '../base/text.js';

/** Line ends stand between the parts of a document. JSON escapes all other C0 controls by itself. */
const UNSAFE_IN_JSON = new RegExp(`${UNSAFE_CHARACTER.source}(?<!\\n)`, UNSAFE_CHARACTER.flags);

/** In a line that holds it anywhere, the runner of GitHub Actions finds a command. */
const COMMAND = '##[';

/** Writes what is unsafe in a JSON text as `\uXXXX`, which is read back as the same character. */
export function escapeInJson(text: string): string {
  return text
    .replace(UNSAFE_IN_JSON, (character) =>
      character
        .split('')
        .map((unit) => `\\u${hexadecimal(unit.charCodeAt(0), 4)}`)
        .join(''),
    )
    .replaceAll(COMMAND, '#\\u0023[');
}

/** As well: what stands for no character, half of one included, which PyYAML reads only escaped. */
const UNSAFE_IN_YAML = new RegExp(
  `${UNSAFE_IN_JSON.source}|[\\p{Cs}\\p{Noncharacter_Code_Point}]`,
  UNSAFE_IN_JSON.flags,
);

export function isUnsafeInYaml(text: string): boolean {
  return text.search(UNSAFE_IN_YAML) >= 0 || text.includes(COMMAND) || /^[^\S\n]*::/m.test(text);
}

/** The text as a double-quoted scalar of YAML, in one line. Whole characters are escaped: halves are not put together. */
export function quotedInYaml(text: string): string {
  return JSON.stringify(text)
    .replace(UNSAFE_IN_YAML, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code > 0xffff ? `\\U${hexadecimal(code, 8)}` : `\\u${hexadecimal(code, 4)}`;
    })
    .replaceAll(COMMAND, '#\\u0023[');
}

function hexadecimal(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
