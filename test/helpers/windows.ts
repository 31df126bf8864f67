import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { System } from '../../src/system/environment.js';

/** A folder with the programs of a Windows, scripts that a POSIX system runs. */
export class FakeWindows {
  readonly folder = mkdtempSync(join(tmpdir(), 'ldctl-windows-'));
  readonly system: System;

  constructor() {
    const { folder } = this;
    const env = {
      SystemRoot: folder,
      Path: `${join(folder, 'none')};${join(folder, 'tools')}`,
      PATHEXT: '.COM;.EXE;.BAT;.CMD;.VBS',
    };
    this.system = { platform: 'win32', env };
  }

  /** @param script for `sh`, which knows the folder as $FOLDER; else one that prints its arguments */
  add(name: string, script = `printf '%s\\n' "$@"`): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\nPATH='${process.env.PATH ?? ''}'\nFOLDER='${this.folder}'\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** In the folder of what Windows brings. */
  addSystem(name: string, script?: string): string {
    return this.add(join('System32', name), script);
  }

  /** In the one folder of PATH that holds programs for Windows. */
  addTool(name: string, script?: string): string {
    return this.add(join('tools', name), script);
  }
}

const VARIABLES: Readonly<Record<string, string>> = { PATH: 'EXPANDED', HOME: 'EXPANDED' };

/**
 * What a program gets of a line that is typed at cmd's prompt, or given to `cmd /c`: variables are put in first, quoted
 * or not; then carets and quotes are read, and an operator outside of quotes ends the command.
 */
export function wordsByCmd(line: string): string[] {
  return wordsOfProgram(readByCmd(withVariables(line)));
}

/** The same where the program is started by a batch file that hands on `%*`: that is read by cmd once more. */
export function wordsByBatch(line: string): string[] {
  return wordsOfProgram(readByCmd(readByCmd(withVariables(line))));
}

/** At the prompt, a variable that there is none of stays as it was written. */
function withVariables(line: string): string {
  return line.replace(/%([^%]+)%/g, (written, name: string) => VARIABLES[name.toUpperCase()] ?? written);
}

function readByCmd(line: string): string {
  let read = '';
  let inQuotes = false;
  for (let at = 0; at < line.length; at++) {
    let character = line.charAt(at);
    if (character === '"') inQuotes = !inQuotes;
    else if (!inQuotes && character === '^') character = line.charAt((at += 1));
    else if (!inQuotes && '&|<>()\n'.includes(character)) throw new Error(`cmd acts on ${character} in ${line}`);
    read += character;
  }
  return read;
}

/** The words of a command line as the C library of Windows reads them. */
export function wordsOfProgram(line: string): string[] {
  const words: string[] = [];
  const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';
  let at = 0;
  for (;;) {
    while (isBlank(line[at])) at += 1;
    if (at >= line.length) return words;
    let word = '';
    let inQuotes = false;
    for (; at <= line.length; at++) {
      const backslashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
      at += backslashes;
      const next = line[at];
      if (next !== '"') {
        word += '\\'.repeat(backslashes);
        if (next === undefined || (!inQuotes && isBlank(next))) break;
        word += next;
        continue;
      }
      word += '\\'.repeat(Math.floor(backslashes / 2));
      if (backslashes % 2 === 1) {
        word += '"';
      } else if (inQuotes && line[at + 1] === '"') {
        word += '"';
        at += 1;
      } else {
        inQuotes = !inQuotes;
      }
    }
    words.push(word);
  }
}

/** What PowerShell makes of a command in the forms that ldctl writes: bare words, quoted ones, sums of texts, and `--%`. */
export function wordsByPowerShell(command: string): string[] {
  const byCmd = /^cmd --% \/d \/v:off \/s \/c (.*)$/s.exec(command);
  if (byCmd) return wordsByCmd(byCmd[1] ?? '');
  const words: string[] = [];
  let rest = command;
  while (rest !== '') {
    const word = /^(?:([\w./:\\+-]+)|('(?:[^'‘’‚‛]|['‘’‚‛]{2})*')|\(([^()]*(?:\([^()]*\)[^()]*)*)\))(?: |$)/.exec(rest);
    if (!word) throw new Error(`not a word of PowerShell: ${rest}`);
    const [whole, bare, quoted, sum] = word;
    words.push(bare ?? textOf(quoted ?? sum ?? ''));
    rest = rest.slice(whole.length);
  }
  return words;
}

/** Quoted texts and `[char]0x…`, with a plus between them. */
function textOf(sum: string): string {
  const terms = sum.match(/'(?:[^'‘’‚‛]|['‘’‚‛]{2})*'|\[char\]0x[\da-f]+/g) ?? [];
  if (terms.join('+') !== sum) throw new Error(`not a sum of texts: ${sum}`);
  const valueOf = (term: string): string =>
    term.startsWith("'")
      ? term.slice(1, -1).replace(/(['‘’‚‛])['‘’‚‛]/g, '$1')
      : String.fromCharCode(Number(term.slice(6)));
  return terms.map(valueOf).join('');
}
