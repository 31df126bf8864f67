import type { Resume } from '../../activities/job.js';
import { formatAction } from '../../core/activity.js';
import { plainText } from '../../core/text.js';

/**
 * The exact command that takes a run up again, ready to be pasted into a POSIX shell.
 * @param target the flags that name the same deployment and profile; never a key
 */
export function resumeCommand(resume: Resume, target: readonly string[]): string {
  const what = 'ids' in resume ? resume.ids.map(String) : afterFlags(resume);
  return commandLine(['ldctl', 'activities', 'wait', ...what, ...target]);
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

function afterFlags({ after, runtime, action, nodes, expectNodes }: Exclude<Resume, { ids: unknown }>): string[] {
  const targets = nodes === null ? [] : ['--node', nodes.join(',')];
  const expected = expectNodes === null ? [] : ['--expect-nodes', String(expectNodes)];
  const what = ['--runtime', runtime, '--action', formatAction(action)];
  return ['--after', String(after), ...what, ...targets, ...expected];
}
