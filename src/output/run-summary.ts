import { formatDuration } from '../base/durations.js';
import { MISSING, NOT_STARTED, type NodeResult, type Outcome, type ResultFields } from '../base/outcome.js';
import { count, plainText } from '../base/text.js';
import { isRoll, rollGroups } from './roll-summary.js';
import { type Paint } from './style.js';

export interface SummaryOptions {
  /** Say nothing of a success. */
  quiet: boolean;
  /** In milliseconds. */
  tookMs: number;
}

/**
 * How a run ended, for people, in one line that names the nodes it went wrong on, and for a roll in lists of all its
 * nodes; and, where something is left to follow, the command for it on a line of its own, whole, to be copied.
 */
export function summaryText(result: ResultFields, options: SummaryOptions, paint: Paint): string {
  const good = GOOD.has(result.outcome);
  const lines: string[] = [];
  if (!good || !options.quiet) {
    lines.push(`${good ? paint('ok', '✓') : paint('bad', '✗')} ${endingText(result, options.tookMs)}`);
  }
  if (isRoll(result.nodes) && !(good && options.quiet)) {
    lines.push(...rollGroups(result.nodes, shortList).map((line) => `  ${line}`));
  }
  if (result.nodes.some(isAbsentNode)) {
    const hints = result.targets === 'observed' ? [ABSENT_HINT, LEFT_HINT] : [ABSENT_HINT];
    lines.push(`${paint('bold', 'hint:')} ${hints.join(' ')}`);
  }
  const { resume } = result;
  if (resume !== null && !(good && options.quiet)) lines.push(`to take it up again: ${plainText(resume)}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** How a run ended, in one line. @param tookMs in milliseconds */
export function endingText(result: ResultFields, tookMs: number): string {
  return GOOD.has(result.outcome) ? successText(result, tookMs) : failureText(result, tookMs);
}

/** `restart of iggy`; `the run` when it is not of one kind. */
export function runName({ action, runtime }: Pick<ResultFields, 'action' | 'runtime'>): string {
  return action === null || runtime === null ? 'the run' : plainText(`${action} of ${runtime}`);
}

const GOOD: ReadonlySet<Outcome> = new Set(['completed', 'accepted', 'dry_run']);

const ENDINGS: Readonly<Record<Outcome, string>> = {
  completed: 'completed',
  accepted: 'accepted',
  dry_run: 'not sent',
  rejected: 'rejected',
  timed_out: 'timed out',
  unconfirmed: 'unconfirmed',
  halted: 'halted by its gate',
  interrupted: 'interrupted',
};

function successText(result: ResultFields, tookMs: number): string {
  const name = runName(result);
  const all = result.nodes.length;
  if (result.outcome === 'dry_run') return `${name} not sent: this was a dry run`;
  if (result.outcome === 'accepted') {
    const request = result.request_id === null ? '' : ` (request ${plainText(result.request_id)})`;
    return `${name} accepted${request}`;
  }
  const done = result.nodes.filter((node) => node.status === 'completed').length;
  return `${name} completed on ${done} of ${count(all, 'node')} in ${formatDuration(tookMs)}`;
}

function failureText(result: ResultFields, tookMs: number): string {
  const ending = `${runName(result)} ${ENDINGS[result.outcome]} after ${formatDuration(tookMs)}`;
  const groups = groupByTrouble(result.nodes);
  if (groups.length === 0 || isRoll(result.nodes)) return ending;
  const all = result.nodes.length;
  const total = isByActivity(result.nodes) ? count(all, 'activity', 'activities') : count(all, 'node');
  const parts = groups.map(({ word, nodes }, index) => {
    const share = index === 0 ? `${nodes.length} of ${total}` : String(nodes.length);
    return `${share} ${word}${nodeList(nodes)}`;
  });
  return `${parts.join('; ')} (${ending})`;
}

interface TroubleGroup {
  word: string;
  nodes: NodeResult[];
}

/** The targets that did not complete, by what became of them: the worst first. */
function groupByTrouble(nodes: readonly NodeResult[]): TroubleGroup[] {
  const groups = new Map<string, NodeResult[]>([
    ['rejected', []],
    [MISSING, []],
  ]);
  for (const node of nodes) {
    if (node.status === 'completed') continue;
    const word = troubleWord(node.status);
    const group = groups.get(word);
    // Added in place: a copy for each of 100,000 nodes takes minutes.
    if (group) group.push(node);
    else groups.set(word, [node]);
  }
  return [...groups].filter(([, members]) => members.length > 0).map(([word, members]) => ({ word, nodes: members }));
}

function troubleWord(status: string | null): string {
  if (status === null) return 'not seen yet';
  if (status === NOT_STARTED) return 'not started';
  return status === 'processing' ? 'still processing' : plainText(status);
}

// A line of hundreds of ids helps nobody; the table has them all.
const NAMED = 10;

/** A target whose entry never came; of one that was counted (`--expect-nodes`) nothing more is known. */
function isAbsentNode({ node_id: node, status }: NodeResult): boolean {
  return node !== null && status === MISSING;
}

const ABSENT_HINT =
  'A missing node has no entry in the log: check its id, and that it is up. One that is slow needs a longer --appear-timeout.';

/** Where the log alone says which nodes there are. */
const LEFT_HINT =
  'If it has left the deployment, the log still names it: trigger with --expect-nodes deployment, or name the nodes.';

/** What was asked for by the ids of activities, and has not been seen, is known by these alone. */
function isByActivity(nodes: readonly NodeResult[]): boolean {
  return nodes.every(({ node_id: node, activity_id: activity }) => node === null && activity !== null);
}

function nodeList(nodes: readonly NodeResult[]): string {
  const ids = nodes.flatMap(({ node_id: node, activity_id: activity }) => {
    if (node !== null) return [String(node)];
    return activity === null ? [] : [`activity ${activity}`];
  });
  return ids.length === 0 ? '' : `: ${shortList(ids)}`;
}

function shortList(texts: readonly string[]): string {
  const rest = texts.length - NAMED;
  return `${texts.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
