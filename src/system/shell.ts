import { plainText, UNSAFE_CHARACTER } from '../base/text.js';
import { cmdWord } from './cmd.js';
import { variable, type System } from './environment.js';
import { isWindows } from './platform.js';

/** The shells that commands are written for. */
export const SHELLS = ['sh', 'cmd', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The shell in whose syntax this user is shown commands. On Windows it is guessed by what shells leave in the environment:
 * Git Bash, MSYS2 and Cygwin say so; PowerShell adds the user's own modules to what the system has.
 */
export function userShell(system: System): Shell {
  if (!isWindows(system.platform)) return 'sh';
  if (variable(system, 'MSYSTEM') || variable(system, 'SHELL')) return 'sh';
  const modules = (variable(system, 'PSModulePath') ?? '').split(';');
  return modules.some((folder) => isUsersModules(folder, system)) ? 'powershell' : 'cmd';
}

function isUsersModules(folder: string, system: System): boolean {
  const roots = ['ProgramFiles', 'ProgramFiles(x86)', 'ProgramW6432', 'SystemRoot'].map((name) =>
    variable(system, name),
  );
  const isSystems = roots.some((root) => root && folder.toLowerCase().startsWith(root.toLowerCase()));
  return !isSystems && /\\(Windows)?PowerShell\\Modules\\?$/i.test(folder);
}

/** Words as a shell has to be given them: one line, and nothing in it that a terminal would act on. The first is plain. */
export function commandLine(words: readonly string[], shell: Shell): string {
  switch (shell) {
    case 'sh':
      return inPosix(words);
    case 'cmd':
      return inCmd(words);
    case 'powershell':
      return inPowerShell(words);
  }
}

/** A line for each variable, which sets it. For cmd they are lines of a batch file, where `%` is written twice. */
export function assignments(variables: Readonly<Record<string, string>>, shell: Shell): string {
  const line: Record<Shell, (name: string, value: string) => string> = {
    sh: (name, value) => `export ${name}=${posixQuoted(value)}`,
    cmd: (name, value) => `@set "${name}=${value.replaceAll('%', '%%')}"`,
    powershell: (name, value) => `$env:${name} = ${powerShellQuoted(value)}`,
  };
  return Object.entries(variables)
    .map(([name, value]) => line[shell](name, value))
    .join('\n');
}

/** A word that a POSIX shell reads as exactly this text. */
export function posixQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function inPosix(words: readonly string[]): string {
  const command = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : posixQuoted(word))).join(' ');
  return isPlain(command) ? command : `eval "$(printf '${printfFormat(command)}')"`;
}

/** Has `printf` print a text, within single quotes: in octal what is not plain, and what a shell in between may act on. */
function printfFormat(text: string): string {
  const octal = (part: string): string =>
    Array.from(Buffer.from(part), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return Array.from(text, (part) => (isPlain(part) && !"'\\%!".includes(part) ? part : octal(part))).join('');
}

/** What cmd cannot be given, PowerShell can. */
function inCmd(words: readonly string[]): string {
  const command = words.map((word) => (/^[\w@+:./\\-]+$/.test(word) ? word : cmdWord(word))).join(' ');
  if (isPlain(command)) return command;
  const encoded = Buffer.from(`${inPowerShell(words)}; exit $LASTEXITCODE`, 'utf16le').toString('base64');
  return `powershell -NoProfile -EncodedCommand ${encoded}`;
}

/**
 * A quote within a word, an empty word, and a backslash at the end reach a program in different ways from each version of
 * PowerShell. By way of cmd, whose line it hands on as it is, they are the same.
 */
function inPowerShell(words: readonly string[]): string {
  const isPassedOn = (word: string): boolean => !/"|^$|\\$/.test(word);
  if (!words.every(isPassedOn) && words.every(isPlain)) return `cmd --% /d /v:off /s /c ${inCmd(words)}`;
  // A number might be read, and written in another way.
  const isWord = (word: string): boolean => /^[a-z_./\\][\w./:\\+-]*$|^--?[a-z][a-z-]*$/i.test(word);
  return words.map((word) => (isWord(word) ? word : powerShellQuoted(word))).join(' ');
}

/** PowerShell takes typographic quotes for plain ones, too. */
function powerShellQuoted(text: string): string {
  const quoted = (part: string): string => `'${part.replace(/['‘’‚‛]/g, '$&$&')}'`;
  if (isPlain(text)) return quoted(text);
  const units = (part: string): string =>
    Array.from({ length: part.length }, (_, at) => `[char]0x${part.charCodeAt(at).toString(16)}`).join('+');
  // Every second part is what is not plain.
  const parts = text.split(new RegExp(`(${UNSAFE_CHARACTER.source})`, 'u'));
  return `(${parts.map((part, at) => (at % 2 === 0 ? quoted(part) : units(part))).join('+')})`;
}

function isPlain(text: string): boolean {
  return plainText(text) === text;
}
