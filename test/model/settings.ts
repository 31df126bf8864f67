import { ALL, id, SECOND, type Setting } from './setting.js';

const PLAIN: Setting = {
  name: '',
  use: { is: 'run', nodes: [id(1), id(2)] },
  honours: true,
  past: 'old entries',
  log: 'whole',
  lateBy: 0,
  takes: 1200,
  life: 'one',
  ifBusy: 'ignore',
  core: null,
  coreTakes: 0,
  looks: null,
  hasDate: true,
  hasTenant: false,
  first: null,
};

const NODE_2 = { is: 'run', nodes: [id(2)] } as const;
const NO_WAIT = { is: 'run', nodes: [id(2)], wait: false } as const;
const EVERY = { is: 'run', nodes: null } as const;
const ROLL = { is: 'roll', nodes: [id(2), id(1)], window: 1 } as const;
const BY_TWOS = { is: 'roll', nodes: [id(2), id(1)], window: 2 } as const;

/** By name, what is not as in `PLAIN`. */
const called = (settings: Readonly<Record<string, Partial<Setting>>>): Setting[] =>
  Object.entries(settings).map(([name, more]) => ({ ...PLAIN, ...more, name }));

/** Those that are played deepest. */
export const DEEP: readonly Setting[] = called({
  'named nodes': {},
  'named nodes, keys ignored': { honours: false },
  'a log that shows late': { use: NODE_2, lateBy: 7 * SECOND },
  'every node': { use: EVERY },
  'every node, an empty log': { use: EVERY, past: 'nothing' },
  'a count': { use: { is: 'run', nodes: null, expect: 3 } },
  'a use of the key without a record': {
    use: NODE_2,
    past: 'a use of the key',
    lateBy: 7 * SECOND,
  },
  'killed and run again': { use: NODE_2, life: 'killed' },
  'killed, keys ignored': { use: NODE_2, life: 'killed', honours: false },
  'two processes that do not wait, the first POST lost': {
    use: NO_WAIT,
    life: 'two at once',
    honours: false,
    first: 'lost before',
  },
  'a roll by twos': { use: BY_TWOS },
  'a gated roll, killed and run again': {
    use: { ...ROLL, nodes: [id(2)], gated: true },
    life: 'killed',
  },
});

/** Another node acts before the second try of a POST. */
const JOINED = { past: 'a new node', looks: 3, core: 3, first: '429' } as const;

