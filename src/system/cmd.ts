import { join } from 'node:path';
import { variable, type System } from './environment.js';

/**
 * A word as cmd, and then the program itself, read it as exactly this text; in what `cmd /c` gets, at its prompt, and
 * once more where a batch file hands on `%*`. Within quotes only `%` and `"` mean something to cmd. A doubled quote
 * keeps its count of them even, and programs read it as one. A caret outside of them keeps two `%` from naming a variable.
 */
export function cmdWord(text: string): string {
  const quoted = (part: string): string =>
    `"${part.replace(/(\\*)"/g, '$1$1""').replace(/\\+$/, (backslashes) => backslashes.repeat(2))}"`;
  return text.split('%').map(quoted).join('^%');
}

/** A program of Windows' own, by its full path: what PATH has under its name may be another. */
export function windowsProgram(name: string, system: System): string {
  return join(variable(system, 'SystemRoot') ?? 'C:\\Windows', 'System32', name);
}

/** How a line is run by cmd: the arguments are what it gets, quote for quote. */
export function byCmd(line: string, system: System): Started {
  return {
    file: variable(system, 'ComSpec') ?? windowsProgram('cmd.exe', system),
    // Without what the registry has for each start of it, and with `!` as plain as any letter.
    args: ['/d', '/v:off', '/s', '/c', `"${line}"`],
    options: { windowsVerbatimArguments: true },
  };
}

/** What is given to `spawn`. */
export interface Started {
  file: string;
  args: string[];
  options: { argv0?: string; windowsVerbatimArguments?: boolean };
}
