import { dryRun } from '../../activities/dry-run.js';
import type { RollPlan } from '../../activities/roll/plan.js';
import { roll } from '../../activities/roll/roll.js';
import { requestOf } from '../../activities/trigger-plan.js';
import { describeTrigger } from '../../api/supervisor-api.js';
import { formatAction } from '../../core/activity.js';
import type { ExitCode } from '../../core/exit-codes.js';
import type { Id } from '../../core/ids.js';
import type { ConnectedContext } from '../connected-context.js';
import { consentFor, settleConsent } from './consent.js';
import { nodesOfLog } from './roll-nodes.js';
import { rollCommand, type RollRequest } from './roll-request.js';
import { showDryRun, showJob, titleOf } from './show-job.js';
import type { TriggerFlags, TriggerInput } from './trigger-request.js';

/** Rolls an action over nodes that were named, or over those that the log has seen (design, "Rolling"). */
export async function runRoll(
  context: ConnectedContext,
  flags: TriggerFlags,
  request: TriggerInput,
  rolling: RollRequest,
): Promise<ExitCode> {
  const consent = (nodes: readonly Id[] | null): Promise<void> =>
    settleConsent(context, consentFor({ ...request, nodes }, context.settings, 'one node after the other'), flags);
  // Where somebody can be asked, the nodes that the log has seen are shown first.
  const asksLater = request.nodes === null && context.prompts !== null;
  if (!flags['dry-run'] && !asksLater) await consent(request.nodes);
  const target = await context.target();
  const nodes = request.nodes ?? (await nodesOfLog(context, target, request.expectNodes));
  if (!flags['dry-run'] && asksLater) await consent(null);

  const plan: RollPlan = {
    ...request,
    ...rolling,
    nodes,
    maxUnavailable: rolling.maxUnavailable(nodes.length),
    deploymentId: target.deployment.id,
    gate: rolling.gate?.((text) => (target.key.isIn(text) ? '' : text)) ?? null,
  };
  const tools = context.actingTools(target);
  if (flags['dry-run']) {
    const whole = { ...request, nodes, expectNodes: null, deploymentId: plan.deploymentId };
    const { result } = await dryRun(whole, tools);
    const requests = nodes.map((node) => describeTrigger(target.supervisorUrl.value, requestOf({ ...whole, nodes: [node] })));
    return showDryRun(context, result, { requests });
  }
  const job = roll(plan, {
    ...tools,
    stopping: context.interrupts.inTwoStages(),
    rollCommand: (rest) => rollCommand({ ...request, ...plan }, flags, rest, context.resumeFlags(target)),
  });
  const title = titleOf(`rolling ${formatAction(plan.action)} of ${plan.runtime}`, target);
  return showJob(context, { title, notify: flags.notify }, job);
}
