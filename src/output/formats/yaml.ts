import { isLosslessNumber } from 'lossless-json';
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

/** What a terminal, or the runner of GitHub Actions, would act on stands between double quotes, where it is escaped. */
const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    const isPlain = escapeInJson(value) === value && !value.includes('\n');
    // Text of JSON is text of YAML.
    return (isPlain && stringTag.stringify?.(item, ...rest)) || escapeInJson(JSON.stringify(value));
  },
};

function yamlText(value: unknown, { numberIds }: FormatOptions): string {
  const plain = (name: unknown, item: unknown): unknown => {
    if (isLosslessNumber(item)) return Number(item.value);
    return numberIds ? item : idsAsStrings(name, item);
  };
  const document = new Document(value, plain, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [text, ...tags],
    // Readers of YAML 1.1 are still many: what they would take for a date, or `no` for false, is quoted.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
