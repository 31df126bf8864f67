import type { Command } from '@oclif/core/command';

/** Commands by their ids, as the manifest has them. */
export type Commands = Readonly<Record<string, Command.Cached>>;
export type Flag = Command.Flag.Cached & { name: string };

/** A command line up to the word that is being typed. */
export interface TypedLine {
  /** Its words without flags and their values. */
  words: readonly string[];
  /** Null until the words name one. */
  command: Command.Cached | null;
  /** Those of `words` that are the command's arguments. */
  args: readonly string[];
  /** The value of each flag that was given, by the flag's own name; '' for a switch. */
  given: ReadonlyMap<string, string>;
  /** The flag whose value is being typed. */
  open: Flag | null;
  /** Whether `--` was typed: what follows belongs to another program. */
  isOver: boolean;
}

/** Reads the words before the one that is being typed. Whatever makes no sense is passed over. */
export function readLine(before: readonly string[], commands: Commands): TypedLine {
  const words: string[] = [];
  const given = new Map<string, string>();
  let open: Flag | null = null;
  for (const word of before) {
    if (open) {
      given.set(open.name, word);
      open = null;
    } else if (word === '--') {
      return { ...placed(words, commands), words, given, open, isOver: true };
    } else if (word.startsWith('-')) {
      const { flag, value } = readFlag(word, flagsFor(words, commands));
      if (flag?.type === 'option' && value === null) open = flag;
      else if (flag) given.set(flag.name, value ?? '');
    } else {
      words.push(word);
    }
  }
  return { ...placed(words, commands), words, given, open, isOver: false };
}

/** The flags that may be given here: those of the command, or while there is none yet the global ones. */
export function flagsFor(words: readonly string[], commands: Commands): Flag[] {
  const { command } = placed(words, commands);
  if (command) return named(command);
  const all = Object.values(commands).flatMap(named);
  const global = all.filter(({ helpGroup }) => helpGroup === 'GLOBAL');
  return [...new Map(global.map((flag) => [flag.name, flag])).values()];
}

function named({ flags }: Command.Cached): Flag[] {
  return Object.entries(flags).flatMap(([name, flag]) => (flag.hidden ? [] : [{ ...flag, name }]));
}

/** A flag as it is typed: `--name`, `--name=value`, `-n`, `-nvalue`. */
function readFlag(word: string, flags: readonly Flag[]): { flag: Flag | undefined; value: string | null } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    return { flag: flagNamed(name, flags), value: equals < 0 ? null : word.slice(equals + 1) };
  }
  return { flag: flags.find(({ char }) => char === word[1]), value: word.length > 2 ? word.slice(2) : null };
}

/** @param name or another name that it has */
export function flagNamed(name: string, flags: readonly Flag[]): Flag | undefined {
  return flags.find((flag) => flag.name === name || flag.aliases?.includes(name));
}

function placed(words: readonly string[], commands: Commands): Pick<TypedLine, 'command' | 'args'> {
  for (const count of [2, 1]) {
    const command = words.length >= count ? commands[words.slice(0, count).join(':')] : undefined;
    if (command) return { command, args: words.slice(count) };
  }
  return { command: null, args: [] };
}
