import { quote } from 'shell-quote';
import type { Resume } from '../../activities/job.js';
import { formatAction } from '../../core/activity.js';

/**
 * The exact command that takes a run up again, ready to be pasted into a POSIX shell.
 * @param target the flags that name the same deployment and profile; never a key
 */
export function resumeCommand(resume: Resume, target: readonly string[]): string {
  const what = 'ids' in resume ? resume.ids.map(String) : afterFlags(resume);
  return commandLine(['ldctl', 'activities', 'wait', ...what, ...target]);
}

/** Words as a POSIX shell has to be given them. */
export function commandLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** A word that every POSIX shell takes as it is stays as it is: `quote` would put backslashes into a URL. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quote([word]);
}

function afterFlags({ after, runtime, action, nodes, expectNodes }: Exclude<Resume, { ids: unknown }>): string[] {
  const targets = nodes === null ? [] : ['--node', nodes.join(',')];
  const expected = expectNodes === null ? [] : ['--expect-nodes', String(expectNodes)];
  const what = ['--runtime', runtime, '--action', formatAction(action)];
  return ['--after', String(after), ...what, ...targets, ...expected];
}