/** Where what is broken shows best. */
export const SMALL: readonly Setting[] = called({
  'one node': { use: NODE_2 },
  'one node, busy, if busy fail': { use: NODE_2, past: 'a busy node', ifBusy: 'fail' },
  'one node, busy, if busy wait': { use: NODE_2, past: 'a busy node', ifBusy: 'wait' },
  'one node, a late entry': { use: NODE_2, past: 'a late entry', lateBy: 4 * SECOND },
  'every node, and one that left': { use: EVERY, past: 'a node that left' },
  'every node, and one that left, three by Core': {
    use: EVERY,
    past: 'a node that left',
    core: 3,
  },
  'one node, 403 at first, killed, then another API key': {
    use: NODE_2,
    life: 'killed, then another API key',
    first: '403',
  },
  'one node, killed, then another API key': {
    use: NODE_2,
    life: 'killed, then another API key',
  },
  'one node, killed, then the clock is set back': {
    use: NODE_2,
    life: 'killed, then the clock is set back',
  },
  'one node, 429 at first': { use: NODE_2, first: '429' },
  'one node, the first POST lost, no log for 100 s': {
    use: NODE_2,
    first: 'lost before',
    outage: { from: 3 * SECOND, to: 103 * SECOND, is: 'lost' },
  },
  'one node, the first POST lost, a log that says to wait for 50 minutes': {
    use: NODE_2,
    first: 'lost before',
    outage: { from: 3 * SECOND, to: 4 * SECOND, is: 'told to wait for 50 minutes' },
  },
  'one node of a deployment that goes': {
    use: NODE_2,
    outage: { from: SECOND / 2, to: Infinity, is: 'gone' },
  },
  'one node, killed, run again after 9.5 minutes': {
    use: NODE_2,
    life: 'killed',
    backAfter: 570 * SECOND,
  },
  'every node, a late entry': { use: EVERY, past: 'a late entry' },
  'one node, no date': { use: NODE_2, hasDate: false },
  'one node, used before, no date': {
    use: NODE_2,
    past: 'a use of the key',
    hasDate: false,
  },
  'one node, done right before the deadline': { use: NODE_2, takes: 59_950 },
  'every node, killed': { use: EVERY, life: 'killed' },
  'four nodes expected, killed': {
    use: { is: 'run', nodes: null, expect: 4 },
    life: 'killed',
  },
  'every node, two by Core': { use: EVERY, core: 2 },
  'every node, four by Core': { use: EVERY, core: 4 },
  'every node, four by Core, killed': { use: EVERY, core: 4, life: 'killed' },
  'every node, and one elsewhere, four by Core': {
    use: EVERY,
    past: 'a node for others',
    core: 4,
  },
  'every node, and one elsewhere, five by Core': {
    use: EVERY,
    past: 'a node for others',
    core: 5,
  },
  'every node, one further down, two by Core': {
    use: EVERY,
    past: 'a node further down',
    log: 'newest first',
    looks: 2,
    core: 2,
  },
  'every node, two looked for, and a new one': {
    use: EVERY,
    past: 'a new node',
    looks: 2,
    core: 2,
  },
  'three expected, a new one, and 429 at first': {
    ...JOINED,
    use: { is: 'run', nodes: null, expect: 3 },
  },
  'three agreed to, a new one, and 429 at first': {
    ...JOINED,
    use: { is: 'run', nodes: null, isAgreed: true },
  },
  'every node, and one that left, three looked for and three by Core': {
    use: EVERY,
    past: 'a node that left',
    looks: 3,
    core: 3,
  },
  'every node, three by Core, late': { use: EVERY, core: 3, coreTakes: 6 * SECOND },
  'every node, four by Core, late': { use: EVERY, core: 4, coreTakes: 6 * SECOND },
  'every node, and one that left, three by Core, late': {
    use: EVERY,
    past: 'a node that left',
    core: 3,
    coreTakes: 6 * SECOND,
  },
  'every node, and Core does not say': { use: EVERY, coreTakes: 15 * SECOND },
  'every node, four by Core, no wait': {
    use: { is: 'run', nodes: null, wait: false },
    core: 4,
  },
  'three nodes expected, four by Core, late': {
    use: { is: 'run', nodes: null, expect: 3 },
    core: 4,
    coreTakes: 6 * SECOND,
  },
  'a wait on every node, four by Core': { use: { is: 'wait', nodes: null }, core: 4 },
  'a wait on every node, and one that left, three by Core': {
    use: { is: 'wait', nodes: null },
    past: 'a node that left',
    core: 3,
  },
  'one node, if busy fail, 429 at first': {
    use: NODE_2,
    ifBusy: 'fail',
    first: '429',
  },
  'one node, two at once, if busy fail': {
    use: NODE_2,
    life: 'two at once',
    ifBusy: 'fail',
  },
  'one node, two at once, if busy fail, 503 at first': {
    use: NODE_2,
    life: 'two at once',
    ifBusy: 'fail',
    first: '503 after',
  },
  'one node, keys ignored, 429 of a gateway at first': {
    use: NODE_2,
    honours: false,
    first: '429 of a gateway that has sent it on',
  },
  'two nodes, no wait, the first POST lost': {
    use: { is: 'run', nodes: [id(1), id(2)], wait: false },
    first: 'lost before',
  },
  'one node, a key, late': {
    use: { is: 'run', nodes: [id(1)] },
    life: 'keyed',
    lateBy: 22 * SECOND,
  },
  'named nodes, a key, busy and in progress at first': {
    past: 'a busy node',
    life: 'keyed',
    first: 'in progress',
  },
  'one node, a tenant': { use: NODE_2, hasTenant: true },
  'one node, used before': { use: NODE_2, past: 'a use of the key' },
  'one node, many entries, the oldest first': {
    use: NODE_2,
    past: 'many entries',
    log: 'oldest first',
  },
  'one node, another action': { use: NODE_2, past: 'another action' },
  'one node, sorted by time, no date': { use: NODE_2, log: 'by time', hasDate: false },
  'two of three nodes expected': { use: { is: 'run', nodes: null, expect: 2 } },
  'two processes that do not wait': { use: NO_WAIT, life: 'two at once', honours: false },
  'two processes, keys ignored': { use: NODE_2, life: 'two at once', honours: false },
  'a gated roll of two, killed and run again': {
    use: { ...ROLL, gated: true },
    life: 'killed',
  },
  'a roll by twos, busy, if busy fail': {
    use: BY_TWOS,
    past: 'a busy node',
    ifBusy: 'fail',
  },
  'a roll by twos, busy, if busy wait': {
    use: BY_TWOS,
    past: 'a busy node',
    ifBusy: 'wait',
  },
  'a roll of three': { use: { is: 'roll', nodes: ALL, window: 1 } },
  'a roll by threes': { use: { is: 'roll', nodes: [id(1), id(3), id(2)], window: 3 } },
  'a roll by twos, two at once': { use: BY_TWOS, life: 'two at once' },
  'a roll of two, two at once, keys ignored': {
    use: ROLL,
    life: 'two at once',
    honours: false,
  },
  'a roll of two, killed': { use: ROLL, life: 'killed' },
  'a roll of two, the first rejected, killed': {
    use: ROLL,
    life: 'killed',
    firstIsRejected: true,
  },
  'a roll of two, killed at first, run again later': {
    use: ROLL,
    life: 'killed',
    first: 'killed before, run again later',
  },
  'a roll by twos, the first POST lost': { use: BY_TWOS, first: 'lost before' },
  'a roll by threes whose POSTs are lost, continued one by one': {
    use: { is: 'roll', nodes: ALL, window: 3, laterWindow: 1 },
    life: 'killed',
    first: 'lost before',
    firsts: 3,
  },
  'a roll by threes whose POSTs are lost, continued by twos': {
    use: { is: 'roll', nodes: ALL, window: 3, laterWindow: 2 },
    life: 'killed',
    first: 'lost before',
    firsts: 3,
  },
  'a roll of three that has 5 s': {
    use: { is: 'roll', nodes: ALL, window: 1, timeoutMs: 5 * SECOND },
  },
  'a roll by twos of long work, 429 at first': {
    use: BY_TWOS,
    first: '429',
    lateBy: 7 * SECOND,
    takes: 31 * SECOND,
  },
  'a wait for two entries': { use: { is: 'wait', ids: [id(10), id(12)] } },
  'a wait for two entries that come within a second': {
    use: { is: 'wait', ids: [id(10), id(12)] },
    lateBy: SECOND / 2,
  },
  'a watch of three nodes': { use: { is: 'watch' } },
  'a watch of three nodes that take 5 s': { use: { is: 'watch' }, takes: 5 * SECOND },
});

