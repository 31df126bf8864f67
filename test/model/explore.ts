import { judge } from './judge.js';
import { play, type MakeJob, type Setting } from './play.js';
import type { Plan } from './world.js';

export interface Explored {
  stories: number;
  /** What was broken, and by which faults first. */
  broken: Map<string, Plan>;
}

interface Options {
  /** Takes each pair of step and fact. */
  seen?: (pair: string) => void;
  /** It ends when so many promises are broken. */
  enough?: number;
  /** Only one of so many parts, of about the same size: which, from 0. */
  part?: { number: number; of: number };
}

/** Plays every story of a setting with at most so many faults. */
export function explore(
  setting: Setting,
  faults: number,
  make: MakeJob,
  { seen = () => undefined, enough = Infinity, part = { number: 0, of: 1 } }: Options = {},
): Explored {
  const broken = new Map<string, Plan>();
  const todo: Plan[] = [[]];
  let stories = 0;
  for (let plan = todo.pop(); plan && broken.size < enough; plan = todo.pop()) {
    const story = play(setting, plan, faults, make, seen);
    stories += plan.length === 0 && part.number > 0 ? 0 : 1;
    const why = judge(setting, story);
    if (why !== null && !broken.has(why)) broken.set(why, plan);
    const from = (plan.at(-1)?.[0] ?? -1) + 1;
    for (let at = from; at < story.choices.length; at++) {
      if (plan.length === 0 && at % part.of !== part.number) continue;
      const options = story.choices[at] ?? 0;
      for (let option = 1; option < options; option++) todo.push([...plan, [at, option]]);
    }
  }
  return { stories, broken };
}
