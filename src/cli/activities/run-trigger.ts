import { dryRun } from '../../activities/dry-run.js';
import { triggerIfNotBusy } from '../../activities/if-busy.js';
import { requestOf } from '../../activities/trigger-plan.js';
import { describeTrigger } from '../../api/supervisor-api.js';
import { formatAction } from '../../base/activity.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { sortedUnique, type Id } from '../../base/ids.js';
import { doingText, placeOf } from '../../output/run-text.js';
import { actingTools } from '../../library/deployment-tools.js';
import { openLog } from '../../log/log.js';
import type { CommandContext } from '../context.js';
import { checkConfirm, consentTo, requireConsent } from '../consent.js';
import { settleExpectedNodes } from './expected-nodes.js';
import { displayOf, showDryRun, showJob } from './show-job.js';
import type { TriggerFlags, TriggerInput } from './trigger-request.js';

/** Triggers an action on all its nodes at once, or shows what would be sent. @returns the exit code of its outcome */
export async function runTrigger(
  context: CommandContext,
  flags: TriggerFlags,
  request: TriggerInput,
): Promise<ExitCode> {
  const deed = { what: `${formatAction(request.action)} ${request.runtime}`, nodes: request.nodes };
  if (!flags['dry-run']) requireConsent(context, deed, flags);
  const target = await context.target();
  if (flags['dry-run'] && flags.confirm !== undefined) await checkConfirm(context, target, flags.confirm);
  const known = async (): Promise<Id[]> => {
    const log = openLog(context.supervisor(target), target.deployment.id, context.host.clock);
    const { entries } = await log.known({ signal: context.signal });
    return sortedUnique(entries.map(({ node_id }) => node_id));
  };
  const nodes = flags['dry-run'] ? request.nodes : await consentTo(context, { ...deed, target, known }, flags);
  const expectNodes = nodes ? null : await settleExpectedNodes(request.expectNodes, context, target);
  const plan = { ...request, nodes, expectNodes, deploymentId: target.deployment.id };
  const tools = actingTools(context.deploymentTools(target), context.signal);
  const what = `${formatAction(plan.action)} of ${plan.runtime}`;
  if (flags['dry-run']) {
    const { result } = await dryRun(plan, tools);
    const request = describeTrigger(target.supervisorUrl.value, requestOf(plan));
    return showDryRun(context, result, { place: placeOf(target.deployment), request });
  }
  if (plan.callersKey) context.rememberKey(plan.idempotencyKey, what);
  return showJob(
    context,
    displayOf(context, doingText(formatAction(plan.action), plan.runtime), target, plan.nodes),
    triggerIfNotBusy(plan, flags['if-busy'], tools),
  );
}
