import { isFailedGate, MISSING, NOT_STARTED, type NodeResult } from '../base/outcome.js';
import { plainText } from '../base/text.js';
import { gateWord } from './status.js';

/** Whether this is the result of a roll. */
export function isRoll(nodes: readonly NodeResult[]): boolean {
  return nodes.some(({ started_at: startedAt }) => startedAt !== undefined);
}

const GROUPS = ['done', 'failed', 'running', 'not started'] as const;
type Group = (typeof GROUPS)[number];

/**
 * The nodes of a roll by what became of them, a line each (design, "Rolling"); a group that has none is left out.
 * @returns lines such as `done         2: 610809900976570889, 610809900976570890`
 */
export function rollGroups(nodes: readonly NodeResult[], list: (texts: readonly string[]) => string): string[] {
  return GROUPS.flatMap((group) => {
    const members = nodes.filter((node) => groupOf(node) === group);
    if (members.length === 0) return [];
    const texts = members.map((node) => `${node.node_id ?? '?'}${note(node)}`);
    return [`${group.padEnd(11)}  ${members.length}: ${list(texts)}`];
  });
}

function groupOf(node: NodeResult): Group {
  if (node.status === NOT_STARTED) return 'not started';
  if (node.status === MISSING || node.status === 'rejected' || isFailedGate(node.gate)) return 'failed';
  return node.status === 'completed' ? 'done' : 'running';
}

/** Why it is in its group, where that is not plain. */
function note({ status, gate }: NodeResult): string {
  if (isFailedGate(gate)) return ` (gate ${gateWord(gate)})`;
  if (status === MISSING || status === 'rejected') return ` (${status})`;
  if (status === null) return ' (not seen yet)';
  return status === 'completed' || status === NOT_STARTED || status === 'processing' ? '' : ` (${plainText(status)})`;
}
