import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { dryRun } from '../../activities/dry-run.js';
import { IF_BUSY, triggerIfNotBusy } from '../../activities/if-busy.js';
import { requestOf } from '../../activities/trigger-plan.js';
import { describeTrigger } from '../../api/supervisor-api.js';
import { BaseCommand } from '../../cli/base-command.js';
import { settleConsent } from '../../cli/activities/consent.js';
import { configFlag, connectionFlags, followFlags, rollFlags, targetFlags } from '../../cli/flags.js';
import { printOptions } from '../../cli/print-options.js';
import { parseRollRequest } from '../../cli/activities/roll-request.js';
import { runRoll } from '../../cli/activities/run-roll.js';
import { Session } from '../../cli/session.js';
import { showDryRun, showJob, titleOf } from '../../cli/activities/show-job.js';
import type { Interrupts } from '../../cli/signals.js';
import { consentFor, parseTriggerRequest } from '../../cli/activities/trigger-request.js';
import { formatAction } from '../../core/activity.js';
import type { ExitCode } from '../../core/exit-codes.js';
import { checkRunResultOptions } from '../../output/run-result.js';

export default class ActivitiesTrigger extends BaseCommand {
  static override summary = 'Trigger an action on some or all nodes, and follow every node to its end.';
  static override description =
    'Exits 0 only when every targeted node has completed; `ldctl help exit-codes` tells the others. Naming nodes is ' +
    'consent; acting on every node asks, or takes --yes. An action is carried out at most once, whatever the network ' +
    'does: the server remembers an idempotency key for 10 minutes, and ldctl looks at the log before it sends again.';
  static override examples = [
    { description: 'Restart one node', command: '<%= config.bin %> <%= command.id %> iggy restart --node 610809900976570889' },
    { description: 'Restart every node, in a script', command: '<%= config.bin %> <%= command.id %> iggy restart --yes -o json' },
    {
      description: 'In CI: a re-run of the job is the same trigger',
      command: '<%= config.bin %> <%= command.id %> connectors reconfigure:42 --yes --expect-nodes 9 --idempotency-key "$CI_JOB_ID"',
    },
  ];
  static override args = {
    runtime: Args.string({ required: true, ignoreStdin: true, description: 'iggy or connectors' }),
    action: Args.string({ required: true, ignoreStdin: true, description: 'start, stop, restart, reconfigure:ID, or reconfigure with --config ID' }),
  };
  static override flags = {
    ...connectionFlags,
    ...targetFlags,
    'nodes-from': Flags.string({
      helpValue: 'FILE|-',
      summary: 'Nodes from a file or stdin: one id a line, or JSON such as `activities list -o json` prints.',
    }),
    ...configFlag,
    ...followFlags,
    ...rollFlags,
    wait: Flags.boolean({ allowNo: true, default: true, summary: 'Follow to the end; --no-wait ends when it was accepted.' }),
    'if-busy': Flags.option({ options: IF_BUSY })({
      default: 'ignore',
      summary: 'When a target already has the runtime in processing: wait for it, fail, follow that instead, or go ahead.',
    }),
    yes: Flags.boolean({ summary: 'Consent to act on every node.' }),
    confirm: Flags.string({ helpValue: 'NAME', summary: 'Consent on a protected profile: the name of the deployment.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be sent, and to which nodes; sends nothing.' }),
    'idempotency-key': Flags.string({
      helpValue: 'KEY',
      summary: 'A key of your own: a later run with the same key and the same trigger follows the first one.',
    }),
  };

  protected override async execute(signal: AbortSignal, interrupts: Interrupts): Promise<ExitCode> {
    const { host } = this;
    const { args, flags } = await this.parse(ActivitiesTrigger);
    checkRunResultOptions(printOptions(flags));
    const request = await parseTriggerRequest(host, args, flags, signal);
    const rolling = parseRollRequest(host, flags, request);
    const session = await Session.open(host, flags);
    if (rolling) return runRoll(host, flags, { request, rolling }, session, interrupts);
    if (!flags['dry-run']) await settleConsent(host, consentFor(request, session.settings), flags, signal);
    const target = await session.target(signal);
    const plan = { ...request, deploymentId: target.deployment.id };
    const tools = session.actingTools(target, signal);
    if (flags['dry-run']) {
      const { result } = await dryRun(plan, tools);
      return showDryRun(host, flags, result, { request: describeTrigger(target.supervisorUrl.value, requestOf(plan)) });
    }
    const title = titleOf(`${formatAction(plan.action)} of ${plan.runtime}`, target);
    return showJob(host, flags, title, triggerIfNotBusy(plan, flags['if-busy'], tools));
  }
}
