import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.js';
import { openProfileDesk } from '../../cli/profiles/profile-desk.js';
import { showProfile } from '../../cli/profiles/show-profile.js';
import type { ExitCode } from '../../core/exit-codes.js';

export default class ProfilesUse extends BaseCommand {
  static override summary = 'Make a profile the current one: the one that is used when none is named.';
  static override examples = ['<%= config.bin %> <%= command.id %> prod'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the profile to use from now on' }),
  };

  protected override async execute(signal: AbortSignal): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesUse);
    const { store, say } = await openProfileDesk(this.host, flags, signal);
    const profile = await store.use(args.name);
    say(`using profile ${profile.name}`);
    return showProfile(this.host, flags, profile, true);
  }
}
