import { keyOf } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process, Seen } from '../process.js';
import { isKept, nodesOf, SECOND, type Setting } from '../setting.js';
import { EPOCH, type Entry, type Post, type World } from '../world.js';

/** Whether its process cannot rule out that the server has run it. */
export const isMaybeSent = ({ means }: Post): boolean => means !== 'no' && means !== 'later';

export function lastSeenBefore({ seen }: Process, at: number): Seen | undefined {
  return seen.findLast(({ endedAt }) => endedAt <= at);
}

/**
 * Whether it read the log of another deployment or tenant up to then. Before it found a record, that
 * only kept it from sending, so it does not count.
 */
export function hasReadForeign({ seen, foundAt }: Process, until: number): boolean {
  const from = foundAt < until ? foundAt : -Infinity;
  return seen.some(({ isForeign, at, endedAt }) => isForeign && at >= from && endedAt <= until);
}

/** Whether the machine slept while its process waited for an answer. */
export const hasSlept = ({ faults }: Story): boolean =>
  faults.some((fault) => String(fault).startsWith('sleeps'));

/** The newest entry of a read; 0 where it showed none. */
export const highestIn = ({ shown }: Seen): bigint =>
  shown.reduce((high, { id }) => (id > high ? id : high), 0n);

/** What is followed together: in a roll each node is its own trigger. */
export interface Trigger {
  key: string;
  nodes: readonly bigint[] | null;
}

export function triggersOf({ setting }: Story): Trigger[] {
  const { use } = setting;
  const nodes = nodesOf(setting);
  if (use.is === 'roll') return use.nodes.map((node) => ({ key: keyOf([node]), nodes: [node] }));
  return [{ key: keyOf(nodes), nodes }];
}

/** From where on entries are of a trigger: what its baseline showed is not, nor what is older. */
export interface Since {
  /** Entries created before this are older. */
  from: number;
  /** When the log was as the baseline shows it; -Infinity if the key was used elsewhere. */
  asOf: number;
  wasShown: ReadonlySet<bigint>;
  /** Shown before the POST, and of the trigger all the same, where their node has no newer one. */
  inProgress: ReadonlySet<bigint>;
  /** Nodes that the log listed before the POST: for the runtime, and for others only. */
  listed: ReadonlySet<bigint>;
  forOthers: ReadonlySet<bigint>;
}

/**
 * A replay of a key that left no record here: of the last 11 minutes the newest entry of each node
 * counts, whoever made it.
 */
const REPLAY = -660 * SECOND;

/**
 * Whether the `202` was the replay of what a runner that is gone has sent, and nothing else may have
 * been sent before.
 */
export function isOnlyReplayed({ setting, world }: Story, { key }: Trigger): boolean {
  const all = world.posts.filter((post) => post.key === key);
  const first = all.find((post) => isMaybeSent(post) && post.met !== 'in progress');
  const isAfterAnother = setting.past === 'a use of the key' || all.some(isInProgress);
  // What a gateway has doubled looks as if another had used the key.
  const mayBe = isAfterAnother || first?.met === 'doubled by a gateway';
  return isKept(setting) && mayBe && first?.means === 'accepted' && first.replayed;
}

const NONE: ReadonlySet<bigint> = new Set();

const isInProgress = ({ met }: Post): boolean => met === 'in progress';

/** By the key of the trigger. A story is judged once it has ended. */
const sinces = new WeakMap<Story, Map<string, Since | null>>();

/** @returns null where nothing was sent */
export function sinceOf(story: Story, trigger: Trigger): Since | null {
  const known = sinces.get(story) ?? new Map<string, Since | null>();
  sinces.set(story, known);
  const before = known.get(trigger.key);
  if (before !== undefined) return before;
  const since = findSince(story, trigger);
  known.set(trigger.key, since);
  return since;
}

function findSince(story: Story, trigger: Trigger): Since | null {
  const { key } = trigger;
  const { world, setting } = story;
  const first = firstOf(story, key);
  if (!first) return null;
  const { process, sentAt } = first;
  const base = lastSeenBefore(process, sentAt);
  const before = process.seen.filter(({ endedAt }) => endedAt <= sentAt);
  const { at = 0, asOf = 0 } = base ?? {};
  const wasShown = new Set(before.flatMap(({ shown }) => shown.map(({ id }) => id)));
  const newer = { asOf, wasShown, inProgress: NONE, ...listedAt(world, before, asOf) };
  // Without a `date` only what is newer than the baseline counts.
  if (!setting.hasDate) return { from: -Infinity, ...newer };
  const anyOf = { ...newer, asOf: -Infinity, wasShown: NONE };
  if (isOnlyReplayed(story, trigger)) return { from: REPLAY, ...anyOf };
  // What was in progress may have been another's: a minute before the first POST.
  const isAfterAnother =
    isKept(setting) && world.posts.some((one) => one.key === key && isInProgress(one));
  if (isAfterAnother) return { from: at - 70 * SECOND, ...anyOf, inProgress: wasShown };
  return { from: at - 10 * SECOND, ...newer };
}

