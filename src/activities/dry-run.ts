import { emptyNodeResult, NOT_STARTED } from '../base/outcome.js';
import type { ResultEvent } from '../base/progress.js';
import type { JobTools } from './job.js';
import { openRunLog } from './run-log.js';
import { outcomeOf } from './run-outcome.js';
import { factsOf, resultOf } from './run-result.js';
import { targetKindOf } from './targets.js';
import type { TriggerPlan } from './trigger-plan.js';

/**
 * What a trigger would do: reads the log, and sends nothing. For every node, the targets are those that the newest
 * entries name.
 * @throws as `Supervisor.list` does
 */
export async function dryRun(plan: TriggerPlan, tools: JobTools): Promise<ResultEvent> {
  const baseline = await openRunLog(plan, tools).baseline(plan.nodes === null ? 'every node' : 'no node');
  const nodes = (plan.nodes ?? baseline.nodes).map((node_id) => emptyNodeResult({ node_id }, NOT_STARTED));
  return resultOf(factsOf(plan), outcomeOf('dry_run'), { targets: targetKindOf(plan), nodes, resume: null });
}
