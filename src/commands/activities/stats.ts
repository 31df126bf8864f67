import { parseFilter } from '../../cli/activities/list-request.js';
import { showStats, statsFlags } from '../../cli/activities/show-stats.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags } from '../../cli/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';

export default class ActivitiesStats extends BaseCommand {
  static override summary = 'How long actions take, and how often they are rejected, from the log.';
  static override description =
    'For each runtime and action: how many there were, how many completed, were rejected or are still processing, and how ' +
    'long those took that completed: the median, nine of ten (p90), and the longest, to three digits. At a terminal with a ' +
    'histogram. A reconfigure counts as one whatever its config. Filters are those of `activities list`.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --since 24h --by node --runtime iggy',
    "<%= config.bin %> <%= command.id %> --since 30d -o json | jq '.items[] | select(.rejected > 0)'",
  ];
  static override flags = { ...connectionFlags, ...statsFlags };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { flags } = await this.parse(ActivitiesStats);
    const filter = parseFilter(flags, this.host.clock.now());
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const source = { supervisor: context.supervisor(target), deploymentId: target.deployment.id };
    return showStats(context, source, { filter, by: flags.by });
  }
}
