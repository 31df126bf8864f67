import { asLdctlError, Interrupted } from '../base/errors.js';
import { printError } from '../output/list.js';
import { sentence } from '../output/sentence.js';
import { ReaderGone, type Sink } from '../output/streams.js';
import { Declined } from './consent.js';
import type { Host } from './host.js';

/**
 * The one end of everything that went wrong: prints it in the format that was asked for.
 * @returns the exit code
 */
export async function printFailure({ output, mayBeSent }: Host, error: unknown) {
  if (error instanceof ReaderGone) return 0;
  const { stderr, options } = output;
  const { format } = options;
  const wish = format === 'table' || format === 'csv' ? wishOf(error, stderr) : null;
  if (wish !== null) {
    stderr.write(sentence(stderr, wish.text));
    return wish.exitCode;
  }
  const failure = asLdctlError(error, mayBeSent);
  await printError(output, failure);
  if (failure !== error && options.debug && error instanceof Error) {
    stderr.write(`${error.stack}\n`);
  }
  return failure.exitCode;
}

/** An end that someone at the terminal wished for is no error: what it left undone is said. */
function wishOf(error: unknown, { isTTY }: Sink) {
  if (error instanceof Declined) return { text: 'Nothing was sent.', exitCode: error.exitCode };
  if (!(error instanceof Interrupted) || error.signal !== 'SIGINT' || !isTTY) return null;
  return { text: error.hint ?? 'Interrupted.', exitCode: error.exitCode };
}
