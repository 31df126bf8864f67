import { errorDocument } from '../base/errors.js';
import { loadFormat } from './formats.js';
import { formatOptions, type PrintOptions } from './list.js';
import { sentence } from './sentence.js';
import type { Output, Sink } from './streams.js';

/** What happened, what to do next, and for support the code and the request id. */
export function errorText(sink: Sink, error: unknown) {
  const { message, hint, code, request_id: request } = errorDocument(error);
  return [
    sentence(sink, `error: ${message}`, 'bad'),
    hint === null ? '' : sentence(sink, `hint: ${hint}`, 'bold'),
    sentence(sink, `code ${code}${request === null ? '' : `, request ${request}`}`, 'dim', 'all'),
  ].join('');
}

/**
 * The failure that ended a command: on stderr, and in formats of values as `{"error":{…}}` on
 * stdout, unless that is complete.
 */
export async function printError(output: Output, error: unknown, options: PrintOptions) {
  const format = await loadFormat(options.format);
  if (format.holds === 'values' && !output.complete) {
    const value = { error: errorDocument(error) };
    output.stdout.write(format.object({ value }, formatOptions(output.stdout, options)));
    output.complete = true;
  }
  output.stderr.write(errorText(output.stderr, error));
}
