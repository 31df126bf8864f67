import { jsonText, jsonTexts } from './json.js';
import { type ValueFormat } from './format.js';

/** One JSON value a line: a list's bare items, or a run's events. */
export const ndjson: ValueFormat = {
  holds: 'values',
  events: true,
  list: (options) => ({
    items: (batch) => jsonTexts(batch, options, '\n'),
    end: () => '',
    broken: () => '',
  }),
  object: (value, options) => `${jsonText(value, options)}\n`,
};
