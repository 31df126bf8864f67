import assert from 'node:assert/strict';
import { compareIds, type Id } from '../../../src/base/ids.js';
import { listAfter, listNewest, type Listing } from '../../../src/log/list.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT } from '../../helpers/virtual-server.js';
import {
  MovingLog,
  NOW,
  sabotaged,
  timeOf,
  type Entry,
  type Habits,
  type LogFile,
} from './moving-log.js';

const KINDS = ['still', 'grows', 'loses', 'ring', 'all', 'cleared'] as const;
const HISTORIES = 1000;
const LONGEST = 5000;

interface Tools {
  openLog: typeof openLog;
  listNewest: typeof listNewest;
  listAfter: typeof listAfter;
}
const TOOLS: Tools = { openLog, listNewest, listAfter };

interface At {
  /** An id that the log has, or 0. */
  after: Id;
  /** Among the times of its entries; ms UTC. */
  since: number;
  clock: VirtualClock;
  /** What the log has. */
  ids: readonly Id[];
}

interface Read {
  /** Reads while it moves: ids, in the order in which they came. */
  read: (log: ActivityLog, at: At, tools: Tools) => Promise<Id[]>;
  /** Which entries it must give, if they are there all the time. */
  wants: (entry: Entry, at: At) => boolean;
}

async function collect(listing: Listing): Promise<Id[]> {
  const ids: Id[] = [];
  for await (const { entries } of listing) {
    ids.push(...entries.map(({ id }) => id));
    assert.ok(ids.length < LONGEST, 'it never ends');
  }
  return ids;
}

const READS: Record<string, Read> = {
  all: {
    read: (log, _at, { listNewest: list }) => collect(list(log, { filter: {}, limit: 0 }, {})),
    wants: () => true,
  },
  since: {
    read: (log, { since }, { listNewest: list }) =>
      collect(list(log, { filter: { since }, limit: 0 }, {})),
    // A time after now is taken as it stands, but nothing older is read for its sake.
    wants: ({ created_at: at }, { since }) => Date.parse(at) >= since && Date.parse(at) <= NOW,
  },
  downTo: {
    read: async (log, { after }) => (await log.downTo(after)).entries.map(({ id }) => id),
    wants: ({ id }, { after }) => id > after,
  },
  after: {
    read: async (log, { after, clock }, { listAfter: list }) =>
      (await collect(list(log, { after, filter: {}, limit: 0 }, { clock }))).reverse(),
    wants: ({ id }, { after }) => id > after,
  },
  newest: {
    // A baseline: what was there is not above it.
    read: async (log, { ids }) => {
      const { entries } = await log.newest();
      return ids.filter((id) => id <= (entries[0]?.id ?? -1n));
    },
    wants: () => true,
  },
  find: {
    read: async (log, { after }) => [(await log.seek(after)).activity?.id ?? []].flat(),
    wants: ({ id }, { after }) => id === after,
  },
};

type Pick = <T>(all: readonly T[]) => T;

/** How the server of a history behaves. */
function habitsOf(random: () => number, pick: Pick): Habits {
  const sort = pick(['id', 'time'] as const);
  const late = random() < 0.5;
  const isHard = late || sort === 'time';
  return {
    order: pick(['asc', 'desc']),
    cap: isHard ? 20 + Math.floor(random() * 81) : 3 + Math.floor(random() * 6),
    // What comes late while others go is not promised.
    kind: pick(isHard ? KINDS.slice(0, 4) : KINDS),
    rate: random(),
    size: Math.floor(random() * (isHard ? 300 : 120)),
    sort,
    together: random() < 0.5 ? 1 : 2 + Math.floor(random() * 30),
    reversed: sort === 'time' && random() < 0.5,
    late,
  };
}

