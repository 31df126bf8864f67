import { stringifyJson } from '../../base/json.js';
import { UNSAFE_CHARACTER } from '../../base/text.js';
import { type Format, type FormatOptions } from '../columns.js';

type Style = Pick<FormatOptions, 'numberIds'>;

/** One document. A list has an item a line, so that it can stream and be compared by line. */
export const json: Format = {
  holds: 'values',
  list: (_selection, options) => {
    let lead = '{"items":[\n';
    return {
      items: (batch) => {
        const text = lead + jsonTexts(batch, options, ',\n').slice(0, -2);
        lead = ',\n';
        return text;
      },
      end: (total) => {
        const open = lead === ',\n' ? '\n' : '{"items":[';
        return `${open}]${total === null ? '' : `,"total_results":${total}`}}\n`;
      },
      broken: (error) => `\n],"error":${jsonText(error, options)}}\n`,
    };
  },
  object: ({ value }, options) => `${jsonText(value, options, 2)}\n`,
};

/** One JSON value a line: a list's bare items, or a run's events. */
export const ndjson: Format = {
  holds: 'values',
  events: true,
  list: (_selection, options) => ({
    items: (batch) => jsonTexts(batch, options, '\n'),
    end: () => '',
  }),
  object: ({ value }, options) => `${jsonText(value, options)}\n`,
};

/** JSON with every digit of an id, and no character in it that a terminal would act on. */
export function jsonText(value: unknown, { numberIds }: Style, indent?: number): string {
  return escapeInJson(stringifyJson(value, { stringIds: !numberIds, ...(indent && { indent }) }));
}

/** One text after the other, each with `end` behind it. */
function jsonTexts(values: readonly unknown[], { numberIds }: Style, end: string): string {
  return escapeInJson(values.map((value) => stringifyJson(value, { stringIds: !numberIds }) + end).join(''));
}

/** Line ends stand between the parts of a document. JSON escapes all other C0 controls by itself. */
const UNSAFE_IN_JSON = new RegExp(`${UNSAFE_CHARACTER.source}(?<!\\n)`, UNSAFE_CHARACTER.flags);

/** Writes what is unsafe in a JSON text as `\uXXXX`, which is read back as the same character. */
export function escapeInJson(text: string): string {
  // One beyond U+FFFF has two units.
  const escaped = (character: string): string =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // In a line that holds it anywhere, the runner of GitHub Actions finds a command.
  return text.replace(UNSAFE_IN_JSON, escaped).replaceAll('##[', '#\\u0023[');
}
