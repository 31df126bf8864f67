import { stringifyJson } from '../../base/json.js';
import { UNSAFE_CHARACTER } from '../../base/text.js';
import type { Format, FormatOptions } from '../columns.js';

type Style = Pick<FormatOptions, 'numberIds'>;

/** One document. A list has a line for each item, so that it can be streamed and compared. */
export const json: Format = {
  holds: 'values',
  list: (_selection, options) => {
    let isEmpty = true;
    return {
      items: (batch) => {
        const lead = isEmpty ? '{"items":[\n' : ',\n';
        isEmpty = false;
        return lead + jsonTexts(batch, options, ',\n');
      },
      end: (total, errors) => {
        const open = isEmpty ? '{"items":[' : '\n';
        const count = total === null ? '' : `,"total_results":${total}`;
        return `${open}]${count}${errors ? `,"errors":${jsonText(errors, options)}` : ''}}\n`;
      },
      broken: (error) => `\n],"error":${jsonText(error, options)}}\n`,
    };
  },
  object: ({ value }, options) => `${jsonText(value, options, 2)}\n`,
};

/**
 * A JSON value a line: the items of a list, or the events of a run or of a followed log, the result
 * last.
 */
export const ndjson: Format = {
  holds: 'values',
  list: (_selection, options) => ({
    items: (batch) => `${jsonTexts(batch, options, '\n')}\n`,
    end: () => '',
  }),
  object: ({ value }, options) => `${jsonText(value, options)}\n`,
};

/** JSON with ids digit for digit, and without characters that a terminal would act on. */
export function jsonText(value: unknown, { numberIds }: Style, indent?: number) {
  return escapeInJson(stringifyJson(value, { stringIds: !numberIds, indent }));
}

/** Escapes all at once, which is faster for a long list. */
function jsonTexts(values: readonly unknown[], { numberIds }: Style, between: string) {
  const texts = values.map((value) => stringifyJson(value, { stringIds: !numberIds }));
  return escapeInJson(texts.join(between));
}

/**
 * Line ends are left, which only stand between the parts of a document: JSON escapes those within a
 * text.
 */
const UNSAFE_IN_JSON = new RegExp(`${UNSAFE_CHARACTER.source}(?<!\\n)`, UNSAFE_CHARACTER.flags);

/** Writes what is unsafe in a JSON text as `\uXXXX`, which is read back as the same character. */
export function escapeInJson(text: string): string {
  // A character beyond U+FFFF has two units.
  const escaped = (character: string) =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // The runner of GitHub Actions would take it for a command.
  return text.replace(UNSAFE_IN_JSON, escaped).replaceAll('##[', '#\\u0023[');
}
