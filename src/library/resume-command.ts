import type { Resume, ResumeAfter } from '../activities/job.js';
import type { RollPlan } from '../activities/roll/plan.js';
import { formatAction } from '../core/activity.js';
import { LdctlError } from '../core/errors.js';
import type { Id } from '../core/ids.js';
import { plainText } from '../core/text.js';

/** More nodes than that go into a file … */
const MOST_NAMED = 100;
/** … or, where none can be written, into several flags: a system takes long commands, and not as long a word. */
const MOST_IN_A_WORD = 1000;

/** Keeps nodes in a file for `--nodes-from`. @returns its path @throws LdctlError */
export type NodeKeeper = (nodes: readonly Id[]) => string;

/**
 * The exact command that takes a run up again, ready to be pasted into a POSIX shell.
 * @param target the flags that name the same deployment and profile; never a key
 */
export function resumeCommand(resume: Resume, target: readonly string[], keepNodes: NodeKeeper | null): string {
  return waitCommand('ids' in resume ? resume.ids : afterFlags(resume, keepNodes), target);
}

/** The same for activities whose ids are known; or, by their flags, for those of a trigger. */
export function waitCommand(what: readonly (Id | string)[], target: readonly string[]): string {
  return commandLine(['ldctl', 'activities', 'wait', ...what.map(String), ...target]);
}

/**
 * The exact command that goes on with a roll.
 * @param nodes the flags that name them; null for a roll that is remembered, which is short however many there are
 * @param target the flags that name the same deployment and profile; never a key
 */
export function rollCommand(
  { runtime, action, idempotencyKey, callersKey, options }: Pick<RollPlan, 'runtime' | 'action' | 'idempotencyKey' | 'callersKey' | 'options'>,
  nodes: readonly string[] | null,
  target: readonly string[],
): string {
  const roll = ['ldctl', 'activities', 'trigger', runtime, formatAction(action), '--rolling'];
  if (nodes === null) return commandLine([...roll, '--resume', idempotencyKey, ...target]);
  const { 'continue-on-error': goesOn, ...valued } = options;
  return commandLine([
    ...roll,
    ...nodes,
    ...Object.entries(valued).flatMap(([name, value]) => [`--${name}`, value]),
    ...(goesOn ? ['--continue-on-error'] : []),
    ...(callersKey ? ['--idempotency-key', idempotencyKey] : []),
    ...target,
  ]);
}

/** The flags that name nodes; where no file can be written, they are many. */
export function nodeFlags(nodes: readonly Id[], keepNodes: NodeKeeper | null): string[] {
  if (keepNodes && nodes.length > MOST_NAMED) {
    try {
      return ['--nodes-from', keepNodes(nodes)];
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
    }
  }
  const flags: string[] = [];
  for (let at = 0; at < nodes.length; at += MOST_IN_A_WORD) {
    flags.push('--node', nodes.slice(at, at + MOST_IN_A_WORD).join(','));
  }
  return flags;
}

/** Words as a POSIX shell has to be given them: one line, and nothing in it that a terminal would act on. */
export function commandLine(words: readonly string[]): string {
  const command = words.map(shellWord).join(' ');
  return plainText(command) === command ? command : `eval "$(printf '${printfFormat(command)}')"`;
}

/** A word that every POSIX shell takes as it is stays as it is. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Has `printf` print a text, within single quotes: in octal what is not plain, and what a shell in between may act on. */
function printfFormat(text: string): string {
  const octal = (part: string): string =>
    Array.from(Buffer.from(part), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return Array.from(text, (part) => (plainText(part) === part && !"'\\%!".includes(part) ? part : octal(part))).join('');
}

function afterFlags({ after, runtime, action, nodes, expectNodes }: ResumeAfter, keepNodes: NodeKeeper | null): string[] {
  const targets = nodes === null ? [] : nodeFlags(nodes, keepNodes);
  const expected = expectNodes === null ? [] : ['--expect-nodes', String(expectNodes)];
  const what = ['--runtime', runtime, '--action', formatAction(action)];
  return ['--after', String(after), ...what, ...targets, ...expected];
}
