import { dryRun } from '../../activities/dry-run.js';
import type { RollPlan } from '../../activities/roll/plan.js';
import { RollMemory, type RollIdentity } from '../../activities/roll/roll-memory.js';
import { requestOf } from '../../activities/trigger-plan.js';
import { describeTrigger } from '../../api/supervisor-api.js';
import { formatAction } from '../../base/activity.js';
import type { ExitCode } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import { doingText, placeOf } from '../../output/run-text.js';
import type { Target } from '../../config/target.js';
import { actingTools } from '../../library/deployment-tools.js';
import { rollJob } from '../../library/roll-job.js';
import { RollFiles } from '../../config/old-journal.js';
import type { CommandContext } from '../context.js';
import { checkConfirm, consentTo, requireConsent } from '../consent.js';
import { nodesOfLog } from './roll-nodes.js';
import { rollOptions, type RollRequest } from './roll-request.js';
import { displayOf, showDryRun, showJob } from './show-job.js';
import type { TriggerFlags, TriggerInput } from './trigger-request.js';

/** Rolls an action over nodes that were named, or over those that the log has seen (design, "Rolling"). */
export async function runRoll(
  context: CommandContext,
  flags: TriggerFlags,
  request: TriggerInput,
  rolling: RollRequest,
): Promise<ExitCode> {
  const what = `${formatAction(request.action)} ${request.runtime}, one node after the other,`;
  const deed = { what, nodes: request.nodes };
  if (!flags['dry-run']) requireConsent(context, deed, flags);
  const target = await context.target();
  if (flags.confirm !== undefined) await checkConfirm(context, target, flags.confirm);
  const all = request.nodes ?? (await nodesOfLog(context, target, request.expectNodes));
  const known = (): Promise<readonly Id[]> => Promise.resolve(all);
  const chosen = flags['dry-run'] ? null : await consentTo(context, { ...deed, target, known }, flags);
  const nodes = chosen ?? all;

  const roll = { ...request, ...rolling, nodes, deploymentId: target.deployment.id };
  if (!flags['dry-run']) {
    const memory = rollMemory(context, roll);
    const options = rollOptions(flags, { ...rolling, maxUnavailable: rolling.maxUnavailable(nodes.length) });
    return startRoll(context, target, { ...roll, memory, options });
  }
  const { result } = await dryRun(
    { ...roll, expectNodes: null },
    actingTools(context.deploymentTools(target), context.signal),
  );
  const requests = nodes.map((node) =>
    describeTrigger(target.supervisorUrl.value, requestOf({ ...roll, nodes: [node] })),
  );
  const how = [
    `${rolling.maxUnavailable(nodes.length)} at a time`,
    ...(flags['gate-cmd'] === undefined ? [] : [`gate: ${flags['gate-cmd']}`]),
  ];
  return showDryRun(context, result, { place: placeOf(target.deployment), how, requests });
}

/** A roll whose nodes are known, and which was consented to. */
type Roll = Omit<RollPlan, keyof RollRequest> & RollRequest & { memory: RollMemory };

/** Where the roll is remembered. */
export function rollMemory({ folder, host, signal }: CommandContext, roll: RollIdentity): RollMemory {
  return new RollMemory(new RollFiles(folder, host.clock, signal), roll, host.clock);
}

/** Goes through it. @returns the exit code of its outcome */
export function startRoll(context: CommandContext, target: Target, { memory, ...asked }: Roll): Promise<ExitCode> {
  const plan: RollPlan = {
    ...asked,
    maxUnavailable: asked.maxUnavailable(asked.nodes.length),
    gate: asked.gate?.((text) => (target.key.isIn(text) ? '' : text)) ?? null,
  };
  const control = { signal: context.signal, stopping: context.interrupts.inTwoStages(), memory };
  const job = rollJob(plan, context.deploymentTools(target), control);
  const what = `rolling ${formatAction(plan.action)} of ${plan.runtime}`;
  // Every roll has a record, and --resume takes its key.
  context.rememberKey(plan.idempotencyKey, what);
  const doing = doingText(formatAction(plan.action), plan.runtime);
  return showJob(context, displayOf(context, doing, target, plan.nodes), job);
}
