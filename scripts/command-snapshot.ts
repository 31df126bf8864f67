import type { Command } from '@oclif/core';

export type CommandShape = Pick<Command.Cached, 'id' | 'aliases' | 'args' | 'flags'> &
  Partial<Pick<Command.Cached, 'hidden' | 'strict'>>;
type FlagShape = Command.Cached['flags'][string];
type ArgShape = Command.Cached['args'][string];

/**
 * What scripts rely on of each command: its name, its arguments and its flags, a line each, so that a change of one is
 * seen as such. Words for people are left out.
 * @param commands as they stand in oclif's manifest, or as its Config has them
 */
export function commandLines(commands: readonly CommandShape[]): string[] {
  return [...commands].sort((a, b) => (a.id < b.id ? -1 : 1)).flatMap(linesOf);
}

export interface Changes {
  /** What was taken away, or is not any more as it was: a script may fail for it. */
  gone: string[];
  added: string[];
}

/** What has changed from one list of lines to another. */
export function changesBetween(before: readonly string[], after: readonly string[]): Changes {
  return {
    gone: before.filter((line) => !after.includes(line)),
    added: after.filter((line) => !before.includes(line)),
  };
}

function linesOf(command: CommandShape): string[] {
  const name = command.id.replaceAll(':', ' ');
  const flags = Object.entries(command.flags).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    lineOf(name, 'command', [
      ...all('aliases', command.aliases),
      ...(command.strict === false ? ['any arguments'] : []),
      ...only(command.hidden, 'hidden'),
    ]),
    // In the order in which they are given.
    ...Object.values(command.args).map((arg) => lineOf(`${name} ${arg.name.toUpperCase()}`, 'argument', argWords(arg))),
    ...flags.map(([flag, shape]) => lineOf(`${name} --${flag}`, 'flag', flagWords(shape))),
  ];
}

function lineOf(name: string, kind: string, words: readonly string[]): string {
  return `${name}: ${[kind, ...words].join(', ')}`;
}

function argWords(arg: ArgShape): string[] {
  return [
    ...only(arg.required, 'required'),
    ...all('one of', arg.options),
    ...defaultOf(arg),
    ...only(arg.hidden, 'hidden'),
  ];
}

function flagWords(flag: FlagShape): string[] {
  const kind =
    flag.type === 'boolean'
      ? ['switch', ...only(flag.allowNo, 'with --no-')]
      : [
          `takes ${String(flag.helpValue ?? 'a value')}`,
          ...only(flag.multiple, 'repeatable'),
          ...all('one of', flag.options),
        ];
  return [
    ...(flag.char === undefined ? [] : [`-${flag.char}`]),
    ...kind,
    ...only(flag.required, 'required'),
    ...defaultOf(flag),
    ...all(
      'aliases',
      flag.aliases?.map((alias) => `--${alias}`),
    ),
    ...all('not with', flag.exclusive),
    ...all('only with', flag.dependsOn),
    ...only(flag.deprecated, 'deprecated'),
    ...only(flag.hidden, 'hidden'),
  ];
}

/** The default; where the code settles it later, as its help says it. */
function defaultOf({ default: value, summary, description }: WithDefault): string[] {
  const said = /\[default: ([^\]]+)\]/.exec(`${summary ?? ''} ${description ?? ''}`)?.[1];
  if (value !== undefined) return [`default ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  return said === undefined ? [] : [`default ${said}`];
}

interface WithDefault {
  default?: unknown;
  summary?: string;
  description?: string;
}

function only(is: unknown, word: string): string[] {
  return is === undefined || is === false ? [] : [word];
}

function all(word: string, values: readonly string[] | undefined): string[] {
  return values === undefined || values.length === 0 ? [] : [`${word} ${values.join('|')}`];
}
