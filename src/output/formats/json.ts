import { stringifyJson } from '../../core/stringify-json.js';
import { escapeUnsafe } from '../unsafe-characters.js';
import { type FormatOptions, type ListWriter, type ValueFormat } from './format.js';

/** One document. A list has an item a line, so that it can stream and be compared by line. */
export const json: ValueFormat = {
  holds: 'values',
  events: false,
  list: (options) => listWriter(options),
  object: (value, options) => `${jsonText(value, options, 2)}\n`,
};

/** JSON with every digit of an id, and no character in it that a terminal would act on. */
export function jsonText(value: unknown, options: Pick<FormatOptions, 'stringIds'>, indent?: number): string {
  return escapeUnsafe(stringifyJson(value, { stringIds: options.stringIds, ...(indent && { indent }) }));
}

function listWriter(options: FormatOptions): ListWriter<unknown> {
  let begun = false;
  const open = (): string => {
    const text = begun ? '' : '{"items":[';
    begun = true;
    return text;
  };
  return {
    item: (item) => {
      const lead = begun ? ',\n' : `${open()}\n`;
      return lead + jsonText(item, options);
    },
    end: (total) => `${begun ? '\n' : open()}],"total_results":${total}}\n`,
    broken: (error) => `\n],"error":${jsonText(error, options)}}\n`,
  };
}
