import { asLdctlError, Interrupted } from '../base/errors.js';
import { capitalized } from '../base/text.js';
import { formatOf, loadFormat } from '../output/formats.js';
import { printError } from '../output/list.js';
import { sentence } from '../output/sentence.js';
import { READER_GONE } from '../output/streams.js';
import type { Host } from './host.js';
import { Declined } from './asking/prompts.js';

/**
 * The one end of everything that went wrong: prints it in the format that was asked for.
 * @returns the exit code
 */
export async function printFailure({ output, mayHaveSent }: Host, error: unknown) {
  if (error === READER_GONE) return 0;
  const { stderr, options } = output;
  // It may come before any command has loaded the format.
  await loadFormat(options.format);
  const failure = asLdctlError(error, mayHaveSent);
  const chosen = formatOf(output).holds === 'rows' ? chosenEnd(error, stderr.isTTY) : null;
  if (chosen === null) printError(output, failure);
  else stderr.write(sentence(stderr, chosen));
  if (failure !== error && options.debug && error instanceof Error) {
    stderr.write(`${error.stack}\n`);
  }
  return failure.exitCode;
}

/** If the user said no or pressed Ctrl-C, a plain sentence in place of an error. */
function chosenEnd(error: unknown, isTTY: boolean) {
  if (error instanceof Declined) return `${capitalized(error.undone)}.`;
  if (!(error instanceof Interrupted) || error.signal !== 'SIGINT' || !isTTY) return null;
  return error.hint ?? `${capitalized(error.message.replace(' by SIGINT', ''))}.`;
}