/** What may have been sent first with a key, and by whom. */
function firstOf(
  { world, processes }: Story,
  key: string,
): { process: Process; sentAt: number } | null {
  const first = world.posts.find((post) => post.key === key && isMaybeSent(post));
  // One with both marks was refused, and then another process counted what another operator did.
  const recorded = world.disk
    .get(key)
    ?.find(({ marks }) => !marks.has('refused') || marks.has('accepted'));
  const recordedAt = recorded?.record.postedAt;
  const earlier = recordedAt ? processes[0] : undefined;
  const process = first ? processes[first.by] : earlier;
  return process ? { process, sentAt: first?.at ?? (recordedAt ?? 0) - EPOCH } : null;
}

/** Whether its key was used elsewhere, so that entries from before its baseline count, too. */
export const wasUsedElsewhere = (story: Story, trigger: Trigger): boolean =>
  sinceOf(story, trigger)?.asOf === -Infinity;

/**
 * Whether the record that a process was given was settled when the node had an entry already, so
 * that this one is somebody else's. @param own the entries that may be of the trigger
 */
export function isLater(
  { found }: Process,
  { key }: Trigger,
  { id, node }: Entry,
  own: readonly Entry[],
): boolean {
  const { newestWhenSettled = null, record } = found.get(key)?.kept ?? {};
  if (!record || newestWhenSettled === null || id <= newestWhenSettled) return false;
  // One below its baseline it does not count, even where the one that settled did.
  return own.some(
    (one) => one.node === node && one.id > record.baseline && one.id <= newestWhenSettled,
  );
}

/** Which nodes the log listed then, for the runtime and for others only, as far as it goes back. */
function listedAt(
  { entries }: World,
  before: readonly Seen[],
  asOf: number,
): Pick<Since, 'listed' | 'forOthers'> {
  const inLog = entries.filter((one) => one.shownAt <= asOf && one.goneAt > asOf);
  const shown = before.flatMap((read) => read.shown.map((one) => ({ ...one, node: one.node_id })));
  const nodesFor = (isHere: boolean): bigint[] =>
    [...inLog, ...shown].flatMap(({ node, runtime }) =>
      (runtime === 'iggy') === isHere ? [node] : [],
    );
  const listed = new Set(nodesFor(true));
  return { listed, forOthers: new Set(nodesFor(false).filter((node) => !listed.has(node))) };
}

/**
 * Whether an entry counts for the trigger, as far as a client can know: also that of another
 * operator who did the same later, or up to 10 s before the baseline; without a `date`, at any time.
 */
export function isOf({ nodes }: Trigger, since: Since, entry: Entry): boolean {
  const { id, node, action, createdAt, shownAt } = entry;
  return (
    action === 'restart' &&
    (nodes?.includes(node) ?? true) &&
    !since.wasShown.has(id) &&
    shownAt >= since.asOf &&
    createdAt >= since.from
  );
}

/** How many nodes Core counts, as far as the process knew at its end. */
export function coreFor({ core, coreTakes }: Setting, { hasCounted }: Process): number | null {
  return coreTakes === 0 || hasCounted ? core : null;
}

/** Nothing can change it any more, so it halts one process of a roll, and no later one. */
export const isLasting = (status: string | null): boolean =>
  status === 'rejected' || status === 'unconfirmed';

/** What a process was shown last of an entry, of its first reads. */
export function statusOf(seen: readonly Seen[], id: bigint): string | null {
  let last: string | null = null;
  for (const { shown } of seen) {
    const status = shown.find((one) => one.id === id)?.status;
    // A final status never goes back.
    if (status !== undefined && (last === null || last === 'processing')) last = status;
  }
  return last;
}

/** The reads by which a process decided about a node. */
export function readsFor(
  { seen, nodeEnds }: Process,
  nodes: Trigger['nodes'],
  isRoll: boolean,
): Seen[] {
  const node = isRoll ? nodes?.[0] : undefined;
  const end = node === undefined ? undefined : nodeEnds.get(node)?.reads;
  return seen.slice(0, end);
}
