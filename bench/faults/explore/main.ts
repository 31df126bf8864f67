import { inspect } from 'node:util';
import { PROMISES } from '../checks.js';
import { findOut } from './explore.js';
import { judge } from './judge.js';
import { formatPlan, parsePlan } from './plan.js';
import { play } from './play.js';
import { exploreApart, type Summary } from './processes.js';
import { EXPLORER_SABOTAGES, type ExplorerSabotage } from './sabotage.js';
import { SETTINGS, type SettingName } from './setting.js';

/** Explores settings, and says what came of it. @returns whether all promises were kept */
export async function exploreAll(names: readonly SettingName[], faults: number): Promise<boolean> {
  const began = performance.now();
  const summaries = await exploreApart(names, faults, show);
  const stories = sum(summaries.flatMap((summary) => summary.stories));
  const runs = sum(summaries.map((summary) => summary.runs));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const broken = summaries.flatMap((summary) => summary.broken);
  console.log(`${stories} stories of up to ${faults} faults, ${runs} runs, in ${seconds} s`);
  for (const [name, what] of Object.entries(PROMISES)) {
    const count = sum(broken.filter(({ promise }) => promise === name).map((found) => found.stories));
    console.log(`${String(count).padStart(6)}  ${what}`);
  }
  return broken.length === 0;
}

/** Lets clients break a rule on purpose. @param name one of them, or "all" @returns whether each was found out */
export async function breakExplored(name: string, faults: number): Promise<boolean> {
  let allFound = true;
  for (const [known, sabotage] of sabotagesOf(name)) {
    const found = await findOut(sabotage, faults);
    allFound &&= found !== null;
    const how = found
      ? `found by --setting ${sabotage.setting} --plan "${formatPlan(found.plan)}"`
      : `not found with ${faults} faults`;
    console.log(`${known}: ${how} (${PROMISES[sabotage.breaks]})`);
  }
  return allFound;
}

/** Tells the story of one plan in full. @returns whether every promise was kept */
export async function tellPlan(name: SettingName, text: string, breaking: string | undefined): Promise<boolean> {
  const sabotage = breaking === undefined ? undefined : sabotagesOf(breaking)[0]?.[1];
  const played = await play(SETTINGS[name], parsePlan(text), sabotage);
  for (const [index, { place, run, atMs }] of played.exchanges.entries()) {
    console.log(`${String(index).padStart(3)}  ${(atMs / 1000).toFixed(2)} s  run ${run}  ${place}`);
  }
  console.log(inspect({ own: played.own, rivals: played.rivals }, { depth: null }));
  for (const { end } of played.chapters) console.log(inspect(end, { depth: null }));
  const broken = judge(played);
  console.log(broken.length > 0 ? broken : 'every promise was kept');
  return broken.length === 0;
}

/** @param name null for all @throws Error for one that there is not */
export function settingsOf(name: string | null): SettingName[] {
  const all = Object.keys(SETTINGS) as SettingName[];
  const names = all.filter((known) => name === null || known === name);
  if (names.length === 0) throw new Error(`--setting ${name}: one of ${all.join(', ')}`);
  return names;
}

function sabotagesOf(name: string): Array<[name: string, sabotage: ExplorerSabotage]> {
  const all = Object.entries(EXPLORER_SABOTAGES);
  const chosen = all.filter(([known]) => name === 'all' || known === name);
  if (chosen.length === 0)
    throw new Error(`--break ${name}: one of ${Object.keys(EXPLORER_SABOTAGES).join(', ')}, or all`);
  return chosen;
}

function show({ setting, stories, runs, broken }: Summary): void {
  console.log(`${setting}: ${stories.map((count, faults) => `${faults} faults ×${count}`).join(', ')}; ${runs} runs`);
  for (const { promise, stories: count, first } of broken) {
    console.log(`  ${PROMISES[promise]} ×${count}, first by --setting ${setting} --plan "${first}"`);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
