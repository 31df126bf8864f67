import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { Document, type ScalarTag } from 'yaml';
import { stringTag } from 'yaml/util';
import { idsAsStrings } from '../../base/json.js';
import { isUnsafeInYaml, quotedInYaml } from '../unsafe-characters.js';
import { type FormatOptions, type ListWriter, type ValueFormat } from './format.js';

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
  stringify: ({ value }) => floatText((value as LosslessNumber).value),
};

/** `1e3` as `1.0e+3`: without the point and the sign it is text to readers of YAML 1.1. */
function floatText(number: string): string {
  return number.replace(/^(-?\d+)(?=[eE])/, '$1.0').replace(/(?<=[eE])(?=\d)/, '+');
}

/** What readers of YAML 1.1 take for more than text, beside what `compat` below knows of. */
const MORE_THAN_TEXT: ReadonlySet<string> = new Set(['=', '<<']);

const text: ScalarTag = {
  ...stringTag,
  stringify: (item, ...rest) => {
    const value = item.value as string;
    const isOdd = isUnsafeInYaml(value) || MORE_THAN_TEXT.has(value);
    return isOdd ? quotedInYaml(value) : (stringTag.stringify?.(item, ...rest) ?? quotedInYaml(value));
  },
};

function yamlText(value: unknown, options: FormatOptions): string {
  const document = new Document(value, options.numberIds ? null : idsAsStrings, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [text, exactNumber, ...tags],
    // Readers of YAML 1.1 are still many: what they would take for a date, or `no` for false, is quoted.
    compat: 'yaml-1.1',
  });
  return document.toString({ lineWidth: 0 });
}
