import { errorDocument, type ErrorDocument } from '../base/errors.js';
import { plainText } from '../base/text.js';
import { loadFormat } from './formats.js';
import { formatOptions, type PrintOptions } from './list.js';
import { painter, type Output, type Paint } from './streams.js';

/**
 * Prints a failure that ended a command: for people on stderr, and on stdout as `{"error":{…}}` in formats of whole
 * values, unless stdout is settled. Table and CSV leave stdout alone.
 */
export async function printError(output: Output, error: unknown, options: PrintOptions): Promise<void> {
  const document = errorDocument(error);
  const format = await loadFormat(options.format);
  if (format.holds === 'values' && !output.settled) {
    output.stdout.write(format.object({ value: { error: document } }, formatOptions(output.stdout, options)));
    output.settled = true;
  }
  output.stderr.write(errorText(document, painter(output.stderr.colour)));
}

/**
 * What happened; what to do next; and, for support, the code and the id of the request. Further lines of a message are
 * indented, so that none can pass for another error.
 */
export function errorText({ message, hint, code, request_id: request }: ErrorDocument, paint: Paint): string {
  const reference = plainText(`code ${code}${request === null ? '' : `, request ${request}`}`);
  const lines = [
    `${paint('bad', 'error:')} ${harmless(message)}`,
    ...(hint === null ? [] : [`${paint('bold', 'hint:')} ${harmless(hint)}`]),
    paint('dim', reference),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A line of warning on stderr, the same in every display. */
export function warningText(message: string, paint: Paint): string {
  return `${paint('bold', 'warning:')} ${harmless(message)}\n`;
}

function harmless(text: string): string {
  return text.trimEnd().split(/\r?\n/).map(plainText).join('\n  ');
}
