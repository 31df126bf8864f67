import { isLosslessNumber } from 'lossless-json';
import { Document, type ScalarTag } from 'yaml';
import { stringTag } from 'yaml/util';
import { idsAsStrings } from '../../base/json.js';
import type { Format, FormatOptions } from '../columns.js';
import { escapeInJson } from './json.js';

/**
 * One document. The items can be streamed, since YAML allows a sequence at the indent of its key.
 */
export const yaml: Format = {
  holds: 'values',
  list: (_selection, options) => {
    let isEmpty = true;
    return {
      items: (batch) => {
        const lead = isEmpty ? 'items:\n' : '';
        isEmpty = false;
        return lead + yamlText(batch, options);
      },
      end: (total) =>
        `${isEmpty ? 'items: []\n' : ''}${total === null ? '' : `total_results: ${total}\n`}`,
    };
  },
  object: ({ value }, options) => yamlText(value, options),
};

/**
 * A text that a terminal or the runner of GitHub Actions would act on is put in double quotes and
 * escaped.
 */
const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    const isPlain = escapeInJson(value) === value && !value.includes('\n');
    // A JSON string is a YAML string.
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
    // Quotes what readers of YAML 1.1 would take for a date, or for false, such as `no`.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
