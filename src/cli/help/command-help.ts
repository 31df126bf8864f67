import { CommandHelp } from '@oclif/core/help';

type Section = ReturnType<CommandHelp['sections']>[number];

/** The group of flags that many commands have. */
export const GLOBAL = 'GLOBAL';

type Examples = Parameters<CommandHelp['examples']>[0];
const NO_BREAK = '\u00a0';

/** No line of an example breaks within quotes: a shell would take the break for a part of the word. */
export function unbroken(examples: Examples, format: (held: Examples) => string | undefined): string | undefined {
  const hold = (command: string): string =>
    command.replaceAll(/"[^"]*"/g, (quoted) => quoted.replaceAll(' ', NO_BREAK));
  const held = [examples ?? []].flat();
  return format(
    held.map((one) => (typeof one === 'string' ? hold(one) : { ...one, command: hold(one.command) })),
  )?.replaceAll(NO_BREAK, ' ');
}

/** A command's help with its examples first, and the global flags in a line (`ldctl help global-flags` has them). */
export default class LdctlCommandHelp extends CommandHelp {
  protected override sections(): Section[] {
    const sections = super.sections();
    const named = (header: string): Section[] => sections.filter((section) => section.header === header);
    const others = sections.filter(
      ({ header }) => header !== 'EXAMPLES' && !(header === (this.opts.usageHeader ?? 'USAGE')),
    );
    const usage = sections.filter((section) => !others.includes(section) && section.header !== 'EXAMPLES');
    return [
      ...usage,
      ...named('EXAMPLES'),
      ...others,
      { header: 'GLOBAL FLAGS', generate: ({ flags }) => globalLine(flags) },
    ];
  }

  protected override examples(examples: Examples): string | undefined {
    return unbroken(examples, (held) => super.examples(held));
  }

  /** Flags have a section of their own. */
  protected override defaultUsage(): string {
    const args = Object.values(this.command.args).filter(({ hidden }) => !hidden);
    const flags = Object.keys(this.command.flags).length > 0 ? ['[FLAGS]'] : [];
    return [this.command.id, ...args.map((arg) => this.arg(arg)), ...flags].join(' ');
  }

  protected override groupFlags(
    flags: Parameters<CommandHelp['groupFlags']>[0],
  ): ReturnType<CommandHelp['groupFlags']> {
    return super.groupFlags(flags.filter(({ helpGroup }) => helpGroup !== GLOBAL));
  }
}

function globalLine(flags: ReadonlyArray<{ name: string; helpGroup?: string }>): string | undefined {
  const names = flags.filter(({ helpGroup }) => helpGroup === GLOBAL).map(({ name }) => name);
  if (names.length === 0) return undefined;
  const some = ['profile', 'deployment', 'output'].filter((name) => names.includes(name)).map((name) => `--${name}`);
  return `${some.join(', ')} and others: \`ldctl help global-flags\``;
}
