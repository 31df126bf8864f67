import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { Document, type ScalarTag } from 'yaml';
import { stringTag } from 'yaml/util';
import { idsAsStrings } from '../../base/json.js';
import { type Format, type FormatOptions } from '../columns.js';
import { COMMAND, ESCAPED_COMMAND, UNSAFE_IN_JSON } from './json.js';

/** One document. The items stream, since a sequence may stand at the indent of its key. */
export const yaml: Format = {
  holds: 'values',
  events: false,
  list: (_selection, options) => {
    let lead = 'items:\n';
    return {
      items: (batch) => {
        const text = lead + yamlText(batch, options);
        lead = '';
        return text;
      },
      end: (total) => `${lead && 'items: []\n'}${total === null ? '' : `total_results: ${total}\n`}`,
      broken: () => '',
    };
  },
  object: ({ value }, options) => yamlText(value, options),
};

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

/** As in JSON; as well what stands for no character, half of one included, which PyYAML reads only escaped. */
const UNSAFE = new RegExp(`${UNSAFE_IN_JSON.source}|[\\p{Cs}\\p{Noncharacter_Code_Point}]`, UNSAFE_IN_JSON.flags);
/** What readers of YAML 1.1 take for more than text, or the runner of GitHub Actions, at the beginning of a line, for a command. */
const MORE_THAN_TEXT = /^(=|<<)$|^[^\S\n]*::/m;

const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    const isOdd = value.search(UNSAFE) >= 0 || value.includes(COMMAND) || MORE_THAN_TEXT.test(value);
    return isOdd ? quoted(value) : (stringTag.stringify?.(item, ...rest) ?? quoted(value));
  },
};

/** A double-quoted scalar, in one line. Whole characters are escaped: halves are not put together. */
function quoted(value: string): string {
  const escaped = (character: string): string => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  };
  return JSON.stringify(value).replace(UNSAFE, escaped).replaceAll(COMMAND, ESCAPED_COMMAND);
}

function yamlText(value: unknown, { numberIds }: FormatOptions): string {
  const document = new Document(value, numberIds ? null : idsAsStrings, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [text, exactNumber, ...tags],
    // Readers of YAML 1.1 are still many: what they would take for a date, or `no` for false, is quoted.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
