import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { showProfile } from '../../cli/profiles/show-profile.js';
import { UsageError } from '../../base/errors.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';

export default class ProfilesShow extends BaseCommand {
  static override summary = 'One profile, with its key masked. Asks no server.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> prod -o json',
  ];
  static override args = {
    name: Args.string({ ignoreStdin: true, description: 'the profile; the current one unless given' }),
  };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesShow);
    const context = await CommandContext.open(this.host, flags, interrupts);
    const { store } = context;
    const current = args.name === undefined ? store.current() : null;
    const profile = args.name === undefined ? current : store.get(args.name);
    if (!profile) {
      throw new UsageError('no profile is the current one', {
        code: 'no_profile',
        hint: 'Name one, or choose one with `ldctl profiles use NAME`. `ldctl profiles list` shows what there is.',
      });
    }
    return showProfile(context, profile, store.read().current === profile.name);
  }
}
