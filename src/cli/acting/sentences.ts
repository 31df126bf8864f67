/*
 * What is said of an order, each a function of it: which nodes are meant, with one number in the
 * question, the headline and a dry run; what is to be known beforehand; and the command that does it
 * again. test/parts/cli/sentences.test.ts has a row for each kind of order.
 */

import { doneText, newestOfEach, verbOf } from '../../base/activity.js';
import { ageText, elapsedText } from '../../base/durations.js';
import type { Id } from '../../base/ids.js';
import { capitalized, count, plainText, shortList } from '../../base/text.js';
import { listedFor, type Draft, type HowOfRoll, type Order } from '../../app/order.js';
import type { OpenDeployment } from '../../app/open.js';
import type { Findings } from '../../app/survey.js';
import { hintOfEnd } from '../../config/node-names.js';
import { deploymentText } from '../../config/structure.js';
import { trackNodes } from '../../log/nodes.js';
import { oddStatus } from '../../job/busy.js';
import { countMeant, inLog, type Listed } from '../../job/census.js';
import { nodeText, shortNodes, type CellView } from '../../output/columns.js';
import { actionText, doingText } from '../../output/run-words.js';

/** How nodes are written; `now` is the clock of this machine, ms. */
export type View = Pick<CellView, 'names' | 'isTTY' | 'now'>;

/** All of an order but where it is done. */
type Said = Omit<Order, 'deployment'>;

/** Which nodes, in words. */
interface Who {
  /** `all 4 nodes`, `node broker-2`, `every node` */
  who: string;
  /** What follows the deployment, as in `…: 3, and …890 too if it runs iggy`. */
  more?: string;
  /** In brackets, as in `3 are in the log; Core counts 4`. */
  notes?: readonly string[];
  /** `4 nodes`; nothing where no number is known. */
  number?: string;
}

/** `platform/production/orders (profile prod)` */
export const whereText = ({ ref, profile }: Pick<OpenDeployment, 'ref' | 'profile'>) =>
  `${deploymentText(ref)}${profile === null ? '' : ` (profile ${profile})`}`;

/** `restart iggy, one node at a time,` */
export function whatText(draft: Draft & { found?: Findings | null }) {
  const { runtime, action, how } = draft;
  const what = actionText(action, runtime);
  return how.is === 'trigger'
    ? what
    : `${what}, ${paceText(draft, how.maxUnavailable, 'one node')},`;
}

/** `2 at a time`; where that is as many as there are, `all at once`. @param one what 1 is called */
export function paceText(
  { whom, found }: Draft & { found?: Findings | null },
  most: HowOfRoll['maxUnavailable'],
  one: string,
) {
  const { length } = whom.nodes ?? found?.listed.here ?? [];
  if (typeof most === 'number' && length > 1 && most >= length) return 'all at once';
  return `${most === 1 ? one : most} at a time`;
}

/** `Restarting iggy on platform/production/orders: 3 nodes` */
export function headlineText(order: Said, place: string, view: View) {
  const { number = '' } = whoOf(order, view);
  return `${doingText(order.action, order.runtime)} on ${place}${number && `: ${number}`}`;
}

/** `Restart iggy on all 3 nodes of …`, in `aside` what is known of them, or '', and the answers. */
export function questionOf(order: Said, place: string, view: View) {
  const { whom, found, action } = order;
  const { who, more = '', notes = [], number = who } = whoOf(order, view);
  const busy = busyText(found, view);
  const stopped = stoppedText(order, view);
  const busyNodes = new Set(found?.busy.map(({ node_id: node }) => node)).size;
  const note = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  const all = whom.by !== 'log' && whom.nodes && whom.nodes.length > 1 ? number : who;
  const them = busyNodes === 1 ? 'it' : `the ${busyNodes}`;
  return {
    text: `${capitalized(whatText(order))} on ${who} of ${place}${more}`,
    aside: [note, busy && ` ${capitalized(busy)}.`, stopped && ` ${stopped}.`].join(''),
    yes: `yes, ${all}`,
    wait: `wait for ${them} to finish, then ${verbOf(action)} ${all}`,
    isBusy: busy !== '',
  };
}