type NotPaired =
  | ('name' | 'takes' | 'firsts' | 'coreTakes' | 'looks' | 'outage' | 'backAfter')
  | 'firstIsRejected';

/** What a setting can be like: in the list below each pair of these values occurs. */
const VALUES: {
  [K in Exclude<keyof Setting, NotPaired>]: ReadonlyArray<readonly [string, Setting[K]]>;
} = {
  use: [
    ['node 2', NODE_2],
    ['nodes 1 and 2', { is: 'run', nodes: [id(1), id(2)] }],
    ['every node', EVERY],
    ['three expected', { is: 'run', nodes: null, expect: 3 }],
    ['two expected', { is: 'run', nodes: null, expect: 2 }],
    ['four expected', { is: 'run', nodes: null, expect: 4 }],
    ['no wait', { is: 'run', nodes: [id(1), id(2)], wait: false }],
    ['no wait, every node', { is: 'run', nodes: null, wait: false }],
    ['a roll', { is: 'roll', nodes: ALL, window: 1 }],
    ['a roll by twos', BY_TWOS],
    ['a gated roll', { ...ROLL, gated: true }],
    ['a wait by ids', { is: 'wait', ids: [id(10), id(12)] }],
    ['a wait after an id', { is: 'wait', nodes: [id(1), id(2)] }],
    ['a wait for three', { is: 'wait', nodes: null, expect: 3 }],
    ['a watch', { is: 'watch' }],
  ],
  honours: [
    ['', true],
    ['keys ignored', false],
  ],
  past: [
    ['', 'old entries'],
    ['an empty log', 'nothing'],
    ['a busy node', 'a busy node'],
    ['a late entry', 'a late entry'],
    ['a node that left', 'a node that left'],
    ['a node for others', 'a node for others'],
    ['a use of the key', 'a use of the key'],
  ],
  log: [
    ['', 'whole'],
    ['newest first', 'newest first'],
    ['oldest first', 'oldest first'],
    ['by time', 'by time'],
  ],
  lateBy: [
    ['', 0],
    ['7 s late', 7 * SECOND],
    ['12 s late', 12 * SECOND],
  ],
  life: [
    ['', 'one'],
    ['a key', 'keyed'],
    ['killed', 'killed'],
    ['killed, then another API key', 'killed, then another API key'],
    ['two at once', 'two at once'],
    ['three at once', 'three at once'],
  ],
  ifBusy: [
    ['', 'ignore'],
    ['if busy wait', 'wait'],
    ['if busy fail', 'fail'],
  ],
  core: [
    ['', null],
    ['three by Core', 3],
    ['four by Core', 4],
  ],
  hasDate: [
    ['', true],
    ['no date', false],
  ],
  hasTenant: [
    ['', false],
    ['a tenant', true],
  ],
  first: [
    ['', null],
    ['at first 429', '429'],
    ['at first in progress', 'in progress'],
    ['at first lost', 'lost before'],
  ],
};

