import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { printOptions } from '../../cli/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import { UsageError } from '../../base/errors.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { KeyringError } from '../../config/keyring.js';
import { findProfile } from '../../config/profiles.js';
import { printObject } from '../../output/list.js';

export default class ProfilesRemove extends BaseCommand {
  static override summary = 'Remove a profile, and take its key out of its store.';
  static override description =
    'Asks first; where no one can be asked it needs --yes. The key itself stays valid: revoke it in the LaserData ' +
    'console. When the current profile is removed, none is the current one.';
  static override examples = ['<%= config.bin %> <%= command.id %> old --yes'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the profile to remove' }),
  };
  static override flags = {
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
    'keep-key': Flags.boolean({ summary: 'Leave the key in the keyring, for when that cannot be reached.' }),
  };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesRemove);
    const context = await CommandContext.open(this.host, flags, interrupts);
    const current = await removeProfile(args.name, flags, context);
    context.say(`removed profile ${args.name}${current === null ? '; no profile is the current one now' : ''}`);
    const document = { removed: args.name, current };
    const fields = Object.entries(document).map(([field, value]) => ({ name: field, value }));
    await printObject(this.host.output, document, fields, printOptions(flags));
    return 0;
  }
}

/** @returns the name of the profile that is current now */
export async function removeProfile(
  name: string,
  flags: { yes: boolean; 'keep-key': boolean },
  context: CommandContext,
): Promise<string | null> {
  const { key } = findProfile(context.store.read(), name);
  if (!flags.yes) await consent(name, key.store === 'command' ? 'profile' : 'profile and key', context);
  // The key goes first: a profile without one says so, and a key without a profile would lie about unseen.
  if (key.store === 'keyring' && !flags['keep-key']) await takeKeyOut(name, key.account, context);
  return context.store.change((config) => {
    config.profiles.splice(config.profiles.indexOf(findProfile(config, name)), 1);
    if (config.current === name) config.current = undefined;
    return config.current ?? null;
  });
}

async function consent(name: string, what: string, { prompts }: CommandContext): Promise<void> {
  const code = 'consent_missing';
  if (!prompts) {
    throw new UsageError(`this would remove profile ${name}, and no one can be asked here`, {
      code,
      hint: 'Add --yes.',
    });
  }
  if (await prompts.confirm(`Remove ${what} ${name}?`)) return;
  throw new UsageError('not confirmed; nothing was removed', { code });
}

async function takeKeyOut(name: string, account: string, { host, signal }: CommandContext): Promise<void> {
  try {
    await host.keyring.delete(account, signal);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    const what = `profile ${name} was not removed, since its key is in the keyring, and ${error.message}`;
    const hint = `${error.hint ?? ''} With --keep-key the profile goes, and its key stays there.`.trim();
    throw new KeyringError(what, { code: error.code, hint });
  }
}