/** `all 3 nodes of platform/production/orders`, as a dry run has it. */
export function dryRunText(order: Said, place: string, view: View) {
  const { whom } = order;
  // It lists all of them.
  const { who, more = '' } =
    whom.by === 'list' ? those(whom.nodes, false, view) : whoOf(order, view);
  return `${who} of ${place}${more}`;
}

/** `this would restart iggy on every node of sandbox`, where nothing has been looked at yet. */
export function wouldText(draft: Draft, place: string | null) {
  const { nodes } = draft.whom;
  const whom = nodes ? count(nodes.length, 'node') : 'every node';
  return `this would ${whatText(draft)} on ${whom}${place === null ? '' : ` of ${place}`}`;
}

function whoOf(order: Said, view: View): Who {
  const { whom, found, sentBefore } = order;
  if (whom.by === 'list') return picked(whom.nodes, [...listedFor(order), ...whom.nodes], view);
  if (whom.by === 'name' || whom.by === 'record') {
    const before = sentBefore.map((node) => nodeText(node, view));
    const notes =
      before.length > 0 ? [`ldctl does not send it again to ${shortList(before, 3)}`] : [];
    return { ...those(whom.nodes, false, view), notes };
  }
  // Where the log was not read to its end, it does not say how many there are.
  if (!found?.listed.isWhole) return { who: 'every node' };
  const { runtime, how } = order;
  return how.is === 'roll' ? ofRoll(found, runtime, view) : ofTrigger(found, runtime, view);
}

const allText = (n: number) => (n === 2 ? 'both nodes' : `all ${n} nodes`);

function those(nodes: readonly Id[], areAll: boolean, view: View): Who {
  const { length } = nodes;
  const number = count(length, 'node');
  const [only] = nodes;
  const several = areAll ? allText(length) : number;
  return { who: length === 1 ? `node ${nodeText(only, view)}` : several, number };
}

/** Those that were picked from a list: up to 20 are named, then the first and the last. */
function picked(nodes: readonly Id[], listed: readonly Id[], view: View): Who {
  const number = count(nodes.length, 'node');
  const short = shortNodes(listed, 3);
  const names = nodes.map((node) => short(node, view));
  const who =
    nodes.length > 20
      ? `${number} (${names[0]} … ${names.at(-1)})`
      : names.join(', ').replace(/, (?=[^,]*$)/, ' and ');
  return { who, number };
}

/** A trigger leaves nothing out. */
function ofTrigger(found: Findings, runtime: string, view: View): Who {
  const { listed, coreCount, expect } = found;
  const { here, elsewhere } = listed;
  if (expect !== undefined || (coreCount ?? 0) > inLog(listed)) return soMany(found);
  if (here.length === 0) {
    const a = /^[aeiou]/.test(runtime) ? 'an' : 'a';
    return { who: 'every node', notes: [`none has ${a} ${runtime} entry in the last 30 days`] };
  }
  const run = elsewhere.length === 1 ? 'it runs' : 'they run';
  const others = `${shortText(listed, view)} too if ${run} ${runtime}`;
  if (coreCount !== null && coreCount < here.length) {
    const who = `${coreCount} of the ${here.length} nodes in the log`;
    const notes = [...countNotes(found), ...(elsewhere.length > 0 ? [others] : [])];
    return { who, notes, number: who };
  }
  const all = those(here, true, view);
  const notes = found.countAgain ? ['Core has not said how many there are'] : [];
  if (elsewhere.length === 0) return { ...all, notes };
  const number = `${all.number}, and ${others}`;
  return { who: 'every node', more: `: ${here.length}, and ${others}`, number, notes };
}

