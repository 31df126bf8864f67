import { type Job, type JobTools } from '../../src/activities/job.js';
import { type TriggerPlan } from '../../src/activities/trigger-plan.js';
import { trigger } from '../../src/activities/trigger.js';
import { type Sabotage } from './sabotage.js';

/** The trigger as the client does it, or as a client does that breaks a rule on purpose. */
export function startTrigger(plan: TriggerPlan, real: JobTools, sabotage: Sabotage | undefined): Job {
  const broken = sabotage?.tools?.(real, plan) ?? real;
  const supervisor = sabotage?.supervisor?.(broken.supervisor, plan) ?? broken.supervisor;
  const tools = { ...broken, supervisor };
  return trigger(plan, tools, sabotage?.log?.(plan, tools));
}
