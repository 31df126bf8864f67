import * as Args from '@oclif/core/args';
import { addProfile } from '../../cli/profiles/add-profile.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { profileFlags } from '../../cli/profiles/flags.js';
import { showProfile } from '../../cli/profiles/show-profile.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';

export default class ProfilesAdd extends BaseCommand {
  static override summary = 'Keep a tenant, an API key and a deployment under a name.';
  static override description =
    'At a terminal it asks for whatever no flag says, checks the key, and lets you choose the deployment. Elsewhere it ' +
    'asks nothing: what no flag says comes from LD_TENANT_ID, LD_API_URL, LD_DEPLOYMENT_ID and LD_API_KEY, if they are ' +
    'set. A key that the API does not accept is not stored. There is no flag that holds a key, since other users can ' +
    'read the arguments of a process. The first profile becomes the current one.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod',
    {
      description: 'In a script, with the key from a secret store',
      command:
        'secret-tool lookup laserdata prod | <%= config.bin %> <%= command.id %> prod --tenant-id 7261845022003200001 ' +
        '--deployment sandbox --key-store file --api-key-stdin',
    },
    {
      description: 'With a password manager that is asked each time',
      command:
        '<%= config.bin %> <%= command.id %> prod --tenant-id 7261845022003200001 --deployment sandbox ' +
        '--key-command "op read op://ops/laserdata/key"',
    },
  ];
  static override args = {
    name: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'letters, digits, dots, dashes and underscores',
    }),
  };
  static override flags = profileFlags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesAdd);
    const context = await CommandContext.open(this.host, flags, interrupts);
    const { profile, current } = await addProfile(args.name, flags, context);
    context.say(current ? `added profile ${profile.name}, now the current one` : `added profile ${profile.name}`);
    return showProfile(context, profile, current);
  }
}
