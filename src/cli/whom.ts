/*
 * Which nodes an action is about, in words: with one number in question, headline and dry run.
 */

import type { Findings } from '../app/survey.js';
import type { Id } from '../base/ids.js';
import { count, shortList } from '../base/text.js';
import { countMeant, inLog, type Listed } from '../job/census.js';
import { nodeText, shortNodes, type CellView } from '../output/columns.js';
import type { CommandContext } from './context.js';

export interface Meant {
  runtime: string;
  /** Undefined: every node that the log lists, and in a trigger every other one. */
  nodes?: readonly Id[] | undefined;
  /** What is known of the deployment; null where a record of an earlier run is followed. */
  found: Findings | null;
  isRoll: boolean;
  /** Those of the nodes that an earlier run has sent to. */
  sentBefore?: readonly Id[];
}

export interface Whom {
  /** `all 4 nodes`, `node broker-2`, `every node` */
  who: string;
  /** What follows the deployment, as in `…: 3, and …890 too if it runs iggy`. */
  more?: string;
  /** In brackets, as in `3 are in the log; Core counts 4`. */
  notes?: readonly string[];
  /** `4 nodes`; nothing where no number is known. */
  number?: string;
}

type View = Pick<CellView, 'names' | 'isTTY'>;

export function whomOf({ nodes, found, ...meant }: Meant, view: View): Whom {
  if (nodes) {
    const before = (meant.sentBefore ?? []).map((node) => nodeText(node, view));
    const notes =
      before.length > 0 ? [`ldctl does not send it again to ${shortList(before, 3)}`] : [];
    return { ...those(nodes, false, view), notes };
  }
  // Where the log was not read to its end, it does not say how many there are.
  if (!found?.listed.isWhole) return { who: 'every node' };
  return meant.isRoll
    ? whomOfRoll(found, meant.runtime, view)
    : whomOfTrigger(found, meant.runtime, view);
}

const allText = (n: number) => (n === 2 ? 'both nodes' : `all ${n} nodes`);

function those(nodes: readonly Id[], areAll: boolean, view: View): Whom {
  const { length } = nodes;
  const number = count(length, 'node');
  const [only] = nodes;
  const several = areAll ? allText(length) : number;
  return { who: length === 1 ? `node ${nodeText(only, view)}` : several, number };
}

/** Those that were picked from a list: up to three of them are named. */
export function whomPicked(nodes: readonly Id[], listed: readonly Id[], view: View): Whom {
  const number = count(nodes.length, 'node');
  const short = shortNodes(listed, 3);
  const names = nodes.map((node) => short(node, view)).join(', ');
  return { who: nodes.length > 3 ? number : names.replace(/, (?=[^,]*$)/, ' and '), number };
}

/** A trigger leaves nothing out. */
function whomOfTrigger(found: Findings, runtime: string, view: View): Whom {
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
function soMany(found: Findings): Whom {
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
function whomOfRoll(found: Findings, runtime: string, view: View): Whom {
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

interface When {
  /** A question says the rest. */
  isAsked: boolean;
  isDry: boolean;
}

/** `wait`: it ends only when each node has. */
type Meaning = Meant & { wait: boolean };

/**
 * Says where Core's count, the log, and the number that is expected differ, as far as no question
 * does; and beforehand that it will end with 7, where that is known.
 * @returns which nodes it is about
 */
export function sayWhom(context: CommandContext, meant: Meaning, when: When): Whom {
  const view = context.host.output.stderr;
  const { found, nodes } = meant;
  if (found && !nodes) {
    for (const line of warningsOf({ ...meant, found }, when, view)) if (line) context.warn(line);
    const { coreCount, expect = 0, listed } = found;
    const listing = `the log lists ${count(listed.here.length, 'node')}`;
    if (coreCount === null && expect > listed.here.length) {
      context.say(`${listing}; whether there are ${expect} is checked at the end`);
    }
  }
  return whomOf(meant, view);
}

/** What is to be said beforehand, as far as no question does. */
function warningsOf(
  { found, runtime, isRoll, wait }: Meaning & { found: Findings },
  { isAsked, isDry }: When,
  view: View,
) {
  const { listed, countAgain } = found;
  const them = listed.elsewhere.length === 1 ? 'it' : 'them';
  // A run that follows says so itself, once Core had its time.
  const isSilent = countAgain !== null && (isRoll || isDry || !wait);
  const isLeftOut = isRoll && !isAsked && listed.elsewhere.length > 0;
  return [
    isSilent && 'Core did not say how many nodes there are: only the log decides',
    countWarning(found, wait && !isRoll, isAsked),
    isLeftOut && `Left out: ${leftOutText(listed, runtime, view)}. To include ${them}: --node`,
  ];
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
