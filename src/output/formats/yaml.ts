import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { Document, type ScalarTag } from 'yaml';
import { stringTag } from 'yaml/util';
import { idsAsStrings } from '../../base/json.js';
import { type Format, type FormatOptions } from '../columns.js';
import { escapeInJson } from './json.js';

/** One document. The items stream, since a sequence may stand at the indent of its key. */
export const yaml: Format = {
  holds: 'values',
  list: (_selection, options) => {
    let lead = 'items:\n';
    return {
      items: (batch) => {
        const text = lead + yamlText(batch, options);
        lead = '';
        return text;
      },
      end: (total) => `${lead && 'items: []\n'}${total === null ? '' : `total_results: ${total}\n`}`,
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

/** What readers of YAML 1.1 take for more than text, or the runner of GitHub Actions, at the beginning of a line, for a command. */
const MORE_THAN_TEXT = /^(=|<<)$|^[^\S\n]*::/m;

const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    const isOdd = escapeInJson(value) !== value || MORE_THAN_TEXT.test(value);
    // Text of JSON, in one line between double quotes, is text of YAML.
    const quoted = escapeInJson(JSON.stringify(value));
    return isOdd ? quoted : (stringTag.stringify?.(item, ...rest) ?? quoted);
  },
};

function yamlText(value: unknown, { numberIds }: FormatOptions): string {
  const document = new Document(value, numberIds ? null : idsAsStrings, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [text, exactNumber, ...tags],
    // Readers of YAML 1.1 are still many: what they would take for a date, or `no` for false, is quoted.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
