import * as Errors from '@oclif/core/errors';
import { LdctlError, UsageError } from '../base/errors.js';
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
  const help = `See ${['ldctl', ...(commandId ?? '').split(':').filter(Boolean), '--help'].join(' ')}`;
  if (error instanceof LdctlError) error.message = error.message.replace(PARSING, '$1');
  if (error instanceof UsageError) error.hint ??= help;
  if (!(error instanceof Errors.CLIError)) return error;
  const missing = argumentsOf(error, namesOf);
  if (missing.length > 0) return new UsageError(`missing ${missing.join(' and ')}`, { hint: help });
  const [stray] = argumentsOf(error, textsOf);
  if (stray !== undefined) return strayArgument(stray, { commandId, help });
  const message = oneLine(error.message);
  const [, unknown] = UNKNOWN.exec(message) ?? [];
  const meant = unknown === undefined ? null : didYouMean(unknown, known?.() ?? []);
  const question = meant === null ? '' : `Did you mean ${meant.startsWith('--') ? meant : `ldctl ${meant}`}? `;
  return new UsageError(message, { hint: `${question}${help}` });
}

/** An argument too many. It is not repeated where it may be a key. */
function strayArgument(text: string, { commandId, help }: { commandId: string | undefined; help: string }): UsageError {
  if (text.startsWith(KEY_PREFIX)) {
    const hint =
      'A key is never an argument: set LD_API_KEY, or pipe it into `ldctl profiles add NAME --api-key-stdin`.';
    return new UsageError('unexpected argument, which looks like a key', { code: 'key_in_argument', hint });
  }
  const advice = /^[\d,]+$/.test(text) ? ADVICE_ON_IDS[commandId ?? ''] : undefined;
  return new UsageError(`unexpected argument: ${text}`, { hint: advice ? `${advice} ${help}` : help });
}

/** As the vendor's own keys begin (contract, "Words the vendor's own tool already uses"). */
const KEY_PREFIX = 'ld_pk_';

/** What to do with ids that were given as arguments, by command. Nodes are never positional (design, "Commands"). */
const ADVICE_ON_IDS: Readonly<Record<string, string>> = {
  'activities:trigger': 'Nodes go with --node ID, a config with reconfigure:ID.',
  'activities:list': 'Nodes go with --node ID.',
};

/** What oclif writes around the message of an error that is thrown while it parses a flag. */
const PARSING = /^Parsing --\S+ \n\t(.*)\nSee more help with --help$/s;

/** As `oneLine` has it: what is not there. */
const UNKNOWN = /^(?:there is no command|nonexistent flag:) (.+)$/;

/**
 * The arguments that an error is about: definitions of those that are missing, or texts of those too many. The parser's
 * classes for this are not exported; what tells them from the others is what they hold.
 */
function argumentsOf(error: Errors.CLIError, read: (arg: unknown) => string[]): string[] {
  const args: unknown = 'args' in error ? error.args : null;
  return Array.isArray(args) ? args.flatMap(read) : [];
}

/** As the command's usage has it. */
function namesOf(arg: unknown): string[] {
  const isNamed = typeof arg === 'object' && arg !== null && 'name' in arg && typeof arg.name === 'string';
  return isNamed ? [String(arg.name).toUpperCase()] : [];
}

function textsOf(arg: unknown): string[] {
  return typeof arg === 'string' ? [arg] : [];
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
