import { type JobTools } from '../../src/activities/job.js';
import { type RunLog } from '../../src/activities/run-log.js';
import { type TriggerPlan } from '../../src/activities/trigger-plan.js';
import { trigger } from '../../src/activities/trigger.js';
import { type Id } from '../../src/base/ids.js';
import { type RunJournal } from '../../src/base/old-journal.js';
import { ConnectedDeployment } from '../../src/library/connected-deployment.js';
import { actingTools, type DeploymentTools } from '../../src/library/deployment-tools.js';
import { readTrigger } from '../../src/library/read-request.js';
import { type TriggerRequest } from '../../src/library/old-requests.js';
import { type RunResult } from '../../src/library/run-result.js';
import { runJob } from '../../src/library/run-job.js';
import { type RunOptions } from '../../src/library/deployment.js';
import { type Sabotage } from './sabotage.js';

/** What a client has of the world. */
export type ClientTools = Pick<JobTools, 'supervisor' | 'clock' | 'random'> & { journal: RunJournal };

/** How a client does its job, from the first request to the result. */
export type ClientJob = (options: RunOptions) => Promise<RunResult>;

/** The deployment as a program has it by the library. */
export function deploymentOf(deploymentId: Id, tools: ClientTools): ConnectedDeployment {
  return new ConnectedDeployment(toolsOf(deploymentId, tools), { newKey: () => newKey(tools) });
}

/** The trigger as a program does it by the library, or as a client does that breaks a rule on purpose. */
export function triggerJob(
  request: TriggerRequest,
  deploymentId: Id,
  real: ClientTools,
  sabotage?: Sabotage,
): ClientJob {
  const { plan } = readTrigger(request, deploymentId, () => newKey(real));
  const broken = sabotage?.tools?.(real) ?? real;
  const tools = { ...broken, supervisor: sabotage?.supervisor?.(broken.supervisor, plan) ?? broken.supervisor };
  const log = sabotage?.log;
  if (log) return (options) => brokenWithin(plan, toolsOf(deploymentId, tools), log, options);
  return (options) => deploymentOf(deploymentId, tools).trigger(request, options);
}

/** The same with the same dice. */
function newKey({ random }: ClientTools): string {
  return `random-${random()}`;
}

/** A rule that is broken within the job: the library has no place to put that. */
function brokenWithin(
  plan: TriggerPlan,
  tools: DeploymentTools,
  log: (plan: TriggerPlan, tools: JobTools) => RunLog,
  options: RunOptions,
): Promise<RunResult> {
  return runJob(({ signal }) => {
    const acting = actingTools(tools, signal);
    return trigger(plan, acting, log(plan, acting));
  }, options);
}

function toolsOf(deploymentId: Id, { journal, ...tools }: ClientTools): DeploymentTools {
  const rolls = (): never => {
    throw new Error('no roll is remembered here');
  };
  const journals = { isOfCommands: false, runs: () => journal, rolls };
  return {
    deploymentId,
    expectedTenant: null,
    journals,
    later: { target: [], shell: 'sh' },
    keepNodes: null,
    ...tools,
  };
}
