import { listFlags, parseFilter, parseListRange } from '../../cli/activities/list-request.js';
import { showList } from '../../cli/activities/show-list.js';
import { parseWatchRequest, watchFlags } from '../../cli/activities/watch-request.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags } from '../../cli/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';

export default class ActivitiesList extends BaseCommand {
  static override summary = 'The activity log, newest first.';
  static override description =
    'Reads the log whichever end it begins with, and gives each entry once although it grows meanwhile. Filters may be ' +
    'repeated, and take comma lists. With --watch it is kept up to date until all that was listed at first is final. With ' +
    '--after it goes on where an export ended: docs/scripting.md has the loop.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --limit 5',
    '<%= config.bin %> <%= command.id %> --status processing --watch',
    '<%= config.bin %> <%= command.id %> --after 7261845022003200001 --limit 0 -o ndjson',
    "<%= config.bin %> <%= command.id %> --limit 0 --runtime iggy -o json | jq '.items[].node_id'",
  ];
  static override flags = { ...connectionFlags, ...listFlags, ...watchFlags };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { host } = this;
    const { flags } = await this.parse(ActivitiesList);
    const filter = parseFilter(flags, host.clock.now());
    const range = parseListRange(flags);
    const watch = parseWatchRequest(host, flags, range);
    const context = await CommandContext.connect(host, flags, interrupts);
    const target = await context.target();
    const source = {
      supervisor: context.supervisor(target),
      deploymentId: target.deployment.id,
      deploymentName: target.deployment.name,
      later: context.later(target),
    };
    if (watch === null) return showList(context, source, { filter, range });
    const { showWatch } = await import('../../cli/activities/show-watch.js');
    return showWatch(context, source, { filter, ...watch });
  }
}