/** As many as are expected, or as Core counts. */
function soMany(found: Findings): Who {
  const { listed, coreCount } = found;
  const number = countMeant(found);
  const known = inLog(listed);
  const inLogText = `${['none is', '1 is'][known] ?? `${known} are`} in the log`;
  const isSame = known === number && (coreCount ?? number) === number;
  return {
    who: number === 1 ? '1 node' : allText(number),
    notes: isSame ? [] : [inLogText, ...(coreCount === null ? [] : [`Core counts ${coreCount}`])],
    number: count(number, 'node'),
  };
}

/** A roll acts on those that are listed for its runtime, and no others. */
function ofRoll(found: Findings, runtime: string, view: View): Who {
  const { listed, coreCount } = found;
  const { here, elsewhere } = listed;
  const isAll = elsewhere.length === 0 && coreCount === here.length;
  const not = elsewhere.length > 0 ? [`not on ${leftOutText(listed, runtime, view)}`] : [];
  return { ...those(here, isAll, view), notes: [...not, ...countNotes(found)] };
}

/** Core's number, where it is not that of the nodes listed for the runtime. */
function countNotes({ listed: { here }, coreCount }: Findings) {
  if (coreCount === null || coreCount === here.length) return [];
  const counts = `Core counts ${coreCount}`;
  return coreCount < here.length ? [counts, goneText(here.length - coreCount)] : [counts];
}

/** What says the rest: a question, or a dry run. */
interface When {
  isAsked: boolean;
  isDry: boolean;
}

/** Where Core's count, the log and the number that is expected differ, as far as no question does. */
export function warningsOf(order: Said, when: When, view: View): string[] {
  const stopped = when.isAsked || when.isDry ? '' : stoppedText(order, view);
  return [...countWarnings(order, when, view), ...(stopped ? [stopped] : [])];
}

function countWarnings(order: Said, { isAsked, isDry }: When, view: View): string[] {
  const { whom, how, found, runtime } = order;
  if (!found || (whom.by !== 'all' && whom.by !== 'log')) return [];
  const { listed, countAgain } = found;
  const them = listed.elsewhere.length === 1 ? 'it' : 'them';
  const waits = how.is === 'trigger' && how.wait;
  const isLeftOut = how.is === 'roll' && !isAsked && listed.elsewhere.length > 0;
  const lines = [
    // A run that follows says so itself, once Core had its time.
    countAgain !== null &&
      (isDry || !waits) &&
      'Core did not say how many nodes there are: only the log decides',
    countWarning(found, waits, isAsked),
    isLeftOut && `Left out: ${leftOutText(listed, runtime, view)}. To include ${them}: --node`,
  ];
  return lines.flatMap((line) => line || []);
}

/** What is checked once it has run, as far as that is known beforehand; null for nothing. */
export function checkedLater({ whom, found }: Said) {
  const { coreCount = 0, expect = 0, listed } = found ?? {};
  if (whom.by !== 'all' || coreCount !== null || !listed || expect <= listed.here.length) {
    return null;
  }
  const listing = `the log lists ${count(listed.here.length, 'node')}`;
  return `${listing}; whether there are ${expect} is checked at the end`;
}

/** Of a trigger on every node where the log lists none: how to name them instead; else null. */
export const onIdsText = ({ whom, found }: Said) =>
  whom.by === 'all' && found?.listed.isWhole && inLog(found.listed) === 0
    ? 'hint: All nodes act at once. To name some with --node: the LaserData console shows their ids.'
    : null;

/** Of nodes that are named, and that the log does not list. */
export function unlistedTexts(order: Said): string[] {
  const { whom, found } = order;
  const listed = listedFor(order);
  const unlisted = found ? (whom.nodes?.filter((one) => !listed.includes(one)) ?? []) : [];
  return unlisted.map((node) => {
    const advice = hintOfEnd(node, listed) ?? 'check its id with `ldctl nodes list`';
    return `the log does not list node ${node}: ${advice}`;
  });
}

