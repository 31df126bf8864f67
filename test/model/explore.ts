import { judge } from './judge/index.js';
import type { Choice, Plan } from './choices.js';
import { play, type Listener } from './play.js';
import type { Setting } from './setting.js';

export interface Explored {
  stories: number;
  /** What was broken, and by which faults first: the fewest there are. */
  broken: Map<string, Found>;
}

export interface Found {
  plan: Plan;
  /** How many faults the story might have had: which ones there are to choose depends on that. */
  faults: number;
}

interface Options extends Listener {
  /** It ends when this many things are broken. */
  enough?: (broken: ReadonlyMap<string, Found>) => boolean;
  /** Only one of so many parts, of about the same size: which, from 0. */
  part?: { number: number; of: number };
}

/**
 * Plays the stories of a setting with at most so many faults. The first one is tried at every choice;
 * amid reads that show the same again and again it is the only one, and no further one is tried
 * there. Stories with fewer faults come first.
 */
export async function explore(
  setting: Setting,
  faults: number,
  { enough = () => false, part = { number: 0, of: 1 }, ...listener }: Options = {},
): Promise<Explored> {
  const broken = new Map<string, Found>();
  const [first, deeper]: [Branch[], Branch[]] = [[{ plan: [], isLast: false }], []];
  const next = (): Branch | undefined => first.pop() ?? deeper.pop();
  let stories = 0;
  for (let branch = next(); branch && !enough(broken); branch = next()) {
    const { plan, isLast } = branch;
    const most = isLast ? plan.length : faults;
    const story = await play(setting, plan, most, listener);
    const isFirst = plan.length === 0;
    stories += isFirst && part.number > 0 ? 0 : 1;
    for (const why of judge(story)) if (!broken.has(why)) broken.set(why, { plan, faults: most });
    const from = (plan.at(-1)?.[0] ?? -1) + 1;
    for (const [at, { options }] of story.choices.entries()) {
      if (at < from || (isFirst && at % part.of !== part.number)) continue;
      const isSame = isAmidTheSame(story.choices, at, plan.length);
      if (isSame && !isFirst) continue;
      for (let option = 1; option < options; option++) {
        (isFirst ? first : deeper).push({ plan: [...plan, [at, option]], isLast: isSame });
      }
    }
  }
  return { stories, broken };
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
