import * as Args from '@oclif/core/args';
import { showActivity } from '../../cli/activities/show-activity.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags } from '../../cli/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { parseId } from '../../base/ids.js';

export default class ActivitiesShow extends BaseCommand {
  static override summary = 'One entry of the activity log: every field, and how long it took.';
  static override description =
    'The entry is looked for by its id, which takes a dozen requests in a log of 100,000 entries. As JSON it is what the ' +
    'API gave.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7261845022003200001',
    '<%= config.bin %> <%= command.id %> 7261845022003200001 -o json | jq -r .status',
  ];
  static override args = {
    id: Args.string({ ignoreStdin: true, required: true, description: 'the id of the activity' }),
  };
  static override flags = connectionFlags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ActivitiesShow);
    const id = parseId(args.id, 'ID');
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const source = { supervisor: context.supervisor(target), deploymentId: target.deployment.id };
    return showActivity(context, source, id);
  }
}
