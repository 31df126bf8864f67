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

/** What the log does while it is read: see `Habits`. */
const MOVES = ['still', 'grows', 'loses', 'ring', 'all', 'cleared'] as const;
const HISTORIES = 1000;
const LONGEST = 5000;

interface Tools {
  openLog: typeof openLog;
  listNewest: typeof listNewest;
  listAfter: typeof listAfter;
}
const TOOLS: Tools = { openLog, listNewest, listAfter };

/** What a read is asked for. */
interface Asked {
  /** An id that the log has, or 0. */
  after: Id;
  /** Ms UTC. */
  since: number;
  clock: VirtualClock;
  /** All that the log has at first. */
  ids: readonly Id[];
}

interface Read {
  /** @returns ids, in the order in which they came */
  read: (log: ActivityLog, asked: Asked, tools: Tools) => Promise<Id[]>;
  /** Whether it must give this entry, which is there all the time. */
  mustGive: (entry: Entry, asked: Asked) => boolean;
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
    read: (log, _asked, { listNewest: list }) => collect(list(log, { filter: {}, limit: 0 }, {})),
    mustGive: () => true,
  },
  since: {
    read: (log, { since }, { listNewest: list }) =>
      collect(list(log, { filter: { since }, limit: 0 }, {})),
    // A time in the future fits, but no older pages are read for it.
    mustGive: ({ created_at: at }, { since }) => Date.parse(at) >= since && Date.parse(at) <= NOW,
  },
  downTo: {
    read: async (log, { after }) => (await log.downTo(after)).entries.map(({ id }) => id),
    mustGive: ({ id }, { after }) => id > after,
  },
  after: {
    read: async (log, { after, clock }, { listAfter: list }) =>
      (await collect(list(log, { after, filter: {}, limit: 0 }, { clock }))).reverse(),
    mustGive: ({ id }, { after }) => id > after,
  },
  newest: {
    // It gives the newest entry alone, as a baseline: nothing that was there may be above it.
    read: async (log, { ids }) => {
      const { entries } = await log.newest();
      return ids.filter((id) => id <= (entries[0]?.id ?? -1n));
    },
    mustGive: () => true,
  },
  find: {
    read: async (log, { after }) => [(await log.seek(after)).activity?.id ?? []].flat(),
    mustGive: ({ id }, { after }) => id === after,
  },
};

type Pick = <T>(all: readonly T[]) => T;

/** Draws how the server of a history behaves. */
function habitsOf(random: () => number, pick: Pick): Habits {
  const sort = pick(['id', 'time'] as const);
  const late = random() < 0.5;
  // Of such a log less is promised: its pages are not tiny, and it does not both grow and shrink.
  const isHard = late || sort === 'time';
  return {
    order: pick(['asc', 'desc']),
    cap: isHard ? 20 + Math.floor(random() * 81) : 3 + Math.floor(random() * 6),
    kind: pick(isHard ? MOVES.slice(0, 4) : MOVES),
    rate: random(),
    size: Math.floor(random() * (isHard ? 300 : 120)),
    sort,
    together: random() < 0.5 ? 1 : 2 + Math.floor(random() * 30),
    reversed: sort === 'time' && random() < 0.5,
    late,
  };
}

