import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { Document, Scalar, visit, type ScalarTag } from 'yaml';
import { idsAsStrings } from '../../core/stringify-json.js';
import { escapeUnsafe, hasUnsafe } from '../unsafe-characters.js';
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
    end: (total) => `${begun ? '' : 'items: []\n'}total_results: ${total}\n`,
    broken: () => '',
  };
}

/** A number with a fraction or an exponent, digit for digit as the API wrote it. */
const exactNumber: ScalarTag = {
  identify: isLosslessNumber,
  default: true,
  tag: 'tag:yaml.org,2002:float',
  resolve: (text) => text,
  stringify: ({ value }) => (value as LosslessNumber).value,
};

function yamlText(value: unknown, options: FormatOptions): string {
  const document = new Document(value, options.stringIds ? idsAsStrings : null, {
    aliasDuplicateObjects: false,
    customTags: [exactNumber],
    // Readers of YAML 1.1 are still many: what they would take for a date, or `no` for false, is quoted.
    compat: 'yaml-1.1',
  });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && hasUnsafe(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escapeUnsafe(document.toString({ lineWidth: 0 }));
}
