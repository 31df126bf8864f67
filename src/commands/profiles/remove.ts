import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { printOptions } from '../../cli/flags.js';
import { removeFlags } from '../../cli/profiles/flags.js';
import { removeProfile } from '../../cli/profiles/remove-profile.js';
import type { Interrupts } from '../../cli/signals.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { printObject } from '../../output/list.js';

export default class ProfilesRemove extends BaseCommand {
  static override summary = 'Remove a profile, and take its key out of its store.';
  static override description =
    'Asks first; where nobody can be asked it needs --yes. The key itself stays valid: revoke it in the LaserData ' +
    'console. When the current profile is removed, none is the current one.';
  static override examples = ['<%= config.bin %> <%= command.id %> old --yes'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the profile to remove' }),
  };
  static override flags = removeFlags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesRemove);
    const context = await CommandContext.open(this.host, flags, interrupts);
    const current = await removeProfile(args.name, flags, context);
    context.say(`removed profile ${args.name}${current === null ? '; no profile is the current one now' : ''}`);
    const document = { removed: args.name, current };
    const fields = [
      { name: 'removed', value: args.name },
      { name: 'current', value: current },
    ];
    await printObject(this.host.output, document, fields, printOptions(flags));
    return EXIT_CODES.done.code;
  }
}
