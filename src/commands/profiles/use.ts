import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { showProfile } from '../../cli/profiles/show-profile.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { valueOf } from '../../config/environment.js';
import { hiddenText } from '../../config/hidden-settings.js';

export default class ProfilesUse extends BaseCommand {
  static override summary = 'Make a profile the current one: the one that is used when none is named.';
  static override examples = ['<%= config.bin %> <%= command.id %> prod'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the profile to use from now on' }),
  };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesUse);
    const context = await CommandContext.open(this.host, flags, interrupts);
    const profile = await context.store.use(args.name);
    context.say(`using profile ${profile.name}`);
    const hidden = hiddenText(profile, this.host.env);
    if (hidden !== null) context.warn(hidden);
    const other = valueOf(this.host.env, 'LD_PROFILE');
    if (other !== undefined && other !== profile.name)
      context.warn(`LD_PROFILE chooses ${other} all the same, until it is unset`);
    return showProfile(context, profile, true);
  }
}
