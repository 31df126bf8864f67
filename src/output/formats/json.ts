import { stringifyJson } from '../../base/json.js';
import { UNSAFE_CHARACTER } from '../../base/text.js';
import { type FormatOptions, type ListWriter, type ValueFormat } from '../columns.js';

type Style = Pick<FormatOptions, 'numberIds'>;

/** One document. A list has an item a line, so that it can stream and be compared by line. */
export const json: ValueFormat = {
  holds: 'values',
  events: false,
  list: (options) => listWriter(options),
  object: (value, options) => `${jsonText(value, options, 2)}\n`,
};

/** One JSON value a line: a list's bare items, or a run's events. */
export const ndjson: ValueFormat = {
  holds: 'values',
  events: true,
  list: (options) => ({
    items: (batch) => jsonTexts(batch, options, '\n'),
    end: () => '',
    broken: () => '',
  }),
  object: (value, options) => `${jsonText(value, options)}\n`,
};

/** JSON with every digit of an id, and no character in it that a terminal would act on. */
export function jsonText(value: unknown, { numberIds }: Style, indent?: number): string {
  return escapeInJson(stringifyJson(value, { stringIds: !numberIds, ...(indent && { indent }) }));
}

/** One text after the other, each with `end` behind it. */
function jsonTexts(values: readonly unknown[], { numberIds }: Style, end: string): string {
  // Joined before they are looked through: no character of JSON itself is unsafe.
  return escapeInJson(values.map((value) => stringifyJson(value, { stringIds: !numberIds }) + end).join(''));
}

function listWriter(options: FormatOptions): ListWriter<unknown> {
  let begun = false;
  const open = (): string => {
    const text = begun ? '' : '{"items":[';
    begun = true;
    return text;
  };
  return {
    items: (batch) => {
      const lead = begun ? ',\n' : `${open()}\n`;
      return lead + jsonTexts(batch, options, ',\n').slice(0, -2);
    },
    end: (total) => `${begun ? '\n' : open()}]${total === null ? '' : `,"total_results":${total}`}}\n`,
    broken: (error) => `\n],"error":${jsonText(error, options)}}\n`,
  };
}

/** Line ends stand between the parts of a document. JSON escapes all other C0 controls by itself. */
export const UNSAFE_IN_JSON = new RegExp(`${UNSAFE_CHARACTER.source}(?<!\\n)`, UNSAFE_CHARACTER.flags);
/** In a line that holds it anywhere, the runner of GitHub Actions finds a command. */
export const COMMAND = '##[';
export const ESCAPED_COMMAND = '#\\u0023[';

/** Writes what is unsafe in a JSON text as `\uXXXX`, which is read back as the same character. */
export function escapeInJson(text: string): string {
  return text
    .replace(UNSAFE_IN_JSON, (character) =>
      character
        .split('')
        .map((unit) => `\\u${hexadecimal(unit.charCodeAt(0), 4)}`)
        .join(''),
    )
    .replaceAll(COMMAND, ESCAPED_COMMAND);
}

export function hexadecimal(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
