import * as Errors from '@oclif/core/errors';
import { LdctlError, UsageError } from '../core/errors.js';
import { didYouMean } from './help/did-you-mean.js';

/** Where an error of the argument parser came from. */
export interface Typed {
  /** The command that was being run, as oclif writes it (`activities:trigger`). */
  commandId?: string | undefined;
  /** What there is in the place of what is unknown: the flags of the command, or else all commands. */
  known?: () => readonly string[];
}

/** An error of the argument parser, or of oclif itself, as one of ours: one line, and where to read on. */
export function fromOclif(error: unknown, { commandId, known }: Typed): unknown {
  if (error instanceof LdctlError) error.message = error.message.replace(PARSING, '$1');
  if (!(error instanceof Errors.CLIError)) return error;
  const help = ['ldctl', ...(commandId ?? '').split(':').filter(Boolean), '--help'].join(' ');
  const missing = missingArguments(error);
  const message = missing.length > 0 ? `missing ${missing.join(' and ')}` : oneLine(error.message);
  const [, unknown] = UNKNOWN.exec(message) ?? [];
  const meant = unknown === undefined ? null : didYouMean(unknown, known?.() ?? []);
  const question = meant === null ? '' : `Did you mean ${meant.startsWith('--') ? meant : `ldctl ${meant}`}? `;
  return new UsageError(message, { hint: `${question}See ${help}` });
}

/** What oclif writes around the message of an error that is thrown while it parses a flag. */
const PARSING = /^Parsing --\S+ \n\t(.*)\nSee more help with --help$/s;

/** As `oneLine` has it: what is not there. */
const UNKNOWN = /^(?:there is no command|nonexistent flag:) (.+)$/;

/**
 * The names of the arguments that a command needs and did not get, as its usage has them. The parser's class for this
 * is not exported; what tells it from the others is that it holds the definitions of the arguments.
 */
function missingArguments(error: Errors.CLIError): string[] {
  const args: unknown = 'args' in error ? error.args : null;
  if (!Array.isArray(args)) return [];
  return args.flatMap((arg: unknown) => (isNamed(arg) ? [arg.name.toUpperCase()] : []));
}

function isNamed(arg: unknown): arg is { name: string } {
  return typeof arg === 'object' && arg !== null && 'name' in arg && typeof arg.name === 'string';
}

/** The parser's messages are laid out over several lines, with a pointer to the help that ours has in its hint. */
function oneLine(message: string): string {
  const text = message
    .replace(/\n?See more help with --help\s*$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    // oclif writes a command as it keeps it, `activities:list`, and not as it is typed.
    .replace(/^command (\S+) not found$/, (_all, id: string) => `there is no command ${id.replaceAll(':', ' ')}`)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}
