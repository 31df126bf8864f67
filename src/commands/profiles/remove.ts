import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { printOptions } from '../../cli/print-options.js';
import { openProfileDesk } from '../../cli/profiles/profile-desk.js';
import { removeProfile } from '../../cli/profiles/remove-profile.js';
import { EXIT_CODES, type ExitCode } from '../../core/exit-codes.js';
import { printObject } from '../../output/object.js';

export default class ProfilesRemove extends BaseCommand {
  static override summary = 'Remove a profile, and take its key out of its store.';
  static override description =
    'Asks first; where nobody can be asked it needs --yes. The key itself stays valid: revoke it in the LaserData ' +
    'console. When the current profile is removed, none is the current one.';
  static override examples = ['<%= config.bin %> <%= command.id %> old --yes'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the profile to remove' }),
  };
  static override flags = {
    yes: Flags.boolean({ summary: 'Do not ask.' }),
    'keep-key': Flags.boolean({ summary: 'Leave the key in the keyring, for when that cannot be reached.' }),
  };

  protected override async execute(signal: AbortSignal): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesRemove);
    const desk = await openProfileDesk(this.host, flags, signal);
    const current = await removeProfile(args.name, flags, desk);
    desk.say(`removed profile ${args.name}${current === null ? '; no profile is the current one now' : ''}`);
    const document = { removed: args.name, current };
    const fields = [
      { name: 'removed', value: args.name },
      { name: 'current', value: current },
    ];
    await printObject(this.host.output, document, fields, printOptions(flags));
    return EXIT_CODES.done.code;
  }
}
