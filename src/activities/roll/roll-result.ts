import { Interrupted } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { ResultEvent } from '../../base/progress.js';
import { asLdctlError, interruptedOutcome, outcomeOf, type RunOutcome } from '../run-outcome.js';
import { factsOf, resultOf } from '../run-result.js';
import type { RollPlan, RollTools } from './plan.js';
import type { RollNode } from './roll-node.js';

/**
 * How a roll ended. When several apply: an interrupt, then unconfirmed, rejected, halted, timed out (design, "Exit
 * codes").
 * @throws why the first node could not be begun, when nothing was carried out on any
 */
export function resultOfRoll(plan: RollPlan, tools: RollTools, nodes: readonly RollNode[]): ResultEvent {
  if (!nodes.some((node) => node.isStarted)) throw nothingBegun(tools, nodes);
  const end = {
    targets: 'named',
    nodes: nodes.map((node) => node.row()),
    resume: resumeOf(plan, tools, nodes),
  } as const;
  return resultOf(factsOf(plan), outcomeOfRoll(tools, nodes), end);
}

function nothingBegun({ signal, stopping }: RollTools, nodes: readonly RollNode[]): unknown {
  const failure = nodes.find((node) => node.failure !== null)?.failure;
  return failure ? failure.error : (signal.aborted ? signal : stopping).reason;
}

function outcomeOfRoll({ signal, stopping }: RollTools, nodes: readonly RollNode[]): RunOutcome {
  if (nodes.every((node) => node.isPassed)) return outcomeOf('completed');
  const reason: unknown = (signal.aborted ? signal : stopping).reason;
  if (reason instanceof Interrupted) return interruptedOutcome(reason);
  const failure = nodes.find((node) => node.failure !== null)?.failure;
  if (failure) return outcomeOf('unconfirmed', asLdctlError(failure.error));
  const results = nodes.flatMap(({ result }) => result ?? []);
  const unconfirmed = results.find(({ result }) => result.outcome === 'unconfirmed');
  if (unconfirmed) return outcomeOf('unconfirmed', unconfirmed.error);
  if (results.some(({ result }) => result.outcome === 'rejected')) return outcomeOf('rejected');
  if (nodes.some((node) => node.isHeldByGate)) return outcomeOf('halted');
  return outcomeOf('timed_out');
}

/**
 * The command that goes on with the rest; null when there is none. What rejected the action is not the rest. Where the
 * nodes are remembered, that is the same roll: a gate that failed, or was not asked to its end, is asked again.
 */
function resumeOf(plan: RollPlan, tools: RollTools, nodes: readonly RollNode[]): string | null {
  const open = nodes.filter((node) => node.isStarted && (node.result === null || node.result.result.resume !== null));
  const waiting = nodes.filter((node) => !node.isStarted);
  if (plan.callersKey && tools.sharesRecords) {
    const ungated = nodes.filter((node) => node.isCompleted && !node.isPassed);
    const rest = nodes.filter((node) => [open, waiting, ungated].some((some) => some.includes(node)));
    return rest.length === 0 ? null : tools.rollCommand(tools.memory?.isKept ? null : rest.map(idOf), plan);
  }
  const goOn = waiting.length > 0 ? tools.rollCommand(waiting.map(idOf), plan) : null;
  const commands = [...waitCommands(tools, open), ...(goOn === null ? [] : [goOn])];
  return commands.length === 0 ? null : commands.join(' && ');
}

/** One command for those whose activity is known, and one for each of the others. */
function waitCommands(tools: RollTools, open: readonly RollNode[]): string[] {
  const isKnown = (node: RollNode): boolean => node.row().activity_id !== null && !node.row().ambiguous;
  const ids = open.filter(isKnown).flatMap((node) => node.row().activity_id ?? []);
  const others = open.filter((node) => !isKnown(node)).flatMap(({ result }) => result?.result.resume ?? []);
  return [...(ids.length > 0 ? [tools.resumeCommand({ ids })] : []), ...others];
}

function idOf({ nodeId }: RollNode): Id {
  return nodeId;
}
