import type { Choice, Plan } from './choices.js';
import type { Clause, Excuse } from './judge/clauses.js';
import { judge, type Judged } from './judge/index.js';
import { play, type Listener } from './play.js';
import type { Setting } from './setting.js';

export interface Explored {
  stories: number;
  /** What was broken, and by which faults first: the fewest there are. */
  broken: Map<Clause, Found>;
  /** In how many stories each excuse let something off. */
  excused: Map<Excuse, number>;
  /** By how many exit codes an end might have had: how many ends of processes. */
  allowed: Map<number, number>;
}

export interface Found {
  plan: Plan;
  /** How many faults the story might have had: which ones there are to choose depends on that. */
  faults: number;
}

interface Options extends Listener {
  /** It ends when this many things are broken. */
  enough?: (broken: ReadonlyMap<Clause, Found>) => boolean;
  /** Only one of several parts of about the same size: which, from 0, of how many. */
  part?: { number: number; of: number };
}

/**
 * Plays the stories of a setting, with fewer faults first, up to this many. The first fault is tried
 * at every choice, a further one not amid reads that show the same again and again.
 */
export async function explore(
  setting: Setting,
  faults: number,
  { enough = () => false, part = { number: 0, of: 1 }, ...listener }: Options = {},
): Promise<Explored> {
  const explored: Explored = {
    stories: 0,
    broken: new Map(),
    excused: new Map(),
    allowed: new Map(),
  };
  const [first, deeper]: [Branch[], Branch[]] = [[{ plan: [], isLast: false }], []];
  const next = (): Branch | undefined => first.pop() ?? deeper.pop();
  for (let branch = next(); branch && !enough(explored.broken); branch = next()) {
    const { plan, isLast } = branch;
    const most = isLast ? plan.length : faults;
    const story = await play(setting, plan, most, listener);
    const isFirst = plan.length === 0;
    // The first one is played in each part.
    if (!isFirst || part.number === 0) count(explored, judge(story), { plan, faults: most });
    for (const [nth, after] of [...branchesOf(story.choices, plan)].entries()) {
      if (!isFirst) deeper.push(after);
      else if (nth % part.of === part.number) first.push(after);
    }
  }
  return explored;
}

function count(explored: Explored, { broken, excused, allowed }: Judged, found: Found): void {
  explored.stories += 1;
  for (const clause of broken) {
    if (!explored.broken.has(clause)) explored.broken.set(clause, found);
  }
  for (const excuse of excused) add(explored.excused, excuse);
  for (const codes of allowed) add(explored.allowed, codes);
}

const add = <K>(counts: Map<K, number>, key: K): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

/** The stories with one fault more, after the last one. */
function* branchesOf(choices: readonly Choice[], plan: Plan): Generator<Branch> {
  const isFirst = plan.length === 0;
  for (let at = (plan.at(-1)?.[0] ?? -1) + 1; at < choices.length; at++) {
    const options = choices[at]?.options ?? 0;
    const isLast = isAmidTheSame(choices, at, plan.length);
    if (isLast && !isFirst) continue;
    for (let option = 1; option < options; option++) {
      yield { plan: [...plan, [at, option]], isLast };
    }
  }
}

/** A story to play. */
interface Branch {
  plan: Plan;
  /** Whether its faults are all that it may have. */
  isLast: boolean;
}

/** How many choices before and after one have to show nothing new, by how many faults there are. */
const NEAR = [4, 2, 1];

/** Whether the reads and waits around a choice show the same. */
function isAmidTheSame(choices: readonly Choice[], at: number, faults: number): boolean {
  const near = NEAR[faults] ?? 1;
  const [before, after] = [choices[at - near], choices[at + near]];
  return before !== undefined && before.changes === after?.changes;
}
