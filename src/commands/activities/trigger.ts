import { perform } from '../../app/order.js';
import { commandOf, draftOf } from '../../cli/acting/draft.js';
import { actingArgs, actingFlags } from '../../cli/acting/flags.js';
import { showJob } from '../../cli/acting/job.js';
import { ActingCommand, agree, prepareOrder, showDryRun } from '../../cli/acting/order.js';
import { grouped, switchFlag } from '../../cli/line/flags.js';
import { checkRunResultOptions } from '../../output/run-result.js';

export default class ActivitiesTrigger extends ActingCommand {
  static override summary =
    'Trigger an action on some or all nodes, and follow each until it finishes.';
  static override description =
    'Exit code 0: every targeted node completed it (`ldctl help exit-codes`). It runs at most once. Ctrl-C leaves it ' +
    'running. It asks for what you leave out.';
  static override examples = [
    'ldctl activities trigger iggy restart --node 610809900976570889',
    'ldctl activities trigger connectors reconfigure:42 --yes --expect-nodes 9',
  ];
  static override args = actingArgs;
  static override flags = {
    ...actingFlags,
    ...grouped('FOLLOWING', {
      wait: switchFlag('Follow to the end. --no-wait: exit once accepted.', {
        allowNo: true,
        default: true,
      }),
    }),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesTrigger);
    const prompts = this.askerOf(args);
    const context = await this.open(flags);
    checkRunResultOptions(this.host.output);
    const typed = { name: 'trigger', args, flags, argv: this.argv } as const;
    const draft = await draftOf(context, prompts, typed, (how) => ({ is: 'trigger', ...how }));
    const order = await prepareOrder(context, typed, draft, () => null);
    if (flags['dry-run']) return showDryRun(context, order);
    const agreed = await agree(context, typed, order);
    const again = commandOf(context, typed, draft);
    return showJob(context, agreed.deployment, agreed, (tools) => perform(agreed, tools, again));
  }
}
