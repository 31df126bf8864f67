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
      end: (total, errors) => {
        const rest = { ...(total !== null && { total_results: total }), ...(errors && { errors }) };
        const count = Object.keys(rest).length > 0 ? yamlText(rest, options) : '';
        return `${isEmpty ? 'items: []\n' : ''}${count}`;
      },
      broken: (error) => yamlText({ error }, options),
    };
  },
  object: ({ value }, options) => yamlText(value, options),
};

/** Not printable by the rules of YAML, so that its readers refuse it: half a character, too. */
const REFUSED = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const escaped = (text: string) =>
  escapeInJson(text).replace(REFUSED, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);

/**
 * A text that a terminal or the runner of GitHub Actions would act on, or a reader refuse, is put
 * in double quotes and escaped.
 */
const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    // PyYAML has a type for a bare `=`, and refuses it.
    const isPlain = escaped(value) === value && !/\n|^::|^=$/.test(value);
    // A JSON string is a YAML string.
    return (isPlain && stringTag.stringify?.(item, ...rest)) || escaped(JSON.stringify(value));
  },
};

function yamlText(value: unknown, { numberIds }: FormatOptions) {
  const plain = (name: unknown, item: unknown) => {
    if (isLosslessNumber(item)) return Number(item.value);
    return numberIds ? item : idsAsStrings(name, item);
  };
  const document = new Document(value, plain, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [text, ...tags],
    // Quotes what readers of YAML 1.1 would treat as a date, or as false, such as `no`.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
