import type { Job } from '../activities/job.js';
import type { RollPlan, RollTools } from '../activities/roll/plan.js';
import { roll } from '../activities/roll/roll.js';
import { actingTools, type DeploymentTools } from './deployment-tools.js';
import { nodeFlags, rollCommand } from './resume-command.js';

/** How a roll is stopped, and where it is remembered. */
export type RollControl = Pick<RollTools, 'signal' | 'stopping' | 'memory'>;

/** Acts on one node after the other (design, "Rolling"). @throws as `roll` does */
export function rollJob(plan: RollPlan, tools: DeploymentTools, control: RollControl): Job {
  const { later, keepNodes } = tools;
  return roll(plan, {
    ...actingTools(tools, control.signal),
    ...control,
    sharesRecords: control.memory !== null,
    rollCommand: (nodes, begun) => {
      // A command does not know what was sent with the key, or cannot ask the gate.
      if (control.memory === null && (begun.callersKey || begun.gate !== null)) return null;
      return rollCommand(begun, nodes && nodeFlags(nodes, keepNodes), later);
    },
  });
}
