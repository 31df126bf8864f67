import { LdctlError } from '../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../base/exit-codes.js';
import { printError } from '../output/error.js';
import { FORMAT_NAMES } from '../output/formats.js';
import { ReaderGone } from '../output/streams.js';
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
  if (error instanceof Declined && (format === 'table' || format === 'csv')) {
    host.output.stderr.write('Nothing was sent.\n');
    return error.exitCode;
  }
  const failure = error instanceof LdctlError ? error : fault(error);
  await printError(host.output, failure, { format, header: true, numberIds, utc: false });
  if (failure !== error && debug && error instanceof Error) {
    host.output.stderr.write(`${error.stack}\n`);
  }
  return failure.exitCode;
}

function fault(error: unknown): LdctlError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new LdctlError('fault', 'internal', `a bug in ldctl: ${what}`, {
    hint: 'Please report it, with what --debug adds to it.',
    cause: error,
  });
}
