/*
 * What is said of a run in words: its headline, a line for each event, and how it ended.
 */

import { DOING, isFinal, isUnclear, verbOf, type Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import { ageText, elapsedText, formatDuration, rangeText } from '../base/durations.js';
import {
  isFailedGate,
  MISSING,
  NOT_STARTED,
  OUTCOMES,
  UNCONFIRMED,
  type NodeResult,
  type Outcome,
  type ResultFields,
} from '../base/outcome.js';
import type { JobEvent } from '../job/events.js';
import { capitalized, count, plainText, shellWord, shortList } from '../base/text.js';
import { nodeText, timeText, tookMs } from './columns.js';
import { nextTexts, sentence } from './sentence.js';
import { gateWord, lookOf, progressOf } from './rows.js';
import { type Output, type Sink } from './streams.js';

/** `Restarting iggy`, `Reconfiguring connectors to 7262013455120900033` */
export const doingText = (action: string, runtime: string) =>
  capitalized(actionText(action, runtime, DOING));

/** `restart iggy`, `reconfigure connectors to 7262013455120900033`; or `reconfigure of connectors to …` */
export function actionText(action: string, runtime: string, words?: typeof DOING) {
  const [verb = '', config] = action.split(':');
  return plainText(
    `${words?.get(verb) ?? verb} ${runtime}${config === undefined ? '' : ` to ${config}`}`,
  );
}

/** `2 of 3 nodes`; of a single one, `1 node`. */
export function shareText(n: number, all: number) {
  return n === all && n === 1 ? '1 node' : `${n} of ${count(all, 'node')}`;
}

/** `restart of iggy`; `the actions` when it follows several. */
export function runName({ action, runtime }: Pick<ResultFields, 'action' | 'runtime'>): string {
  return action === null || runtime === null ? 'the actions' : actionText(action, `of ${runtime}`);
}

/**
 * What is wrong with a node, as in `2 of 3 nodes …`; null when it completed and passed its gate.
 */
export function troubleOf({ status, gate }: NodeResult): string | null {
  if (isFailedGate(gate)) {
    const after = gate.timed_out ? ` after ${elapsedText(gate.took_ms)}` : '';
    return `did not pass the gate, which ${gate.cut_off ? 'was ' : ''}${gateWord(gate)}${after}`;
  }
  return lookOf(status).trouble;
}

/** The last start, stop or restart that completed on a node before it rejected an action. */
export interface LastCompleted {
  activity_id: Id;
  action: string;
  finished_at: string | null;
}

/** What a summary says beside the result. */
export interface SummaryFacts {
  /** The flags by which a later command acts on the same deployment, as a shell takes them. */
  flags?: string;
  /** What each node that rejected the action had last completed, since the API gives no reason. */
  lastCompleted?: ReadonlyMap<Id, LastCompleted | null>;
  /** How long it was followed, ms. */
  ranMs?: number;
  /** How long ago an earlier run sent what this one followed, ms. */
  earlierMs?: number;
  /** Of a roll: the flags that say how it goes, as a shell takes them. */
  how?: string;
}

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

/** `, sent by an earlier run 4s ago; nothing was sent now`; after a failure the second half alone. */
function earlierText({ sent, outcome }: ResultFields, { earlierMs }: SummaryFacts) {
  if (sent || earlierMs === undefined || outcome === 'interrupted') return '';
  const ago = `, sent by an earlier run ${elapsedText(earlierMs)} ago`;
  return `${OUTCOMES[outcome] === 'done' ? ago : ''}; nothing was sent now`;
}

/** It cannot be sent again under its key, so neither it nor its deployment can pass any more. */
const isOver = (row: NodeResult) =>
  row.status === 'rejected' || row.status === UNCONFIRMED || isUnclear(row);

/** What is known of why it ended so: of nodes that rejected, are open, or may have left. */
function explanations(sink: Sink, result: ResultFields, facts: SummaryFacts) {
  const { outcome, nodes, resume } = result;
  const lines = rejectionText(sink, result, facts);
  if (outcome === 'halted' && resume !== null) {
    const isLate = nodes.some(({ gate }) => gate?.timed_out);
    const longer = `give the gate longer: ${resume} --gate-timeout DURATION`;
    lines.push(`hint: To ${isLate ? longer : `use another gate: ${resume} --gate CMD`}`);
  }
  if (outcome === 'timed_out' && facts.ranMs !== undefined) {
    const completed = nodes.filter((node) => troubleOf(node) === null);
    const took = completed.flatMap((node) => tookMs(node) ?? []);
    const isSome = took.length > 0 && completed.length < nodes.length;
    const others = isSome ? `; the others took ${rangeText(took)}` : '';
    lines.push(`waited ${formatDuration(facts.ranMs)}${others}`);
  }
  if (resume !== null && isHeldUp(result)) {
    lines.push(`hint: To leave out what hangs: ${commandOfRest(result, facts)}`);
  }
  const forgotten = forgottenNodes(nodes);
  if (forgotten.length > 0) {
    const names = shortList(forgotten.map((node) => nodeText(node, sink)));
    lines.push(
      `hint: The server may have forgotten its key, so ldctl no longer sends it to ${names}. If it did not run there, a new roll can.`,
    );
  }
  return [...lines, ...hintOfMissing(result)];
}

/** Whether a roll leaves nodes unstarted, and has others that a resume follows first. */
function isHeldUp({ outcome, nodes }: ResultFields) {
  const left = nodes.filter(
    (node) => !isFinal(node) && node.status !== null && node.status !== UNCONFIRMED,
  );
  const waits = left.filter(({ status }) => status === NOT_STARTED).length;
  return outcome !== 'interrupted' && waits > 0 && left.length > waits;
}

/** The roll over those of its nodes that it has not started. */
function commandOfRest({ runtime, action, nodes }: ResultFields, { flags, how }: SummaryFacts) {
  const rest = nodes.flatMap((node) => (node.status === NOT_STARTED ? (node.node_id ?? []) : []));
  const words = ['--node', shellWord(rest.join()), how, flags].filter(Boolean);
  return ['ldctl activities roll', runtime, action, ...words].join(' ');
}

/** After a run on every node: why one may be missing, and what to do about it the next time. */
function hintOfMissing({ targets, nodes, runtime, core_count: core }: ResultFields) {
  const isAbsent = ({ status, activity_id: id }: NodeResult) => status === MISSING && id === null;
  if (targets !== 'observed' || !nodes.some(isAbsent)) return [];
  if (nodes.some(isUnknown)) {
    return [
      `hint: If some nodes never run ${runtime ?? 'it'}, name the others next time, with --node.`,
    ];
  }
  const count =
    core === null
      ? 'Add --expect-nodes deployment to compare with the deployment, or name'
      : 'Name';
  return [`hint: The log may still list removed nodes. ${count} nodes with --node.`];
}

/** Of a run on every node, one that is only counted: no entry of it was found. */
const isUnknown = ({ status, node_id: node }: NodeResult) => status === MISSING && node === null;

/** The API gives no reason for a rejection: what the node had last completed, and how to try again. */
function rejectionText(sink: Sink, result: ResultFields, facts: SummaryFacts) {
  const { lastCompleted = new Map<Id, null>() } = facts;
  if (lastCompleted.size === 0) return [];
  const known = [...lastCompleted].flatMap(([node, last]) => (last ? [{ node, ...last }] : []));
  // What is so of several nodes is said once.
  const lines = [...new Set(known.map(({ action }) => action))].map((action) => {
    const same = known.filter((one) => one.action === action);
    const text = lastText(action, same, result.action, sink.now());
    const nodes = shortList(same.map(({ node }) => nodeText(node, sink)));
    const isOfAll = same.length > 1 && same.length === lastCompleted.size;
    return isOfAll ? text : `${nodes}: ${text}`;
  });
  if (lines.length === 0) {
    lines.push("hint: The API and the log give no reason. The node's own log may.");
  }
  if (result.replayed || earlierText(result, facts) !== '') {
    lines.push('hint: To run it again, use another --idempotency-key.');
  }
  return lines;
}

/** `their last completed action was start, 1h to 3h ago, so they may be running already` */
function lastText(
  action: string,
  same: readonly LastCompleted[],
  tried: string | null,
  now: number,
) {
  const times = same.flatMap(({ finished_at: at }) => at ?? []).sort();
  const ages = [times.at(-1), times[0]].flatMap((at) => (at ? ageText(at, now) : []));
  const ago = ages.length === 0 ? '' : `, ${[...new Set(ages)].join(' to ')} ago`;
  const [cause, state] = action === 'stop' ? ['stop', 'stopped'] : ['start', 'running'];
  const [whose, who] = same.length === 1 ? ['its', 'it'] : ['their', 'they'];
  const why = tried === cause ? `, so ${who} may be ${state} already` : '';
  return `${whose} last completed action was ${action}${ago}${why}`;
}

/** Those of a roll whose POST is too old to be sent again. */
const forgottenNodes = (nodes: readonly NodeResult[]) =>
  nodes.flatMap((node) => (node.status === UNCONFIRMED ? (node.node_id ?? []) : []));

/** How many nodes `next:` names: more would be no command to read. */
const MOST_NAMED = 20;

/** What to do about nodes that failed, and how to continue. */
function nextCommands(
  sink: Sink,
  { nodes, runtime, action, resume }: ResultFields,
  { lastCompleted = new Map(), flags = '' }: SummaryFacts,
) {
  const stopped = [...lastCompleted].flatMap(([node, last]) =>
    last?.action === 'stop' ? [nodeText(node, sink)] : [],
  );
  const isFew = stopped.length > 0 && stopped.length <= MOST_NAMED;
  const needStart = isFew && /^re(start|configure)/.test(action ?? '');
  // Where only the id of an activity is known, a list of nodes does not help.
  const isAboutNodes = nodes.some((node) =>
    node.status === MISSING ? node.node_id !== null || node.activity_id === null : isOver(node),
  );
  const commands: string[] = [];
  if (needStart && runtime !== null) {
    const named = shellWord(stopped.join());
    const what = shellWord(runtime);
    commands.push(`ldctl activities trigger ${what} start --node ${named} ${flags}`);
  } else if (isAboutNodes) {
    commands.push(`ldctl nodes list ${flags}`);
  }
  if (resume !== null) commands.push(resume);
  const forgotten = forgottenNodes(nodes);
  if (forgotten.length > 0) {
    const named = shellWord(forgotten.join());
    commands.push(`ldctl activities roll ${runtime} ${action} --node ${named} ${flags}`);
  }
  return commands;
}

/** For support, where it is not known whether the action ran. A roll has a request for each node. */
function keyText(sink: Sink, { outcome, idempotency_key: key, request_id: request }: ResultFields) {
  if (outcome !== 'unconfirmed' || key === null) return '';
  const ofRequest = request === null ? '' : `\nrequest ${request}`;
  return sentence(sink, `idempotency key ${key}${ofRequest}`, 'dim');
}

/** Of the one exit code that an ending does not explain by itself. */
export function codeText(sink: Sink, outcome: Outcome) {
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

function dispatchedText(event: Extract<JobEvent, { event: 'dispatched' }>) {
  const { request_id: id, replayed, recovered, earlier } = event;
  const request = id === null ? '' : ` (request ${id})`;
  if (earlier) {
    return `sent by an earlier run ${elapsedText(earlier.ageMs)} ago; ldctl does not send it again`;
  }
  if (recovered) return `dispatched: the log has its entries${request}`;
  return `dispatched${replayed ? ' before: the answer is a replay' : ''}${request}`;
}

/** The line of an event, the same in every display; null where it has none. */
export function eventText(event: JobEvent, sink: Sink): string | null {
  const of = (node?: Id) => (node === undefined ? '' : `${nodeText(node, sink)} `);
  switch (event.event) {
    case 'baseline': {
      const { baseline, idempotencyKey, expects } = event;
      const expected = expects > 0 ? `, ${count(expects, 'node')}` : '';
      return `idempotency key ${idempotencyKey}, log read up to ${baseline}${expected}`;
    }
    case 'dispatched':
      return of(event.node_id) + dispatchedText(event);
    case 'activity':
      return of(event.activity.node_id) + activityText(event.activity);
    case 'gate':
      return `${of(event.node_id)}gate ${gateWord(event.gate)} (${formatDuration(event.gate.took_ms)})`;
    case 'gate_output':
      return `${of(event.node_id)}gate | ${event.line}`;
    default:
      return null;
  }
}

/** `activity 7261845022003200001 completed (4.8s)` */
function activityText(activity: Activity) {
  const took = isFinal(activity) ? tookMs(activity) : null;
  return `activity ${activity.id} ${activity.status}${took === null ? '' : ` (${formatDuration(took)})`}`;
}

/** The line of an entry in a followed log, with the server's time. @param place of several */
export function changeText(activity: Activity, place?: string) {
  const at = timeText(activity.finished_at ?? activity.created_at, true);
  const { node_id: node, runtime, action } = activity;
  const where = place ? `${place} ` : '';
  return `${at} ${where}${node} ${runtime} ${action}, ${activityText(activity)}`;
}

/** What a run waits for from this event on, as long as it shows no node; null: what it did before. */
export function awaitedText({ event }: JobEvent): string | null {
  return event === 'dispatched' ? 'waiting for the first entry' : null;
}
