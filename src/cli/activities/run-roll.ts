import { ActivityLog } from '../../activities/activity-log.js';
import { dryRun } from '../../activities/dry-run.js';
import type { RollPlan } from '../../activities/roll/plan.js';
import { roll } from '../../activities/roll/roll.js';
import { seenNodes } from '../../activities/seen-nodes.js';
import { requestOf } from '../../activities/trigger-plan.js';
import { describeTrigger } from '../../api/supervisor-api.js';
import { formatAction } from '../../core/activity.js';
import { LdctlError } from '../../core/errors.js';
import type { ExitCode } from '../../core/exit-codes.js';
import type { Id } from '../../core/ids.js';
import { printNodesSeen } from '../../output/nodes-seen.js';
import type { Target } from '../../profiles/target.js';
import { settleConsent, type ConsentGiven } from './consent.js';
import { isInteractive, type Host } from '../host.js';
import { printOptions, type OutputFlags } from '../print-options.js';
import { rollCommand, type RollFlags, type RollRequest } from './roll-request.js';
import type { Session } from '../session.js';
import { showDryRun, showJob, titleOf } from './show-job.js';
import type { Interrupts } from '../signals.js';
import { consentFor, type TriggerRequest } from './trigger-request.js';

type Flags = OutputFlags & RollFlags & ConsentGiven & { 'dry-run': boolean };

/** Rolls an action over nodes that were named, or over those that the log has seen (design, "Rolling"). */
export async function runRoll(
  host: Host,
  flags: Flags,
  asked: { request: TriggerRequest; rolling: RollRequest },
  session: Session,
  interrupts: Interrupts,
): Promise<ExitCode> {
  const { request, rolling } = asked;
  const { signal } = interrupts;
  const consent = (nodes: readonly Id[] | null): Promise<void> =>
    settleConsent(host, consentFor({ ...request, nodes }, session.settings, 'one node after the other'), flags, signal);
  // Where somebody can be asked, the nodes that the log has seen are shown first.
  const asksLater = request.nodes === null && isInteractive(host);
  if (!flags['dry-run'] && !asksLater) await consent(request.nodes);
  const target = await session.target(signal);
  const nodes = request.nodes ?? (await nodesOfLog(host, flags, session, target, signal));
  if (!flags['dry-run'] && asksLater) await consent(null);

  const plan: RollPlan = {
    ...request,
    ...rolling,
    nodes,
    maxUnavailable: rolling.maxUnavailable(nodes.length),
    deploymentId: target.deployment.id,
    gate: rolling.gate?.((text) => (target.key.isIn(text) ? '' : text)) ?? null,
  };
  const tools = session.actingTools(target, signal);
  if (flags['dry-run']) {
    const whole = { ...request, nodes, deploymentId: plan.deploymentId };
    const { result } = await dryRun(whole, tools);
    const requests = nodes.map((node) => describeTrigger(target.supervisorUrl.value, requestOf({ ...whole, nodes: [node] })));
    return showDryRun(host, flags, result, { requests });
  }
  const job = roll(plan, {
    ...tools,
    stopping: interrupts.inTwoStages(),
    rollCommand: (rest) => rollCommand({ ...request, ...plan }, flags, rest, session.resumeFlags(target)),
  });
  return showJob(host, flags, titleOf(`rolling ${formatAction(plan.action)} of ${plan.runtime}`, target), job);
}

async function nodesOfLog(
  host: Host,
  flags: OutputFlags,
  session: Session,
  target: Target,
  signal: AbortSignal,
): Promise<Id[]> {
  const log = new ActivityLog(session.supervisor(target), target.deployment.id);
  const seen = await seenNodes(log, { signal });
  if (seen.length === 0) {
    throw new LdctlError('refused', 'no_nodes_known', `the log of deployment ${target.deployment.id} names no node`, {
      hint: 'Name the nodes with --node or --nodes-from.',
    });
  }
  if (!flags.quiet) printNodesSeen(host.output.stderr, seen, printOptions(flags));
  return seen.map(({ id }) => id);
}
