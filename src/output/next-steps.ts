/*
 * Why a run did not end well, as far as that is known, and the commands that come next.
 */

import { isFinal, isUnclear } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { ageText, elapsedText, formatDuration, rangeText } from '../base/durations.js';
import {
  MISSING,
  NOT_STARTED,
  OUTCOMES,
  UNCONFIRMED,
  type NodeResult,
  type ResultFields,
} from '../base/outcome.js';
import { shellWord, shortList } from '../base/text.js';
import { nodeText, tookMs } from './columns.js';
import type { Sink } from './streams.js';
import { troubleOf } from './run-words.js';

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

/** `, sent by an earlier run 4s ago; nothing was sent now`; after a failure the second half alone. */
export function earlierText({ sent, outcome }: ResultFields, { earlierMs }: SummaryFacts) {
  if (sent || earlierMs === undefined || outcome === 'interrupted') return '';
  const ago = `, sent by an earlier run ${elapsedText(earlierMs)} ago`;
  return `${OUTCOMES[outcome] === 'done' ? ago : ''}; nothing was sent now`;
}

/** It cannot be sent again under its key, so neither it nor its deployment can pass any more. */
const isSpent = (row: NodeResult) =>
  row.status === 'rejected' || row.status === UNCONFIRMED || isUnclear(row);

/** What is known of why it ended so: of nodes that rejected, are open, or may have left. */
export function explanations(sink: Sink, result: ResultFields, facts: SummaryFacts) {
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
export const isUnknown = ({ status, node_id: node }: NodeResult) =>
  status === MISSING && node === null;

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
  lines.push(
    "hint: The API gives no reason. The node's log may: LaserData console, or laser deployment logs",
  );
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
export function nextCommands(
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
    node.status === MISSING ? node.node_id !== null || node.activity_id === null : isSpent(node),
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
