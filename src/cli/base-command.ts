import { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { onAbort } from '../base/clock.js';
import { UsageError, type Interrupted } from '../base/errors.js';
import { foldersIn } from '../config/settings.js';
import type { TargetFlags } from '../config/targets.js';
import type { Field } from '../output/columns.js';
import { formatOf, loadFormat } from '../output/formats.js';
import { fieldsOf, formatOptions, printList, type ListSpec } from '../output/list.js';
import type { CommandContext } from './context.js';
import { connectionFlags, outputFlags } from './line/flags.js';
import type { Host } from './host.js';
import { cannotAskText, isInteractive, terminalPrompts, type Prompts } from './asking/prompts.js';
import type { Interrupts } from './signals.js';

/** All that a command asks oclif's config for: the rest is for finding plugins and commands. */
export type CommandConfig = Pick<Config, 'bin' | 'runHook'>;

/**
 * What every command is built on: signals become an abort. A command implements `execute`: parse,
 * call, print.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = outputFlags;

  protected readonly interrupts: Interrupts;

  constructor(
    argv: string[],
    config: CommandConfig,
    protected readonly host: Host,
  ) {
    super(argv, config as Config);
    this.interrupts = host.catchInterrupts();
  }

  /**
   * @returns the exit code; one of our own table, unless it is that of another program
   * @throws LdctlError for every failure that is expected
   */
  protected abstract execute(): Promise<number>;

  /** @returns what is said of an error that `execute` threw */
  protected failureOf(error: unknown): unknown {
    return error;
  }

  /** @returns the exit code */
  override async run(): Promise<number> {
    const { signal } = this.interrupts;
    const { output } = this.host;
    onAbort(signal, () => output.closeSoon(signal.reason as Interrupted));
    try {
      await loadFormat(output.options.format);
      return await this.execute();
    } catch (error) {
      throw this.failureOf(error);
    } finally {
      this.interrupts.release();
    }
  }

  protected async open(flags: TargetFlags = {}): Promise<CommandContext> {
    const { host, interrupts } = this;
    const [{ CommandContext }, folders] = await Promise.all([
      import('./context.js'),
      foldersIn(host.env, host.platform),
    ]);
    return new CommandContext(host, flags, interrupts, folders, this.prompts());
  }

  /**
   * Who is asked for the arguments that are missing; null if none is.
   * @throws UsageError that names them, where there is no one to ask
   */
  protected asker(args: Record<string, string>): Prompts | null {
    const missing = Object.entries(this.ctor.args).filter(([name]) => args[name] === '');
    if (missing.length === 0) return null;
    const prompts = this.prompts();
    if (prompts) return prompts;
    const text = missing.map(([name, { description }]) => `${name.toUpperCase()} (${description})`);
    const hint = isInteractive(this.host) ? `${cannotAskText(this.host)}.` : undefined;
    throw new UsageError(`missing ${text.join(' and ')}`, { hint });
  }

  /** Who may be asked; null for no one. */
  protected prompts() {
    return this.host.prompts ?? terminalPrompts(this.host, this.interrupts.signal);
  }

  /**
   * Prints a list that is held in memory.
   * @param read is called once the columns are known to be right
   * @param isCounted whether it is written how many there are
   * @returns exit code 0
   */
  protected async list<T>(
    read: () => readonly T[] | Promise<readonly T[]>,
    spec: ListSpec<T>,
    isCounted = true,
  ) {
    async function* parts() {
      const entries = await read();
      yield { entries, total: isCounted ? entries.length : null };
    }
    await printList(this.host.output, parts(), spec);
    return 0;
  }

  /** Prints one object: `value` in formats of values, `fields` in formats of rows. */
  protected async show(value: object, fields: readonly Field[] = fieldsOf(value)) {
    const { output } = this.host;
    output.stdout.write(formatOf(output).object({ value, fields }, formatOptions(output)));
    await output.stdout.drained();
    return 0;
  }

  /** Says to people what was done; other formats than the table get `value`. @returns exit code 0 */
  protected async done(context: CommandContext, text: string, value: object) {
    context.say(text);
    return this.host.output.options.format === 'table' ? 0 : this.show(value);
  }
}

/** One that acts on a deployment, or asks the API about one. */
export abstract class ConnectedCommand extends BaseCommand {
  static override baseFlags = { ...outputFlags, ...connectionFlags };

  /** @param several deployments may be named, by `severalFlags` */
  protected override async open(flags: TargetFlags, several?: 'several') {
    const context = await super.open(flags);
    if (several) await context.findTargets();
    context.saySettings();
    return context;
  }
}