/** Plays one history: one read of one log. @returns what is wrong with it; null for nothing */
async function play(seed: number, tools: Tools, names: readonly string[]): Promise<string | null> {
  const random = seededRandom(seed);
  const pick: Pick = (all) => all[Math.floor(random() * all.length)] ?? assert.fail();
  const name = pick(names);
  const habits = habitsOf(random, pick);
  const clock = new VirtualClock(NOW);
  const server = new MovingLog(clock, habits, random);
  const log = tools.openLog(server, DEPLOYMENT, clock);
  const { read, mustGive } = READS[name] ?? assert.fail();
  const before = [...server.log.entries];
  const asked = {
    after: pick([0n, ...before.map(({ id }) => id)]),
    since: timeOf(Math.floor(random() * 120)),
    clock,
    ids: before.map(({ id }) => id).sort((a, b) => compareIds(b, a)),
  };
  const got = await read(log, asked, tools);
  const there = new Set(server.log.entries);
  const lost = before.filter(
    (entry) => there.has(entry) && !got.includes(entry.id) && mustGive(entry, asked),
  );
  // These are given at once, sorted.
  const isSorted = name === 'after' || name === 'downTo';
  const wrong = [
    ...(lost.length > 0 ? [`${lost.length} of ${before.length} are lost`] : []),
    ...(isInOrder(got, before, habits, isSorted) ? [] : ['not each once, in order']),
  ];
  return wrong.length > 0
    ? `seed ${seed}, ${name}, ${JSON.stringify(habits)}: ${wrong.join(', ')}`
    : null;
}

/**
 * Whether each came once, and the ids fall. A read that gives page by page may give what comes
 * meanwhile anywhere, and of a log that is not sorted by id all.
 */
function isInOrder(
  got: readonly bigint[],
  before: ReadonlyArray<{ id: bigint }>,
  { sort, late }: Habits,
  isSorted: boolean,
): boolean {
  const inOrder = new Set(sort === 'id' && !late ? before.map(({ id }) => id) : []);
  const ids = isSorted ? got : got.filter((id) => inOrder.has(id));
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
    const wrong = await firstWrong(TOOLS);
    assert.equal(wrong, null, `${wrong}`);
  });

  /** Each is a reader with one mistake. `reads`: these alone are played, since few others show it. */
  const SABOTAGES: Record<
    string,
    [file: LogFile, text: string, mistake: string, reads?: string[]]
  > = {
    'gives pages that it read at once, though the log has moved': [
      'walk.ts',
      '(await looking) !== oldest',
      '(await looking) === null',
    ],
    'believes by the total alone that nothing came': ['pages.ts', '(items[0]?.id ?? null)', '1n'],
    'gives an entry as often as it sees it': ['walk.ts', '!this.#seen.has(id)', 'true'],
    'does not read a page again where something came late': [
      'walk.ts',
      'page.total > before.total',
      'false',
    ],
    'believes that one page is always enough for the newest entry': [
      'log.ts',
      'reach !== null, options',
      'reach !== 0n, options',
      ['newest'],
    ],
    'ends at one entry with an old time': ['log.ts', 'inRow >= pages.size', 'inRow > 0'],
    'stops at the first page whose reach it knows': ['log.ts', 'reach <= id', 'reach !== id'],
    'ends where pages are gone meanwhile': ['pages.ts', 'Math.min(number - 1, last)', 'number - 1'],
    'believes that page 1 is the newest': ['pages.ts', 'middleOf(first) > middleOf(last)', 'first'],
    'tells the order of a log by the times at the ends of a page': [
      'pages.ts',
      'items.every(({ id }, n) => id <= (items[n - 1]?.id ?? id)) &&',
      '',
    ],
    'believes that entries of one moment are all on one page': [
      'pages.ts',
      '.filter((one) => one.created_at !== end)',
      '',
      ['after', 'downTo'],
    ],
    'does not look again where the newest page is': [
      'pages.ts',
      'page.number === page.last',
      'true',
    ],
    'does not see that pages are shorter than it asked for': [
      'pages.ts',
      'this.#size = length',
      'this.#size += 0',
    ],
    'does not read the top of the log again when entries were lacking': [
      'walk.ts',
      'yield* this.#topDownTo(start);',
      '',
    ],
  };
  for (const [what, [file, text, mistake, reads]] of Object.entries(SABOTAGES)) {
    it(`is read wrongly by a reader that ${what}`, async () => {
      const module = await sabotaged<Partial<Tools>>(file, text, mistake);
      const wrong = await firstWrong({ ...TOOLS, ...module }, 5000, reads);
      assert.notEqual(wrong, null, 'no history shows this mistake');
    });
  }
});
