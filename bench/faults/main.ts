import { inspect, parseArgs } from 'node:util';
import { firstFound, runSeeds, type Tally } from './bench.js';
import { PROMISES, violations } from './checks.js';
import { SABOTAGES, type SabotageName } from './sabotage.js';
import { scenarioOf } from './draw-scenario.js';
import { breakExplored, exploreAll, settingsOf, tellPlan } from './explore/main.js';
import { EXPLORER_SABOTAGES } from './explore/sabotage.js';
import { SETTINGS } from './explore/setting.js';
import { tell } from './story.js';

const USAGE = `The fault bench: stories of a trigger on a bad day, in virtual time; drawn by seeds, or all there are.

  --seeds N      how many stories, from seed 1 on (default 500)
  --seed N       tell this one story in full
  --break NAME   break a rule on purpose, and say how many seeds it takes to find it; "all" for each:
                 ${Object.keys(SABOTAGES).join(', ')}
  --explore      play every combination of faults at every request of a trigger, instead of drawing them
  --faults N     how many at once (default 3)
  --setting NAME in this setting only: ${Object.keys(SETTINGS).join(', ')}
  --break NAME   break a rule on purpose, and say which faults find it; "all" for each:
                 ${Object.keys(EXPLORER_SABOTAGES).join(', ')}
  --plan PLAN    tell this one story in full, such as --setting named --plan "2:lost-after 4:kill"
`;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '500' },
      seed: { type: 'string' },
      break: { type: 'string' },
      explore: { type: 'boolean' },
      faults: { type: 'string', default: '3' },
      setting: { type: 'string' },
      plan: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  if (values.plan !== undefined)
    return tellPlan(settingsOf(values.setting ?? 'named')[0] ?? 'named', values.plan, values.break);
  if (values.explore) {
    const faults = count(values.faults);
    return values.break === undefined
      ? exploreAll(settingsOf(values.setting ?? null), faults)
      : breakExplored(values.break, faults);
  }
  const names = sabotagesOf(values.break);
  if (values.seed !== undefined) return tellOne(count(values.seed), names[0]);
  const seeds = count(values.seeds);
  return names.length > 0 ? breakRules(names, seeds) : keepRules(seeds);
}

async function keepRules(seeds: number): Promise<boolean> {
  const began = performance.now();
  const tally = await runSeeds(seeds);
  console.log(`${seeds} seeds in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  for (const line of figures(tally)) console.log(line);
  if (!tally.firstFailing) return true;
  const { seed, broken } = tally.firstFailing;
  console.log(`first failing seed: ${seed} (${broken.map(({ what }) => what).join('; ')}); again with --seed ${seed}`);
  return false;
}

function figures({ exits, sums, broken }: Tally): string[] {
  const byCode = [...exits].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return [
    `how the runs ended: ${byCode.map(([code, times]) => `${code} ×${times}`).join(', ')}`,
    Object.entries(sums)
      .map(([what, number]) => `${what} ${number}`)
      .join(', '),
    ...Object.entries(PROMISES).map(
      ([name, what]) => `${String(broken.get(name as keyof typeof PROMISES) ?? 0).padStart(4)}  ${what}`,
    ),
  ];
}

async function breakRules(names: readonly SabotageName[], seeds: number): Promise<boolean> {
  let allFound = true;
  for (const name of names) {
    const found = await firstFound(seeds, SABOTAGES[name]);
    allFound &&= found !== null;
    console.log(
      found
        ? `${name}: found at seed ${found.seed} (${found.broken.map(({ what }) => what).join('; ')})`
        : `${name}: not found in ${seeds} seeds`,
    );
  }
  return allFound;
}

async function tellOne(seed: number, name: SabotageName | undefined): Promise<boolean> {
  const story = await tell(scenarioOf(seed), name && SABOTAGES[name]);
  console.log(inspect(story.scenario, { depth: null }));
  for (const line of story.trail) console.log(line);
  console.log(inspect(story.own, { depth: null }));
  for (const { command, end } of story.chapters) console.log(command, inspect(end, { depth: null }));
  const broken = violations(story);
  console.log(broken.length > 0 ? broken : 'every promise was kept');
  return broken.length === 0;
}

function sabotagesOf(name: string | undefined): SabotageName[] {
  if (name === undefined) return [];
  const all = Object.keys(SABOTAGES) as SabotageName[];
  const names = all.filter((known) => name === 'all' || known === name);
  if (names.length === 0) throw new Error(`--break ${name}: one of ${all.join(', ')}, or all`);
  return names;
}

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${text}: a number was expected`);
  return Number(text);
}

process.exitCode = (await main()) ? 0 : 1;
