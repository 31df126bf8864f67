import { stringifyJson } from '../../base/json.js';
import { escapeInJson } from '../unsafe-characters.js';
import { type FormatOptions, type ListWriter, type ValueFormat } from './format.js';

/** One document. A list has an item a line, so that it can stream and be compared by line. */
export const json: ValueFormat = {
  holds: 'values',
  events: false,
  list: (options) => listWriter(options),
  object: (value, options) => `${jsonText(value, options, 2)}\n`,
};

/** JSON with every digit of an id, and no character in it that a terminal would act on. */
export function jsonText(value: unknown, options: Pick<FormatOptions, 'numberIds'>, indent?: number): string {
  return escapeInJson(stringifyJson(value, { stringIds: !options.numberIds, ...(indent && { indent }) }));
}

/** One text after the other, each with `end` behind it. */
export function jsonTexts(
  values: readonly unknown[],
  { numberIds }: Pick<FormatOptions, 'numberIds'>,
  end: string,
): string {
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
