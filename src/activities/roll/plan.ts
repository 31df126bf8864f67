import { UsageError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { RollRecord } from '../../base/old-journal.js';
import type { Gate } from '../../base/roll.js';
import type { IfBusy } from '../if-busy.js';
import type { JobTools } from '../job.js';
import type { TriggerPlan } from '../trigger-plan.js';
import type { RollMemory } from './roll-memory.js';

export interface RollPlan extends Omit<TriggerPlan, 'nodes' | 'expectNodes' | 'wait'> {
  /** In the order in which they are to be acted on; each once, not empty. */
  nodes: readonly Id[];
  /** How many nodes may be underway at once, from 1. */
  maxUnavailable: number;
  /** Between the completion of a node and the next step, ms. */
  pauseMs: number;
  /** Whether a node that does not complete halts the roll. */
  continueOnError: boolean;
  /** For each node, from its dispatch; ms, null for none. `limits.timeoutMs` is for the whole roll. */
  nodeTimeoutMs: number | null;
  ifBusy: IfBusy;
  /** Null: nothing decides but the nodes themselves. */
  gate: Gate | null;
  /** What a later run has to know to go on in the same way, in the words of the command line. */
  options: RollRecord['options'];
}

export interface RollTools extends JobTools {
  /** Aborted at the first Ctrl-C: nothing more is started, what runs is seen out. */
  stopping: AbortSignal;
  /** Where the roll is remembered; null for nowhere. */
  memory: RollMemory | null;
  /** Whether a command that is run later finds this run's records, so that it sends nothing twice to a node that it names. */
  sharesRecords: boolean;
  /**
   * The command that goes on with these nodes of a roll; null: with what is left of one that is remembered.
   * @returns null where no command can
   */
  rollCommand(nodes: readonly Id[] | null, roll: RollPlan): string | null;
}

/**
 * Reads `--max-unavailable`: a number of nodes, or a percentage of them, rounded down, at least 1 (design, "Rolling").
 * @throws UsageError
 */
export function parseMaxUnavailable(text: string, what = '--max-unavailable'): (nodes: number) => number {
  const match = /^(\d{1,6})(%?)$/.exec(text);
  const value = Number(match?.[1] ?? 0);
  const isPercentage = match?.[2] === '%';
  if (value < 1 || (isPercentage && value > 100)) {
    throw new UsageError(`${what}: ${JSON.stringify(text)} is neither a number of nodes nor a percentage`, {
      code: 'invalid_max_unavailable',
      hint: 'Write how many nodes may be underway at once: 2, or 25%.',
    });
  }
  return (nodes) => (isPercentage ? Math.max(1, Math.floor((nodes * value) / 100)) : value);
}