/** Plays one history. @returns what is wrong with what was read, if anything is */
async function play(seed: number, tools: Tools, names: readonly string[]): Promise<string | null> {
  const random = seededRandom(seed);
  const pick: Pick = (all) => all[Math.floor(random() * all.length)] ?? assert.fail();
  const name = pick(names);
  const habits = habitsOf(random, pick);
  const clock = new VirtualClock(NOW);
  const server = new MovingLog(clock, habits, random);
  const log = tools.openLog(server, DEPLOYMENT, clock);
  const { read, wants } = READS[name] ?? assert.fail();
  const before = [...server.log.entries];
  const at = {
    after: pick([0n, ...before.map(({ id }) => id)]),
    since: timeOf(Math.floor(random() * 120)),
    clock,
    ids: before.map(({ id }) => id).sort((a, b) => compareIds(b, a)),
  };
  const got = await read(log, at, tools);
  const there = new Set(server.log.entries);
  const lost = before.filter(
    (entry) => there.has(entry) && !got.includes(entry.id) && wants(entry, at),
  );
  // What is collected before it is given is sorted.
  const isSorted = name === 'after' || name === 'downTo';
  const wrong = [
    ...(lost.length > 0 ? [`${lost.length} of ${before.length} are lost`] : []),
    ...(isInOrder(got, before, habits, isSorted) ? [] : ['not each once, in order']),
  ];
  return wrong.length > 0
    ? `seed ${seed}, ${name}, ${JSON.stringify(habits)}: ${wrong.join(', ')}`
    : null;
}

/** What comes meanwhile may come between, where it is more than a page. */
function isInOrder(
  got: readonly bigint[],
  before: ReadonlyArray<{ id: bigint }>,
  { sort, late }: Habits,
  isSorted: boolean,
): boolean {
  const known = new Set(sort === 'id' && !late ? before.map(({ id }) => id) : []);
  const ids = isSorted ? got : got.filter((id) => known.has(id));
  return new Set(got).size === got.length && ids.every((id, n) => id < (ids[n - 1] ?? id + 1n));
}

async function firstWrong(
  tools: Tools,
  histories = HISTORIES,
  names = Object.keys(READS),
): Promise<string | null> {
  for (let seed = 1; seed <= histories; seed += 1) {
    const wrong = await play(seed, tools, names).catch(
      (error: unknown) => `seed ${seed}: ${String(error)}`,
    );
    if (wrong !== null) return wrong;
  }
  return null;
}

describe('a log that moves while it is read', () => {
  it('gives what was there all the time, each once, in order, whatever its times are', async () => {
    assert.equal(await firstWrong(TOOLS), null);
  });

  /** The reads are those that are to show it, where most do not. */
  const SABOTAGES: Record<
    string,
    [file: LogFile, text: string, mistake: string, reads?: string[]]
  > = {
    'takes pages that were read together as they are': [
      'walk.ts',
      '(await looking) !== oldest',
      '(await looking) === null',
    ],
    'takes the total for a sign that nothing came': ['pages.ts', '(items[0]?.id ?? null)', '1n'],
    'gives an entry for each page that shows it': ['walk.ts', '!this.#seen.has(id)', 'true'],
    'does not look again where something came late': [
      'walk.ts',
      'page.total > before.total',
      'false',
    ],
    'takes the last page for the newest entries': [
      'log.ts',
      'reach !== null, options',
      'reach !== 0n, options',
      ['newest'],
    ],
    'believes a single time': ['log.ts', 'inRow >= pages.size', 'inRow > 0'],
    'is done with the first of what it asked for': ['log.ts', 'reach <= id', 'reach !== id'],
    'ends where pages are gone': ['pages.ts', 'Math.min(number - 1, last)', 'number - 1'],
    'takes the first page for the newest one': [
      'pages.ts',
      'middleOf(first) > middleOf(last)',
      'first',
    ],
    'takes its ends for the order of a page': [
      'pages.ts',
      'items.every(({ id }, n) => id <= (items[n - 1]?.id ?? id)) &&',
      '',
    ],
    'takes the end of a page for the end of a moment': [
      'pages.ts',
      '.filter((one) => one.created_at !== end)',
      '',
      ['after', 'downTo'],
    ],
    'does not look where the newest page is now': ['pages.ts', 'page.number === page.last', 'true'],
    'does not see that pages are shorter': ['pages.ts', 'this.#size = length', 'this.#size += 0'],
    'takes a log of a fixed size for one that lacks entries': [
      'walk.ts',
      'yield* this.#topDownTo(start);',
      '',
    ],
  };
  for (const [what, [file, text, mistake, reads]] of Object.entries(SABOTAGES)) {
    it(`is not given by a reader that ${what}`, async () => {
      const module = await sabotaged<Partial<Tools>>(file, text, mistake);
      assert.notEqual(await firstWrong({ ...TOOLS, ...module }, 5000, reads), null);
    });
  }
});
