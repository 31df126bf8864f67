import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { Document, type ScalarTag } from 'yaml';
import { stringTag } from 'yaml/util';
import { idsAsStrings } from '../../base/json.js';
import { type FormatOptions, type ListWriter, type ValueFormat } from '../columns.js';
import { COMMAND, ESCAPED_COMMAND, hexadecimal, UNSAFE_IN_JSON } from './json.js';

/** One document. The items stream, since a sequence may stand at the indent of its key. */
export const yaml: ValueFormat = {
  holds: 'values',
  events: false,
  list: (options) => listWriter(options),
  object: (value, options) => yamlText(value, options),
};

function listWriter(options: FormatOptions): ListWriter<unknown> {
  let begun = false;
  return {
    items: (batch) => {
      const lead = begun ? '' : 'items:\n';
      begun = true;
      return lead + yamlText(batch, options);
    },
    end: (total) => `${begun ? '' : 'items: []\n'}${total === null ? '' : `total_results: ${total}\n`}`,
    broken: () => '',
  };
}

/** A number with a fraction or an exponent, with the digits that the API wrote. */
const exactNumber: ScalarTag = {
  identify: isLosslessNumber,
  default: true,
  tag: 'tag:yaml.org,2002:float',
  resolve: (text) => text,
  // `1e3` as `1.0e+3`: without the point and the sign it is text to readers of YAML 1.1.
  stringify: ({ value }) =>
    (value as LosslessNumber).value.replace(/^(-?\d+)(?=[eE])/, '$1.0').replace(/(?<=[eE])(?=\d)/, '+'),
};

/** What readers of YAML 1.1 take for more than text, beside what `compat` below knows of. */
const MORE_THAN_TEXT: ReadonlySet<string> = new Set(['=', '<<']);
/** As well: what stands for no character, half of one included, which PyYAML reads only escaped. */
const UNSAFE = new RegExp(`${UNSAFE_IN_JSON.source}|[\\p{Cs}\\p{Noncharacter_Code_Point}]`, UNSAFE_IN_JSON.flags);
/** Beside `COMMAND`: what the runner of GitHub Actions takes for one where a line begins, as a text of several lines may. */
const COMMAND_LINE = /^[^\S\n]*::/m;

const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    const isOdd =
      value.search(UNSAFE) >= 0 || MORE_THAN_TEXT.has(value) || value.includes(COMMAND) || COMMAND_LINE.test(value);
    return isOdd ? quoted(value) : (stringTag.stringify?.(item, ...rest) ?? quoted(value));
  },
};

/** A double-quoted scalar, in one line. Whole characters are escaped: halves are not put together. */
function quoted(value: string): string {
  return JSON.stringify(value)
    .replace(UNSAFE, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code > 0xffff ? `\\U${hexadecimal(code, 8)}` : `\\u${hexadecimal(code, 4)}`;
    })
    .replaceAll(COMMAND, ESCAPED_COMMAND);
}

function yamlText(value: unknown, options: FormatOptions): string {
  const document = new Document(value, options.numberIds ? null : idsAsStrings, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [text, exactNumber, ...tags],
    // Readers of YAML 1.1 are still many: what they would take for a date, or `no` for false, is quoted.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
