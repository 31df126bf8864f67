import * as Errors from '@oclif/core/errors';
import { LdctlError } from '../core/errors.js';
import { EXIT_CODES, type ExitCode } from '../core/exit-codes.js';
import { printError } from '../output/error.js';
import { FORMAT_NAMES, type FormatName } from '../output/formats.js';
import { ReaderGone } from '../output/streams.js';
import type { Host } from './host.js';
import { fromOclif, type Typed } from './usage.js';

/**
 * The one end of everything that went wrong: tells it in the format that was asked for.
 * @param argv the words of the command line, since the flags may not have been parsed
 * @param typed what is known of the command line beside its words
 * @returns the exit code
 */
export async function printFailure(
  host: Host,
  error: unknown,
  argv: readonly string[],
  typed: Typed = {},
): Promise<ExitCode> {
  // oclif's way to end early, after help or a version: nothing went wrong.
  if (error instanceof Errors.ExitError && error.oclif.exit === 0) return EXIT_CODES.done.code;
  if (error instanceof ReaderGone) return EXIT_CODES.done.code;
  const known = fromOclif(error, typed);
  const failure = known instanceof LdctlError ? known : fault(known);
  await printError(host.output, failure, {
    format: formatIn(argv),
    header: true,
    stringIds: argv.includes('--string-ids'),
    utc: false,
  });
  if (!(known instanceof LdctlError) && argv.includes('--debug') && known instanceof Error) {
    const { sourceStack } = await import('./source-stack.js');
    host.output.stderr.write(`${sourceStack(known.stack ?? '')}\n`);
  }
  return failure.exitCode;
}

function fault(error: unknown): LdctlError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new LdctlError('fault', 'internal', `a fault in ldctl itself: ${what}`, {
    hint: 'Please report it, with what --debug adds to it.',
    cause: error,
  });
}

/** The format asked for, by a look at the words: this also serves when they cannot be parsed. */
export function formatIn(argv: readonly string[]): FormatName {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  if (own.includes('--json')) return 'json';
  const text = own
    .map((word, index) => {
      if (word === '-o' || word === '--output') return own[index + 1];
      return /^(?:--output=|-o=?)(.+)$/.exec(word)?.[1];
    })
    .findLast((value) => value !== undefined);
  return FORMAT_NAMES.find((name) => name === text) ?? 'table';
}
