import { judge } from './judge.js';
import { play, type MakeJob, type Setting } from './play.js';

export interface Explored {
  stories: number;
  /** What was broken, and by which choices first. */
  broken: Map<string, readonly number[]>;
}

/** Plays every story of a setting with at most so many faults. */
export function explore(
  setting: Setting,
  faults: number,
  make: MakeJob,
  { seen = () => undefined, enough = Infinity }: { seen?: (pair: string) => void; enough?: number } = {},
): Explored {
  const broken = new Map<string, readonly number[]>();
  const todo: Array<readonly number[]> = [[]];
  let stories = 0;
  for (let plan = todo.pop(); plan && broken.size < enough; plan = todo.pop()) {
    const story = play(setting, plan, faults, make, seen);
    stories += 1;
    const why = judge(setting, story);
    if (why !== null && !broken.has(why)) broken.set(why, plan);
    for (let at = plan.length; at < story.choices.length; at++) {
      const before = Array.from({ length: at }, (_, index) => plan[index] ?? 0);
      for (let choice = 1; choice < (story.choices[at] ?? 0); choice++) todo.push([...before, choice]);
    }
  }
  return { stories, broken };
}
