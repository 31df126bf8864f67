import { judge } from './judge/index.js';
import type { Choice, Plan } from './choices.js';
import { play, type Listener } from './play.js';
import type { Setting } from './setting.js';

export interface Explored {
  stories: number;
  /** What was broken, and by which faults first: the fewest there are. */
  broken: Map<string, Plan>;
}

interface Options extends Listener {
  /** It ends when this many things are broken. */
  enough?: (broken: ReadonlyMap<string, Plan>) => boolean;
  /** Only one of so many parts, of about the same size: which, from 0. */
  part?: { number: number; of: number };
}

/**
 * Plays the stories of a setting with at most so many faults: the first one is tried at every choice,
 * further ones not amid reads that show the same again and again. Those with fewer faults come first.
 */
export async function explore(
  setting: Setting,
  faults: number,
  { enough = () => false, part = { number: 0, of: 1 }, ...listener }: Options = {},
): Promise<Explored> {
  const broken = new Map<string, Plan>();
  const [first, deeper]: [Plan[], Plan[]] = [[[]], []];
  const next = (): Plan | undefined => first.pop() ?? deeper.pop();
  let stories = 0;
  for (let plan = next(); plan && !enough(broken); plan = next()) {
    const story = await play(setting, plan, faults, listener);
    const isFirst = plan.length === 0;
    stories += isFirst && part.number > 0 ? 0 : 1;
    for (const why of judge(story)) if (!broken.has(why)) broken.set(why, plan);
    const from = (plan.at(-1)?.[0] ?? -1) + 1;
    for (const [at, { options }] of story.choices.entries()) {
      const isOther = isFirst
        ? at % part.of !== part.number
        : isAmidTheSame(story.choices, at, plan.length);
      if (at < from || isOther) continue;
      for (let option = 1; option < options; option++) {
        (isFirst ? first : deeper).push([...plan, [at, option]]);
      }
    }
  }
  return { stories, broken };
}

/** Whether two reads and two waits before and after show nothing new, or, for a third fault, one. */
function isAmidTheSame(choices: readonly Choice[], at: number, faults: number): boolean {
  const near = faults > 1 ? 1 : 4;
  const [before, after] = [choices[at - near], choices[at + near]];
  return before !== undefined && before.changes === after?.changes;
}