type Factor = keyof typeof VALUES;
/** Which value of each factor. */
type Choice = Record<Factor, number>;
const FACTORS = Object.keys(VALUES) as Factor[];

function settingOf(choice: Choice): Setting {
  const setting: Record<string, unknown> = { ...PLAIN };
  const names: string[] = [];
  for (const factor of FACTORS) {
    const [name, value] = VALUES[factor][choice[factor]] ?? ['', null];
    setting[factor] = value;
    if (name !== '') names.push(name);
  }
  return { ...(setting as unknown as Setting), name: names.join(', ') };
}

/** What cannot be, or would be no other story. */
function isPossible(setting: Setting): boolean {
  const { use, life, past, first, log } = setting;
  if (use.is === 'wait' || use.is === 'watch') {
    return onlyFollows(setting) && (use.is !== 'wait' || log !== 'by time');
  }
  // With a record it is no use without one.
  if (past === 'a use of the key') return use.is === 'run' && life === 'one' && first === null;
  return use.is === 'run' || !life.endsWith('at once');
}

/** Nothing in it is about sending. */
function onlyFollows({ life, past, first, ifBusy, honours, hasTenant }: Setting): boolean {
  const isPlain = life === 'one' && first === null && ifBusy === 'ignore';
  return isPlain && honours && !hasTenant && past !== 'a use of the key';
}

/** A list in which each pair of values occurs that can be; the same one each time. */
function pairwise(): Setting[] {
  const isDue = new Set<string>();
  const pairOf = (a: Factor, i: number, b: Factor, j: number): string => `${a} ${i} ${b} ${j}`;
  const each = (take: (a: Factor, i: number, b: Factor, j: number) => void): void => {
    for (const [n, a] of FACTORS.entries()) {
      for (const b of FACTORS.slice(n + 1)) {
        for (const i of VALUES[a].keys()) for (const j of VALUES[b].keys()) take(a, i, b, j);
      }
    }
  };
  const plain = Object.fromEntries(FACTORS.map((factor) => [factor, 0])) as Choice;
  each((a, i, b, j) => {
    if (isPossible(settingOf({ ...plain, [a]: i, [b]: j }))) isDue.add(pairOf(a, i, b, j));
  });
  const newPairs = (choice: Choice): string[] => {
    const pairs: string[] = [];
    for (const [n, a] of FACTORS.entries()) {
      for (const b of FACTORS.slice(n + 1)) {
        const pair = pairOf(a, choice[a], b, choice[b]);
        if (isDue.has(pair)) pairs.push(pair);
      }
    }
    return pairs;
  };
  const found: Setting[] = [];
  for (let pair = first(isDue); pair !== undefined; pair = first(isDue)) {
    const [a, i, b, j] = pair.split(' ') as [Factor, string, Factor, string];
    let choice: Choice = { ...plain, [a]: Number(i), [b]: Number(j) };
    for (const factor of FACTORS.filter((one) => one !== a && one !== b)) {
      for (const value of VALUES[factor].keys()) {
        const other = { ...choice, [factor]: value };
        const isBetter = newPairs(other).length > newPairs(choice).length;
        if (isBetter && isPossible(settingOf(other))) choice = other;
      }
    }
    for (const one of newPairs(choice)) isDue.delete(one);
    found.push(settingOf(choice));
  }
  return found;
}

const first = <T>(set: ReadonlySet<T>): T | undefined => set.values().next().value;

export const PAIRED: readonly Setting[] = pairwise();
export const SETTINGS: readonly Setting[] = [...DEEP, ...SMALL, ...PAIRED];

/** @throws Error where there is none of this name */
export function settingNamed(name: string): Setting {
  const setting = SETTINGS.find((one) => one.name === name);
  if (!setting) throw new Error(`no such setting: ${name}`);
  return setting;
}
