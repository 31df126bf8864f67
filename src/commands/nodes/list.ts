import { parseFilter } from '../../cli/activities/list-request.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags } from '../../cli/flags.js';
import { nodesFlags, showNodes } from '../../cli/nodes/show-nodes.js';
import type { Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';

export default class NodesList extends BaseCommand {
  static override summary = 'The nodes that the log names, and what was last done on each.';
  static override description =
    'A line a node, with its last activity of each runtime; one that was rejected or is still processing is marked. It shows ' +
    'what the log knows: a node that nothing was done on is not in it, one that has left may be, and neither says whether ' +
    'a runtime runs.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --since 7d --runtime iggy',
    '<%= config.bin %> <%= command.id %> -o json | jq \'.items[] | select(.runtimes.iggy.status == "rejected").node_id\'',
  ];
  static override flags = { ...connectionFlags, ...nodesFlags };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { flags } = await this.parse(NodesList);
    const filter = parseFilter(flags, this.host.clock.now());
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const source = { supervisor: context.supervisor(target), deploymentId: target.deployment.id };
    return showNodes(context, source, filter);
  }
}
