import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.js';
import { openProfileDesk } from '../../cli/profiles/profile-desk.js';
import { showProfile } from '../../cli/profiles/show-profile.js';
import type { ExitCode } from '../../core/exit-codes.js';
import { valueOf } from '../../profiles/environment.js';
import { hiddenText } from '../../profiles/hidden-settings.js';

export default class ProfilesUse extends BaseCommand {
  static override summary = 'Make a profile the current one: the one that is used when none is named.';
  static override examples = ['<%= config.bin %> <%= command.id %> prod'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the profile to use from now on' }),
  };

  protected override async execute(signal: AbortSignal): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesUse);
    const { store, say, warn } = await openProfileDesk(this.host, flags, signal);
    const profile = await store.use(args.name);
    say(`using profile ${profile.name}`);
    const hidden = hiddenText(profile, this.host.env);
    if (hidden !== null) warn(hidden);
    const other = valueOf(this.host.env, 'LD_PROFILE');
    if (other !== undefined && other !== profile.name) warn(`LD_PROFILE chooses ${other} all the same, until it is unset`);
    return showProfile(this.host, flags, profile, true);
  }
}
