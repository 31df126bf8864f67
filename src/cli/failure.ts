import * as Errors from '@oclif/core/errors';
import { LdctlError } from '../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../base/exit-codes.js';
import { printError } from '../output/error.js';
import { ReaderGone } from '../output/streams.js';
import type { AskedOutput } from './asked-output.js';
import type { Host } from './host.js';
import { fromOclif, type Typed } from './usage.js';

/**
 * The one end of everything that went wrong: tells it in the format that was asked for.
 * @param asked how the command line asks for its output, as far as it could be read
 * @param typed what is known of the command line beside its words
 * @returns the exit code
 */
export async function printFailure(
  host: Host,
  error: unknown,
  { format, stringIds, debug }: AskedOutput,
  typed: Typed = {},
): Promise<ExitCode> {
  // oclif's way to end early, after help or a version: nothing went wrong.
  if (error instanceof Errors.ExitError && error.oclif.exit === 0) return EXIT_CODES.done.code;
  if (error instanceof ReaderGone) return EXIT_CODES.done.code;
  const known = fromOclif(error, typed);
  const failure = known instanceof LdctlError ? known : fault(known);
  await printError(host.output, failure, { format, header: true, stringIds, utc: false });
  if (!(known instanceof LdctlError) && debug && known instanceof Error) {
    const { sourceStack } = await import('./source-stack.js');
    host.output.stderr.write(`${sourceStack(known.stack ?? '', host.program)}\n`);
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