/** @param ends whether too few nodes end it with 7 @param isSaid whether a question says the rest */
function countWarning({ listed, coreCount }: Findings, ends: boolean, isSaid: boolean) {
  if (coreCount === null) return null;
  const known = inLog(listed);
  const { length } = listed.here;
  if (coreCount > known && (ends || !isSaid)) {
    const more = count(coreCount - known, known > 0 ? 'more node' : 'node');
    const end = ends ? `. This ends with 7 unless the log shows ${more}` : '';
    return numbersText(coreCount, known) + end;
  }
  const isGone = coreCount < length && listed.isWhole && !isSaid;
  return isGone && `${numbersText(coreCount, length)}: ${goneText(length - coreCount)}`;
}

const numbersText = (coreCount: number, listed: number) =>
  `Core counts ${count(coreCount, 'node')}; the log of the last 30 days lists ${listed || 'none'}`;

/** `…890, which has no iggy entry in the last 30 days` */
function leftOutText(listed: Listed, runtime: string, view: View) {
  const have = listed.elsewhere.length === 1 ? 'has' : 'have';
  return `${shortText(listed, view)}, which ${have} no ${runtime} entry in the last 30 days`;
}

/** `one may be gone` */
const goneText = (n: number) => `${n === 1 ? 'one' : n} may be gone`;

/** Those of other runtimes: at a terminal by names or the ends of their ids, else by whole ids. */
function shortText({ here, elsewhere }: Listed, view: View) {
  const short = shortNodes([...here, ...elsewhere], 3);
  const texts = elsewhere.map((node) => (view.isTTY ? short(node, view) : String(node)));
  return shortList(texts, 3);
}

/** `broker-2 is stopped (6m ago): it may reject it`; '' where none is, or that is no reason to. */
export function stoppedText(order: Said, view: View) {
  const stopped = stoppedNodes(order, view);
  if (stopped.length === 0) return '';
  const names = stopped.map(({ node, ago }) => `${nodeText(node, view)} is stopped (${ago})`);
  return plainText(
    `${shortList(names, MOST_BUSY)}: ${names.length === 1 ? 'it' : 'they'} may reject it`,
  );
}

/**
 * Those of its nodes whose last completed start, stop or restart was a stop, where that is a reason
 * to reject the action; by what was read anyway.
 */
export function stoppedNodes(order: Said, view: View) {
  const { action, runtime, found } = order;
  if (!found || !/^re(start|configure)/.test(action)) return [];
  const meant = order.whom.nodes ?? listedFor(order);
  const tracked = trackNodes();
  tracked.add(found.entries);
  return tracked.states().flatMap(({ node_id: node, runtimes: { [runtime]: state } }) => {
    const isStopped = state?.state === 'stopped' && state.status !== 'processing';
    if (!isStopped || !meant.includes(node)) return [];
    const ago = state.since ? `${ageText(state.since, found.serverTime ?? view.now)} ago` : '';
    return [{ node, ago }];
  });
}

/** How many busy nodes a question lists. */
const MOST_BUSY = 3;

/** `node 7 is being restarted (3s)`; '' where none is busy. */
export function busyText(found: Findings | null, view: View) {
  if (!found) return '';
  const texts = [...newestOfEach(found.busy).values()].map((entry) => {
    const { node_id: node, action, created_at: at } = entry;
    const age = (found.serverTime ?? view.now) - Date.parse(at);
    const done = doneText(verbOf(action));
    const being = done === undefined ? `busy with ${action}` : `being ${done}`;
    const took = Number.isNaN(age) ? '' : ` (${elapsedText(age)}${oddStatus(entry)})`;
    return `node ${nodeText(node, view)} is ${being}${took}`;
  });
  return plainText(shortList(texts, MOST_BUSY));
}
