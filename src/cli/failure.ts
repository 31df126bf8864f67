import { Interrupted, LdctlError } from '../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../base/exit-codes.js';
import { printError } from '../output/error.js';
import { FORMAT_NAMES } from '../output/formats.js';
import { sentence } from '../output/sentence.js';
import { ReaderGone, type Sink } from '../output/streams.js';
import type { ReadFlag } from './argv.js';
import { Declined } from './consent.js';
import type { Host } from './host.js';

/** How the command line asks for its output, also where the rest of it makes no sense. */
export function askedOutput(flags: readonly ReadFlag[]) {
  const isGiven = (name: string): boolean => flags.some((flag) => flag.name === name);
  const named = flags.findLast(
    ({ name, value }) => name === 'output' && value !== undefined,
  )?.value;
  return {
    format: isGiven('json')
      ? ('json' as const)
      : (FORMAT_NAMES.find((name) => name === named) ?? 'table'),
    numberIds: isGiven('number-ids'),
    debug: isGiven('debug'),
  };
}

/**
 * The one end of everything that went wrong: prints it in the format that was asked for.
 * @returns the exit code
 */
export async function printFailure(
  host: Host,
  error: unknown,
  flags: readonly ReadFlag[],
): Promise<ExitCode> {
  const { format, numberIds, debug } = askedOutput(flags);
  host.output.stdout.isData = format !== 'table';
  if (error instanceof ReaderGone) return EXIT_CODES.done.code;
  const { stderr } = host.output;
  const wish = format === 'table' || format === 'csv' ? wishOf(error, stderr) : null;
  if (wish !== null) {
    stderr.write(sentence(stderr, wish.text));
    return wish.exitCode;
  }
  const failure = error instanceof LdctlError ? error : fault(error);
  await printError(host.output, failure, { format, header: true, numberIds, utc: false });
  if (failure !== error && debug && error instanceof Error) {
    host.output.stderr.write(`${error.stack}\n`);
  }
  return failure.exitCode;
}

/** An end that someone at the terminal wished for is no error: what it left undone is said. */
function wishOf(error: unknown, { isTTY }: Sink) {
  if (error instanceof Declined) return { text: 'Nothing was sent.', exitCode: error.exitCode };
  if (!(error instanceof Interrupted) || error.signal !== 'SIGINT' || !isTTY) return null;
  return { text: error.hint ?? 'Interrupted.', exitCode: error.exitCode };
}

function fault(error: unknown): LdctlError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new LdctlError('fault', 'internal', `a bug in ldctl: ${what}`, {
    hint: 'Please report it, with what --debug adds to it.',
    cause: error,
  });
}
