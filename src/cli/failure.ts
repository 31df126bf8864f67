import { Interrupted, LdctlError, unexpected } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import { FORMAT_NAMES } from '../output/formats.js';
import { printError, type PrintOptions } from '../output/list.js';
import { sentence } from '../output/sentence.js';
import { ReaderGone, type Sink } from '../output/streams.js';
import type { ReadFlag } from './argv.js';
import { Declined } from './consent.js';
import type { Host } from './host.js';

/** How the command line asks for its output, also where the rest of it makes no sense. */
export function askedOutput(flags: readonly ReadFlag[]): PrintOptions {
  const isGiven = (name: string) => flags.some((flag) => flag.name === name);
  const named = flags.findLast(
    ({ name, value }) => name === 'output' && value !== undefined,
  )?.value;
  return {
    format: isGiven('json') ? 'json' : (FORMAT_NAMES.find((name) => name === named) ?? 'table'),
    header: true,
    numberIds: isGiven('number-ids'),
    utc: false,
    quiet: false,
    debug: isGiven('debug'),
  };
}

/**
 * The one end of everything that went wrong: prints it in the format that was asked for.
 * @returns the exit code
 */
export async function printFailure(host: Host, error: unknown, flags: readonly ReadFlag[]) {
  const options = askedOutput(flags);
  const { format } = options;
  host.output.stdout.isData = format !== 'table';
  if (error instanceof ReaderGone) return EXIT_CODES.done.code;
  const { stderr } = host.output;
  const wish = format === 'table' || format === 'csv' ? wishOf(error, stderr) : null;
  if (wish !== null) {
    stderr.write(sentence(stderr, wish.text));
    return wish.exitCode;
  }
  const failure = error instanceof LdctlError ? error : unexpected(error);
  await printError(host.output, failure, options);
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
