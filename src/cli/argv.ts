/** What is to be known of a flag to read it; a flag of oclif's, of a class or of the manifest, has all of it. */
export interface FlagShape {
  type: 'boolean' | 'option';
  char?: string | undefined;
  aliases?: string[] | undefined;
  allowNo?: boolean | undefined;
  helpGroup?: string | undefined;
}
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
}

/** A command line, taken apart as oclif's parser would. */
export interface CommandLine {
  /** What is neither a flag nor the value of one, and stands before `--`. */
  words: string[];
  /** The command that the first words name. */
  id: string | null;
  flags: ReadFlag[];
  /** Those of `flags` that stand before the command, each with how many words stand before it. */
  leading: Array<ReadFlag & { behind: number }>;
  /** What the command's parser gets. */
  args: string[];
  /** From `--` on, which is meant for others. */
  rest: string[];
}

/**
 * Reads a command line, in one pass. Before the command, the flags of all commands are known: so it is known whether they
 * take a value, and where they belong.
 */
export function readCommandLine(argv: readonly string[], commands: CommandFlags): CommandLine {
  const line: CommandLine = { words: [], id: null, flags: [], leading: [], args: [], rest: [] };
  let at = 0;
  for (let word = argv[at]; word !== undefined && word !== '--'; word = argv[at]) {
    if (isFlag(word)) {
      const { flags, length } = readFlag(word, argv[at + 1], flagsAt(line, commands));
      line.flags.push(...flags);
      if (line.id === null) line.leading.push(...flags.map((flag) => ({ ...flag, behind: line.words.length })));
      line.args.push(...argv.slice(at, at + length));
      at += length;
    } else {
      line.words.push(word);
      if (line.id !== null) line.args.push(word);
      else if (Object.hasOwn(commands, line.words.join(':'))) line.id = line.words.join(':');
      at += 1;
    }
  }
  line.rest = argv.slice(at);
  line.args.push(...line.rest);
  return line;
}

/** The flags of `argv`, where the command is known. */
export function readFlags(argv: readonly string[], flags: FlagTable): ReadFlag[] {
  return readCommandLine(['command', ...argv], { command: { flags } }).flags;
}

/** The flags that are known here: those of the command; while there is none, of all that it may become, and of the others. */
export function flagsAt<F extends FlagShape>(
  { id, words }: Pick<CommandLine, 'id' | 'words'>,
  commands: CommandFlags<F>,
): FlagTable<F> {
  if (id !== null) return commands[id]?.flags ?? {};
  const group = words.map((word) => `${word}:`).join('');
  const all = Object.entries(commands).sort(([a], [b]) => Number(a.startsWith(group)) - Number(b.startsWith(group)));
  return { ...Object.fromEntries(all.flatMap(([, { flags }]) => Object.entries(flags))), ...globalFlags(commands) };
}

export function globalFlags<F extends FlagShape>(commands: CommandFlags<F>): FlagTable<F> {
  const all = Object.values(commands).flatMap(({ flags }) => Object.entries(flags));
  return Object.fromEntries(all.filter(([, { helpGroup }]) => helpGroup === GLOBAL));
}

function isFlag(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

interface Read {
  flags: ReadFlag[];
  /** How many words of the command line that were. */
  length: number;
}

function readFlag(word: string, next: string | undefined, table: FlagTable): Read {
  if (HELP.includes(word)) return { flags: [{ name: 'help', typed: word, value: '' }], length: 1 };
  if (!word.startsWith('--')) return readLetters(word, next, table);
  const [, typed = word, , value] = /^(.*?)(=(.*))?$/s.exec(word) ?? [];
  const name = flagNamed(typed, table);
  if (name === null || table[name]?.type === 'boolean') return { flags: [{ name, typed, value: '' }], length: 1 };
  return value === undefined ? takeNext({ name, typed }, next, table) : { flags: [{ name, typed, value }], length: 1 };
}

/** Several letters may share a dash, and a value may follow the last at once: `-qojson`. */
function readLetters(word: string, next: string | undefined, table: FlagTable): Read {
  const flags: ReadFlag[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const typed = `-${word.charAt(at)}`;
    const name = flagNamed(typed, table);
    if (name !== null && table[name]?.type === 'option') {
      const glued = word.slice(at + 1);
      const last = glued === '' ? takeNext({ name, typed }, next, table) : null;
      const flag = { name, typed, value: glued.replace(/^=/, '') };
      return { flags: [...flags, ...(last?.flags ?? [flag])], length: last?.length ?? 1 };
    }
    if (name === null)
      return { flags: [...flags, { name, typed: flags.length === 0 ? word : typed, value: '' }], length: 1 };
    flags.push({ name, typed, value: '' });
  }
  return { flags, length: 1 };
}

/** What is itself a flag is no value: the flag lacks one. */
function takeNext(flag: Pick<ReadFlag, 'name' | 'typed'>, next: string | undefined, table: FlagTable): Read {
  const isValue = next !== undefined && !HELP.includes(next) && readsAsFlag(next, table) === null;
  return { flags: [{ ...flag, value: isValue ? next : null }], length: isValue ? 2 : 1 };
}

function readsAsFlag(word: string, table: FlagTable): string | null {
  return isFlag(word) ? flagNamed(word.startsWith('--') ? word : word.slice(0, 2), table) : null;
}

/** @param typed `--name`, `--no-name`, or `-n` */
export function flagNamed(typed: string, table: FlagTable): string | null {
  const isMeant = ([name, { char, aliases, allowNo }]: [string, FlagShape]): boolean =>
    `-${char}` === typed ||
    [name, ...(aliases ?? [])].some((one) => `--${one}` === typed || (allowNo === true && `--no-${one}` === typed));
  return Object.entries(table).find(isMeant)?.[0] ?? null;
}
