import type { Command } from '@oclif/core/command';

/** What is to be known of a flag to read it, of a class or of the manifest. */
type FlagShape = Pick<Command.Flag.Cached, 'type' | 'char' | 'aliases' | 'helpGroup'> & { allowNo?: boolean };
export type FlagTable<F extends FlagShape = FlagShape> = Readonly<Record<string, F>>;
/** Commands by their ids, as the manifest has them. */
export type CommandFlags<F extends FlagShape = FlagShape> = Readonly<Record<string, { flags: FlagTable<F> }>>;

/** The group of flags that many commands have. */
export const GLOBAL = 'GLOBAL';
const HELP = ['-h', '--help'];

export interface ReadFlag {
  /** `help` for what asks for help, which no command defines; null for a flag that there is not. */
  name: string | null;
  /** As it was typed, without its value. */
  typed: string;
  /** '' for a switch; null where it lacks one. */
  value: string | null;
  /** How many words stand before it. */
  behind: number;
}

/** A command line, taken apart as oclif's parser would. */
export interface CommandLine {
  /** What is neither a flag nor the value of one, and stands before `--`. */
  words: string[];
  /** The command that the first words name. */
  id: string | null;
  flags: ReadFlag[];
  /** What the command's parser gets. */
  args: string[];
  /** From `--` on, which is meant for others. */
  rest: string[];
}

/** Reads a command line, in one pass. Flags may stand anywhere: before the group, between group and command, behind. */
export function readCommandLine(argv: readonly string[], commands: CommandFlags): CommandLine {
  const line: CommandLine = { words: [], id: null, flags: [], args: [], rest: [] };
  let at = 0;
  for (let word = argv[at]; word !== undefined && word !== '--'; word = argv[at]) {
    at += 1;
    if (isFlag(word)) {
      const table = flagsAt(line, commands);
      line.args.push(word);
      for (const flag of flagsIn(word, table)) {
        const next = argv[at];
        if (flag.value === null && next !== undefined && !isKnownFlag(next, table)) {
          flag.value = next;
          line.args.push(next);
          at += 1;
        }
        line.flags.push({ ...flag, behind: line.words.length });
      }
    } else {
      line.words.push(word);
      if (line.id !== null) line.args.push(word);
      else if (Object.hasOwn(commands, line.words.join(':'))) line.id = line.words.join(':');
    }
  }
  line.rest = argv.slice(at);
  line.args.push(...line.rest);
  return line;
}

/** Those of the command; while there is none, of all that it may become, and of two of one name the global one. */
function flagsAt({ id }: CommandLine, commands: CommandFlags): FlagTable {
  if (id !== null) return commands[id]?.flags ?? {};
  const all = Object.values(commands).flatMap(({ flags }) => Object.entries(flags));
  return { ...Object.fromEntries(all), ...globalFlags(commands) };
}

export function globalFlags<F extends FlagShape>(commands: CommandFlags<F>): FlagTable<F> {
  const all = Object.values(commands).flatMap(({ flags }) => Object.entries(flags));
  return Object.fromEntries(all.filter(([, { helpGroup }]) => helpGroup === GLOBAL));
}

/** @param typed `--name`, `--no-name`, or `-n` */
export function flagNamed(typed: string, table: FlagTable): string | null {
  if (HELP.includes(typed)) return 'help';
  const isMeant = ([name, { char, aliases, allowNo }]: [string, FlagShape]): boolean =>
    `-${char}` === typed ||
    [name, ...(aliases ?? [])].some((one) => `--${one}` === typed || (allowNo === true && `--no-${one}` === typed));
  return Object.entries(table).find(isMeant)?.[0] ?? null;
}

function isFlag(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

/** What is itself a flag is no value; to oclif, `--flag=value` is none. */
function isKnownFlag(word: string, table: FlagTable): boolean {
  return isFlag(word) && flagNamed(word.startsWith('--') ? word : word.slice(0, 2), table) !== null;
}

/** The flags of one word. Several letters may share a dash, and a value may follow the last at once: `-qojson`. */
function flagsIn(word: string, table: FlagTable): Array<Omit<ReadFlag, 'behind'>> {
  if (word.startsWith('--')) {
    const [typed = '', ...rest] = word.split('=');
    const name = flagNamed(typed, table);
    const lacksValue = name !== null && table[name]?.type === 'option' && rest.length === 0;
    return [{ name, typed, value: lacksValue ? null : rest.join('=') }];
  }
  const flags: Array<Omit<ReadFlag, 'behind'>> = [];
  for (let at = 1; at < word.length; at += 1) {
    const typed = `-${word.charAt(at)}`;
    const name = flagNamed(typed, table);
    if (name === null) return [...flags, { name, typed: at === 1 ? word : typed, value: '' }];
    const behind = word.slice(at + 1);
    if (table[name]?.type === 'option') {
      return [...flags, { name, typed, value: behind === '' ? null : behind.replace(/^=/, '') }];
    }
    flags.push({ name, typed, value: '' });
  }
  return flags;
}
