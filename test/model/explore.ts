import { judge } from './judge/index.js';
import type { Plan } from './choices.js';
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

/** Plays every story of a setting with at most so many faults. */
export async function explore(
  setting: Setting,
  faults: number,
  { enough = () => false, part = { number: 0, of: 1 }, ...listener }: Options = {},
): Promise<Explored> {
  const broken = new Map<string, Plan>();
  const todo: Plan[] = [[]];
  let stories = 0;
  for (let plan = todo.pop(); plan && !enough(broken); plan = todo.pop()) {
    const story = await play(setting, plan, faults, listener);
    stories += plan.length === 0 && part.number > 0 ? 0 : 1;
    for (const why of judge(story)) {
      const before = broken.get(why);
      if (!before || before.length > plan.length) broken.set(why, plan);
    }
    const from = (plan.at(-1)?.[0] ?? -1) + 1;
    for (let at = from; at < story.choices.length; at++) {
      if (plan.length === 0 && at % part.of !== part.number) continue;
      const options = story.choices[at] ?? 0;
      for (let option = 1; option < options; option++) todo.push([...plan, [at, option]]);
    }
  }
  return { stories, broken };
}
