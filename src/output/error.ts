import { plainText } from '../base/text.js';
import { errorDocument, type ErrorDocument } from '../base/errors.js';
import { loadFormat } from './formats.js';
import { formatOptions, type PrintOptions } from './list.js';
import { painter, type Paint } from './style.js';
import { type Output } from './streams.js';

/**
 * Prints a failure that ended a command: for people on stderr, and on stdout as `{"error":{…}}` in formats of whole
 * values, unless stdout is settled. Table and CSV leave stdout alone.
 */
export async function printError(output: Output, error: unknown, options: PrintOptions): Promise<void> {
  const document = errorDocument(error);
  const format = await loadFormat(options.format);
  if (format.holds === 'values' && !output.settled) {
    output.stdout.write(format.object({ error: document }, formatOptions(output.stdout, options)));
    output.settled = true;
  }
  output.stderr.write(errorText(document, painter(output.stderr.colour)));
}

/**
 * What happened, with the code and the request id that support asks for; the hint on a line of its own. Further
 * lines of a message are indented, so that none can pass for another error.
 */
export function errorText(error: ErrorDocument, paint: Paint): string {
  const reference = error.request_id === null ? error.code : `${error.code}, request ${error.request_id}`;
  const lines = [`${paint('bad', 'error:')} ${harmless(error.message)} (${plainText(reference)})`];
  if (error.hint !== null) lines.push(`${paint('bold', 'hint:')} ${harmless(error.hint)}`);
  return lines.map((line) => `${line}\n`).join('');
}

function harmless(text: string): string {
  return text.trimEnd().split(/\r?\n/).map(plainText).join('\n  ');
}

/** A line of warning on stderr, the same in every display. */
export function warningText(message: string, paint: Paint): string {
  return `${paint('bold', 'warning:')} ${harmless(message)}\n`;
}
