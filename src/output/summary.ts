/*
 * How a run ended, in a sentence.
 */

import { verbOf } from '../base/activity.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import { formatDuration } from '../base/durations.js';
import {
  MISSING,
  NOT_STARTED,
  OUTCOMES,
  type NodeResult,
  type Outcome,
  type ResultFields,
} from '../base/outcome.js';
import { count, shortList } from '../base/text.js';
import { nodeText } from './columns.js';
import { nextTexts, sentence } from './sentence.js';
import { lookOf, progressOf } from './rows.js';
import type { Output, Sink } from './streams.js';
import { shareText, runName, troubleOf } from './run-words.js';
import {
  earlierText,
  explanations,
  nextCommands,
  isUnknown,
  type SummaryFacts,
} from './next-steps.js';

/**
 * How a run ended, in a sentence, and what is known of why; then, on lines that can be copied, the
 * commands that come next.
 */
export function summaryText(output: Output, result: ResultFields, facts: SummaryFacts) {
  const { stderr: sink, options } = output;
  const isGood = OUTCOMES[result.outcome] === 'done';
  const earlier = earlierText(result, facts);
  // Who counts on a restart has to hear that there was none.
  if (isGood && options.quiet && earlier === '') return '';
  const text = endingOf(result, sink, facts) + earlier;
  const rest = isGood
    ? nextTexts(sink, [result.resume ?? []].flat())
    : troubleTexts(sink, result, facts);
  return sentence(sink, text) + rest.join('');
}

/** What is known of why it did not end well, what comes next, and what support asks for. */
function troubleTexts(sink: Sink, result: ResultFields, facts: SummaryFacts) {
  return [
    ...explanations(sink, result, facts).map((line) => sentence(sink, line)),
    ...nextTexts(sink, nextCommands(sink, result, facts)),
    keyText(sink, result),
    codeText(sink, result.outcome),
  ];
}

/** For support, where it is not known whether the action ran. A roll has a request for each node. */
function keyText(sink: Sink, { outcome, idempotency_key: key, request_id: request }: ResultFields) {
  if (outcome !== 'unconfirmed' || key === null) return '';
  const ofRequest = request === null ? '' : `\nrequest ${request}`;
  return sentence(sink, `idempotency key ${key}${ofRequest}`, 'dim');
}

/** Of the one exit code that an ending does not explain by itself. */
function codeText(sink: Sink, outcome: Outcome) {
  const { code, ci } = EXIT_CODES.unconfirmed;
  if (outcome !== 'unconfirmed') return '';
  return sentence(sink, `exit code ${code}: ${ci} (ldctl help exit-codes)`, 'dim');
}

function endingOf(result: ResultFields, sink: Sink, facts: SummaryFacts) {
  const { outcome, nodes, targets } = result;
  const name = runName(result);
  const done = nodes.filter(({ status }) => status === 'completed');
  if (outcome === 'completed') {
    const share = shareText(countNodes(done), countNodes(nodes));
    return `✓ ${name} completed on ${share}${timeOf(result, facts)}`;
  }
  if (outcome === 'accepted') return `✓ ${name} accepted`;
  if (outcome === 'interrupted') return stoppedText(result, sink);
  const isAllDone = done.length > 0 && done.length === nodes.length;
  if (isAllDone && outcome === 'unconfirmed' && targets === 'expected') {
    return `✗ ${name} completed on ${count(done.length, 'node')}, more than were expected`;
  }
  const late = nodes.length > 0 ? 'timed out; more entries may still come' : 'timed out';
  const unknown = outcome === 'timed_out' ? late : 'the outcome is unknown';
  return `✗ ${name}: ${troublesOfAll(result, sink) || unknown}`;
}

/** A wait may follow several activities of one node. */
const countNodes = (nodes: readonly NodeResult[]) =>
  new Set(nodes.map(({ node_id: node }, at) => node ?? at)).size;

/** ` in 4.1s`: how long it was followed, which is how long it took if this run has sent all of it. */
function timeOf({ sent, replayed }: ResultFields, { ranMs, earlierMs }: SummaryFacts) {
  const isOwn = sent && !replayed && earlierMs === undefined && ranMs !== undefined;
  return isOwn ? ` in ${formatDuration(ranMs)}` : '';
}

/** Of nodes that are lacking by Core's count, only their number is known. */
function troublesOfAll({ nodes, targets, core_count: core }: ResultFields, sink: Sink) {
  if (targets !== 'observed' || !nodes.some(isUnknown)) return troublesOf(nodes, sink);
  const acted = nodes.filter(({ activity_id: activity }) => activity !== null).length;
  const have = acted > 1 ? `${acted} have` : `${acted || 'none'} has`;
  const share = `Core counts ${count(core ?? 0, 'node')}, and ${have} an entry in the log`;
  const known = nodes.filter((node) => !isUnknown(node));
  return [troublesOf(known, sink), share].filter(Boolean).join('; ');
}

/** `Stopped watching; the restart continues.`, unless all that was started had ended. */
function stoppedText(result: ResultFields, sink: Sink) {
  const { nodes, action, replayed } = result;
  const started = nodes.filter(({ status }) => status !== NOT_STARTED);
  const open = started.filter((node) => progressOf(node) === 'open');
  if (nodes.length > 0 && open.length === 0) {
    const isRoll = nodes.some(({ gate }) => gate !== undefined);
    const when = isRoll ? 'before its last gate had passed' : 'when every node seen had completed';
    return `Stopped: ${runName(result)}, ${troublesOf(nodes, sink) || when}`;
  }
  const what = action === null ? 'what it follows' : `the ${verbOf(action)}`;
  const left = nodes.length - started.length;
  const rest = left === 0 ? '' : ` ${count(left, 'node was', 'nodes were')} not started.`;
  // Neither an entry nor an answer has shown that it was accepted: it may never have left.
  const isUnknown = replayed === null && open.every(({ activity_id: id }) => id === null);
  return `Stopped watching; ${isUnknown ? `whether ${what} runs is not known` : `${what} continues`}.${rest}`;
}

/** `1 of 3 nodes rejected it (610…); 1 not started` */
function troublesOf(nodes: readonly NodeResult[], sink: Sink) {
  const troubles = nodes.map(troubleOf);
  // Rejected and missing nodes come first, the others as they are found.
  const kinds = new Set([lookOf('rejected').trouble, lookOf(MISSING).trouble, ...troubles]);
  const groups = [...kinds].flatMap((words) => {
    const group = nodes.filter((_, at) => words && troubles[at] === words);
    const known = group.flatMap(({ node_id: node, activity_id: activity, status }) => {
      if (status === NOT_STARTED) return [];
      if (node !== null) return nodeText(node, sink);
      return activity === null ? [] : `activity ${activity}`;
    });
    const which = known.length === 0 ? '' : ` (${shortList([...new Set(known)])})`;
    return group.length === 0 ? [] : [{ size: countNodes(group), text: `${words}${which}` }];
  });
  const share = (size: number, index: number) =>
    index === 0 ? shareText(size, countNodes(nodes)) : size;
  return groups.map(({ size, text }, index) => `${share(size, index)} ${text}`).join('; ');
}
