import { keptRun, trigger } from '../../app/jobs.js';
import { agree } from '../../cli/consent.js';
import { askedArg, grouped, switchFlag } from '../../cli/flags.js';
import {
  ACTION,
  ActingCommand,
  actingFlags,
  lookBefore,
  openTarget,
  requestOf,
  RUNTIME,
  showDryRun,
} from '../../cli/acting.js';
import { showJob } from '../../cli/following.js';
import { checkRunResultOptions } from '../../output/run-result.js';
import { actionText } from '../../output/run-text.js';

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
  static override args = { runtime: askedArg(RUNTIME), action: askedArg(ACTION) };
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
    const typed = { args, flags, argv: this.argv };
    const { request, chosen } = await requestOf(context, prompts, typed, 'trigger');
    const intent = {
      ...request,
      what: actionText(request.action, request.runtime),
      isRoll: false,
      chosen,
    };
    await openTarget(context, flags, intent);
    const before = await lookBefore(context, intent, flags, (deployment) =>
      keptRun(deployment, request),
    );
    if (flags['dry-run']) return showDryRun(context, { ...before, request, intent, how: null });
    const { changes, whom } = await agree(context, before, intent, flags['if-busy']);
    const { deployment, found } = before;
    return showJob(context, deployment, { ...request, whom }, (tools) =>
      trigger(deployment, { ...request, ...changes }, tools, found),
    );
  }
}
