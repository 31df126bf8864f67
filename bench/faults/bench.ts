import { violations, type Promised, type Violation } from './checks.js';
import { type Sabotage } from './sabotage.js';
import { scenarioOf } from './draw-scenario.js';
import { tell, type Story } from './story.js';

export interface Found {
  seed: number;
  broken: Violation[];
}

export interface Tally {
  /** How often a run ended with each exit code, or was killed. */
  exits: Map<string, number>;
  sums: Sums;
  /** How many stories broke each promise. */
  broken: Map<Promised, number>;
  firstFailing: Found | null;
}

const NOTHING = {
  runs: 0,
  posts: 0,
  /** POSTs that reached the server, of which the client was not told what it did. */
  misled: 0,
  dispatched: 0,
  reads: 0,
  recovered: 0,
  replayed: 0,
  ambiguous: 0,
  /** Stories in which the server ignores idempotency keys, or the log cannot be read for a while. */
  keysIgnored: 0,
  unreadable: 0,
};
type Sums = typeof NOTHING;

/** Tells the stories of seeds 1 to `seeds`, and counts. */
export async function runSeeds(seeds: number): Promise<Tally> {
  const tally: Tally = {
    exits: new Map(),
    sums: { ...NOTHING },
    broken: new Map(),
    firstFailing: null,
  };
  for (let seed = 1; seed <= seeds; seed++) add(tally, await tell(scenarioOf(seed)));
  return tally;
}

/** The first of the seeds that finds a sabotage out; null when none does. */
export async function firstFound(seeds: number, sabotage: Sabotage): Promise<Found | null> {
  for (let seed = 1; seed <= seeds; seed++) {
    const broken = violations(await tell(scenarioOf(seed), sabotage));
    if (broken.length > 0) return { seed, broken };
  }
  return null;
}

function add(tally: Tally, story: Story): void {
  const { exits, sums } = tally;
  sums.posts += story.posts;
  sums.reads += story.reads;
  sums.misled += story.misled;
  sums.dispatched += story.own.length;
  if (story.scenario.server.idempotency === 'off') sums.keysIgnored++;
  if (story.scenario.wire.unreadable.length > 0) sums.unreadable++;
  for (const { end } of story.chapters) {
    sums.runs++;
    increase(exits, 'exitCode' in end ? String(end.exitCode) : end.how);
    if (end.how !== 'result') continue;
    const { recovered, replayed, nodes } = end.result;
    if (recovered) sums.recovered++;
    if (replayed) sums.replayed++;
    if (nodes.some(({ ambiguous }) => ambiguous)) sums.ambiguous++;
  }
  const broken = violations(story);
  for (const promise of new Set(broken.map((violation) => violation.promise))) increase(tally.broken, promise);
  if (broken.length > 0) tally.firstFailing ??= { seed: story.scenario.seed, broken };
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
