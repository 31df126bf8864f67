import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { checkConfirm, consentTo, requireConsent } from '../../cli/consent.js';
import { trigger } from '../../library/jobs.js';
import { check, triggerRequest, type CheckedTrigger } from '../../library/requests.js';
import { expectedNodes, nodesToAsk } from './count.shared.js';
import {
  ACTION_ARG,
  actingFlags,
  JobCommand,
  RUNTIME_ARG,
  showDryRun,
  showJob,
} from './job.shared.js';
import { connectionFlags } from '../flags.shared.js';

export default class ActivitiesTrigger extends JobCommand {
  static override summary =
    'Trigger an action on some or all nodes, and follow every node to its end.';
  static override description =
    'Exits 0 only when every targeted node has completed; `ldctl help exit-codes` tells the others. Naming nodes is ' +
    'consent; acting on every node asks, or takes --yes. An action is carried out at most once, whatever the network does.';
  static override examples = [
    'ldctl activities trigger iggy restart --node 610809900976570889',
    'ldctl activities trigger iggy restart --yes -o json',
    'ldctl activities trigger connectors reconfigure:42 --yes --expect-nodes 9 --idempotency-key "$CI_PIPELINE_ID-$CI_JOB_NAME"',
  ];
  static override args = {
    runtime: Args.string({ ...RUNTIME_ARG, required: true }),
    action: Args.string({ ...ACTION_ARG, required: true }),
  };
  static override flags = {
    ...connectionFlags,
    ...actingFlags,
    wait: Flags.boolean({
      allowNo: true,
      default: true,
      helpGroup: 'FOLLOWING',
      summary: 'Follow to the end. --no-wait: until it is accepted.',
    }),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesTrigger);
    const context = await this.open(flags);
    const asked = await this.request(context, args, flags);
    const request: CheckedTrigger = check(triggerRequest, 'trigger', {
      ...asked,
      wait: flags.wait,
    });
    const deed = { what: `${request.action} ${request.runtime}`, nodes: request.nodes ?? null };
    if (!flags['dry-run']) requireConsent(context, deed, flags);
    const target = await context.target();
    if (flags['dry-run']) {
      await checkConfirm(context, target, flags);
      request.expectNodes = await expectedNodes(flags['expect-nodes'], context, target);
      return showDryRun(context, target, request, null);
    }
    const known = () => nodesToAsk(context, target);
    const nodes = await consentTo(context, target, { ...deed, known }, flags);
    if (nodes) request.nodes = nodes;
    else request.expectNodes = await expectedNodes(flags['expect-nodes'], context, target);
    return showJob(context, target, request, (connection, tools) =>
      trigger(connection, request, tools),
    );
  }
}
