import { parse, type ParseEntry } from 'shell-quote';
import { UsageError } from '../base/errors.js';
import { isWindows, type Platform } from '../system/platform.js';

/**
 * Reads the text of `--key-command` into a program and its arguments: quoted as for a POSIX shell, and on Windows as
 * programs there are given them, where a backslash is a part of a path. What only a shell could do (operators, variables,
 * substitutions, and for a POSIX shell globs and comments) is refused rather than taken literally.
 * @throws UsageError
 */
export function parseKeyCommand(text: string, platform: Platform): string[] {
  const words = isWindows(platform) ? windowsWords(text) : posixWords(text);
  if (!words[0]) throw notPlain('it names no program');
  if (words[0].startsWith('~')) throw notPlain('the home folder must be written out');
  return words;
}

function posixWords(text: string): string[] {
  const quotesClose = !/['"\\]/.test(text.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, ''));
  if (!quotesClose) throw notPlain('a quote is not closed');
  if (text.replace(/\\[\s\S]|'[^']*'/g, '').includes('`')) throw notPlain('it holds a backtick');
  return splitWords(text).map((word) => {
    if (typeof word === 'string') return word;
    if ('variable' in word) throw notPlain('it holds a variable');
    if ('comment' in word) throw notPlain('it holds a comment');
    throw notPlain(word.op === 'glob' ? 'it holds a pattern for file names' : `it holds the operator ${word.op}`);
  });
}

function splitWords(text: string): Array<ParseEntry | { variable: string }> {
  try {
    return parse<{ variable: string }>(text, (variable) => ({ variable }));
  } catch {
    // The parser throws for a substitution that it cannot read.
    throw notPlain('it holds a variable');
  }
}

/** Splits as Windows' own C library does: a quote is `\"`, or `""` within quotes. */
function windowsWords(text: string): string[] {
  if (/%[a-z_][\w()]*%|\$(env:|\()/i.test(text)) throw notPlain('it holds a variable');
  const words: string[] = [];
  let word: string | null = null;
  let inQuotes = false;
  let closedAt = -1;
  for (const { 0: part, index } of text.matchAll(/\\*"|\\+|\s+|[^\\"\s]+/g)) {
    if (!inQuotes && /^\s/.test(part)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    if (!inQuotes) refuseShellOfWindows(part, word === null);
    word ??= '';
    if (!part.endsWith('"')) {
      word += part;
      continue;
    }
    const backslashes = part.length - 1;
    const isEscaped = backslashes % 2 === 1;
    word += '\\'.repeat(backslashes / 2);
    if (isEscaped || (backslashes === 0 && index === closedAt)) word += '"';
    if (isEscaped) continue;
    inQuotes = !inQuotes;
    if (!inQuotes) closedAt = index + part.length;
  }
  if (inQuotes) throw notPlain('a quote is not closed');
  return word === null ? words : [...words, word];
}

function refuseShellOfWindows(part: string, beginsWord: boolean): void {
  const operator = /[|&<>^;`]/.exec(part);
  if (operator) throw notPlain(`it holds the operator ${operator[0]}`);
  if (beginsWord && part.startsWith("'")) throw notPlain('on Windows a quote is ", and not \'');
}

/** The text itself is not shown: a token may be among the arguments. */
function notPlain(why: string): UsageError {
  return new UsageError(`the key command is more than a program and its arguments: ${why}`, {
    code: 'invalid_key_command',
    hint: 'It is run without a shell. Quote what is meant literally, or put the rest into a script of its own.',
  });
}
