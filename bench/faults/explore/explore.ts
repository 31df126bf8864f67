import { type Promised, type Violation } from '../checks.js';
import { type Sabotage } from '../sabotage.js';
import { judge } from './judge.js';
import { formatPlan, isWorldFault, kindsAt, type Plan } from './plan.js';
import { play } from './play.js';
import { courseOf, type Exchange } from './played.js';
import { type ExplorerSabotage } from './sabotage.js';
import { SETTINGS, type Setting, type SettingName } from './setting.js';

/** A story in which promises were broken. */
export interface Failing {
  setting: SettingName;
  plan: Plan;
  broken: Violation[];
}

/** What came of all plans of a setting. */
export interface Explored {
  setting: SettingName;
  /** How many stories there were with each number of faults. */
  stories: number[];
  runs: number;
  /** How many stories broke each promise. */
  broken: Map<Promised, number>;
  /** Of each promise, the first story that broke it: none with fewer faults does. */
  first: Map<Promised, Failing>;
}

/**
 * Plays every plan within these bounds and the setting's, those with the fewest faults first. What a run requests up to a fault does not
 * depend on later ones, so a plan is extended by whatever can strike from its last fault on, as seen when it was played.
 * Where two kinds of fault on the wire, at the same exchange and after the same faults, led to the same course (a read
 * that was lost, and one that was cut), only the first is extended.
 *
 * @param mostFaults in one story; a setting may have its own bound
 * @param isEnough stops it early
 */
export async function explore(
  name: SettingName,
  mostFaults: number,
  { sabotage, isEnough = (): boolean => false }: { sabotage?: Sabotage; isEnough?: (sofar: Explored) => boolean } = {},
): Promise<Explored> {
  const setting: Setting = SETTINGS[name];
  const most = Math.min(mostFaults, setting.mostFaults);
  const explored: Explored = { setting: name, stories: [], runs: 0, broken: new Map(), first: new Map() };
  let plans: Plan[] = [[]];
  for (let faults = 0; faults <= most; faults++) {
    explored.stories.push(plans.length);
    const longer: Plan[] = [];
    const courses = new Set<string>();
    for (const plan of plans) {
      const played = await play(setting, plan, sabotage);
      explored.runs += played.chapters.length;
      note(explored, { setting: name, plan, broken: judge(played) });
      if (isEnough(explored)) return explored;
      if (faults === most || isRepeated(plan, courseOf(played), courses)) continue;
      longer.push(...extended(plan, played.exchanges, setting));
    }
    plans = longer;
  }
  return explored;
}

function note({ broken, first }: Explored, failing: Failing): void {
  for (const promise of new Set(failing.broken.map((violation) => violation.promise))) {
    broken.set(promise, (broken.get(promise) ?? 0) + 1);
    if (!first.has(promise)) first.set(promise, failing);
  }
}

/** Whether another plan that differs in the last fault's kind only has had this course. */
function isRepeated(plan: Plan, course: string, courses: Set<string>): boolean {
  const last = plan.at(-1);
  if (!last || isWorldFault(last.kind)) return false;
  const key = `${formatPlan(plan.slice(0, -1))} ${last.at} ${course}`;
  if (courses.has(key)) return true;
  courses.add(key);
  return false;
}

/** The plan with one more fault, at its last or after it. */
function extended(plan: Plan, exchanges: readonly Exchange[], { without, reads }: Setting): Plan[] {
  const last = plan.at(-1);
  const from = last?.at ?? 0;
  return exchanges.slice(from).flatMap(({ place, readsInARow }, offset) => {
    if (readsInARow > reads) return [];
    const kinds = kindsAt(place);
    // One exchange meets one fault of the wire, and then what happens in the world.
    const next = last && offset === 0 ? kinds.slice(kinds.indexOf(last.kind) + 1).filter(isWorldFault) : kinds;
    return next.filter((kind) => !without.includes(kind)).map((kind) => [...plan, { at: from + offset, kind }]);
  });
}

/** The first story in which a client that breaks a rule is found out, with as few faults as any; null when there is none. */
export async function findOut(sabotage: ExplorerSabotage, mostFaults: number): Promise<Failing | null> {
  const { setting, breaks } = sabotage;
  const { first } = await explore(setting, mostFaults, { sabotage, isEnough: ({ broken }) => broken.has(breaks) });
  return first.get(breaks) ?? null;
}
