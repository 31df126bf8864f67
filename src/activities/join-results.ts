import type { Id } from '../base/ids.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import type { ResultEvent } from '../base/progress.js';

/** Which of two outcomes counts, the gravest first (design, "Exit codes"). */
const BY_GRAVITY: readonly number[] = [
  EXIT_CODES.sighup.code,
  EXIT_CODES.sigint.code,
  EXIT_CODES.sigterm.code,
  EXIT_CODES.unconfirmed.code,
  EXIT_CODES.rejected.code,
  EXIT_CODES.halted.code,
  EXIT_CODES.timedOut.code,
  EXIT_CODES.done.code,
];

/** The results of two parts of one run as one: the graver outcome counts, and what is left to do is left of both. */
export function joinResults(first: ResultEvent, second: ResultEvent, order: readonly Id[]): ResultEvent {
  const isGraver = BY_GRAVITY.indexOf(second.exitCode) < BY_GRAVITY.indexOf(first.exitCode);
  const graver = isGraver ? second : first;
  const rank = new Map<Id | null, number>(order.map((node, index) => [node, index]));
  const rankOf = (node: Id | null): number => rank.get(node) ?? order.length;
  const nodes = [...first.result.nodes, ...second.result.nodes].sort((a, b) => rankOf(a.node_id) - rankOf(b.node_id));
  const commands = [first.result.resume, second.result.resume].filter((command) => command !== null);
  return {
    event: 'result',
    result: {
      ...first.result,
      outcome: graver.result.outcome,
      nodes,
      resume: commands.length === 0 ? null : commands.join(' && '),
    },
    error: first.error ?? second.error,
    exitCode: graver.exitCode,
  };
}
