import type { Story } from '../play.js';
import type { Process, Seen } from '../process.js';
import { SECOND, type Setting } from '../setting.js';
import type { Dispatch, Entry, Post } from '../world.js';
import type { Findings } from './clauses.js';
import { shownOf } from './shown.js';
import {
  coreFor,
  hasReadForeign,
  hasSlept,
  isLater,
  isOnlyReplayed,
  isOf,
  readsFor,
  sinceOf,
  statusOf,
  triggersOf,
  type Since,
  type Trigger,
} from './facts.js';

/**
 * Promise 3: exit 0 means that each targeted node has completed this action, in an activity that
 * came after the trigger was sent. due.ts says that of what the process was shown; here it is held
 * against what the world did.
 */
export function* done(story: Story, process: Process): Findings {
  const { use } = story.setting;
  const run = process.ended?.run;
  if (use.is === 'watch') yield* watched(story, process);
  if (!run || use.is === 'wait') return;
  yield* lacking(story, process);
  yield* rows(story, process);
  if (run.exitCode !== 0) return;
  if (hasReadForeign(process, Infinity)) yield 'done-by-foreign-log';
  for (const trigger of triggersOf(story)) {
    const since = sinceOf(story, trigger);
    if (!since) continue;
    if (run.result.outcome === 'accepted') yield* accepted(story, process, trigger, since);
    else yield* completed(story, process, trigger, since);
  }
}

/** Rule 7: a row without an id for each node that is lacking by Core's count. */
function* lacking(story: Story, process: Process): Findings {
  const { result, error } = process.ended?.run ?? {};
  const [trigger] = triggersOf(story);
  const since = trigger && sinceOf(story, trigger);
  if (!result || !since || error || result.targets !== 'observed') return;
  const core = coreFor(story.setting, process);
  if (result.core_count !== core) yield 'count-differs';
  if (result.outcome !== 'unconfirmed') return;
  const nameless = result.nodes.filter(({ node_id: node }) => node === null).length;
  const unknown = Math.max((core ?? 0) - knownNodes(process, since).size, 0);
  if (nameless !== unknown) yield 'rows-lacking';
}

/** Those that the log lists for any runtime, or that have acted. */
function knownNodes({ ended }: Process, { listed, forOthers }: Since): Set<bigint> {
  const rows = ended?.run?.result.nodes ?? [];
  return new Set([...listed, ...forOthers, ...rows.flatMap(({ node_id: node }) => node ?? [])]);
}

/** The id of each row is an entry of its node, and of this trigger. */
function* rows(story: Story, process: Process): Findings {
  const triggers = triggersOf(story);
  for (const { node_id: node, activity_id: id, status } of process.ended?.run?.result.nodes ?? []) {
    const trigger = triggers.find(({ nodes }) => node === null || (nodes?.includes(node) ?? true));
    const since = trigger ? sinceOf(story, trigger) : null;
    if (id === null) {
      if (status === 'missing' && since) yield* unnamed(story, process, node, since);
      continue;
    }
    const entry = story.world.entries.find((one) => one.id === id);
    if (entry?.node !== node) yield 'row-of-no-entry';
    else if (!OPEN_STATUSES.has(status)) yield* row(story, process, { trigger, since, entry });
  }
}

/** Rows of these may have the id of an entry that does not count. */
const OPEN_STATUSES: ReadonlySet<string | null> = new Set(['missing', null]);

function* row(
  story: Story,
  process: Process,
  { trigger, since, entry }: { trigger: Trigger | undefined; since: Since | null; entry: Entry },
): Findings {
  if (!trigger || !since || !isOf(trigger, since, entry)) {
    yield 'row-of-older-entry';
    return;
  }
  if (!entry.dispatch) yield entry.createdAt < 0 ? 'earlier-trigger' : 'rival';
  const own = story.world.entries.filter((one) => isOf(trigger, since, one));
  if (isLater(process, trigger, entry, own)) yield 'row-of-later-entry';
}

/** Rule 6: a row has the id of an entry above the baseline that was created too early to count. */
function* unnamed(
  { world }: Story,
  { seen }: Process,
  node: bigint | null,
  since: Since,
): Findings {
  if (node === null || since.from === -Infinity || since.asOf === -Infinity) return;
  const isEarly = (entry: Entry): boolean =>
    entry.node === node &&
    [...since.wasShown].every((id) => id < entry.id) &&
    entry.createdAt < since.from - SECOND &&
    isOf({ key: '', nodes: [node] }, { ...since, from: -Infinity }, entry) &&
    statusOf(seen, entry.id) !== null;
  if (world.entries.some(isEarly)) yield 'row-hides-early-entry';
}

/** With `--no-wait`: it was sent, or every node shows that it was. */
function* accepted(story: Story, { endedAt }: Process, trigger: Trigger, since: Since): Findings {
  if (story.world.dispatches.some(({ key }) => key === trigger.key)) return;
  const ours = story.world.entries.filter((entry) => isOf(trigger, since, entry));
  const isShown = (node: bigint): boolean =>
    ours.some((entry) => entry.node === node && entry.shownAt <= endedAt);
  if (!(trigger.nodes ?? [...since.listed]).every(isShown)) yield 'accepted-unsent';
  else yield 'rival';
}

function* completed(story: Story, process: Process, trigger: Trigger, since: Since): Findings {
  const { world, setting } = story;
  const reads = readsFor(process, trigger.nodes, setting.use.is === 'roll');
  const ours = world.entries.filter((entry) => isOf(trigger, since, entry));
  const dispatches = world.dispatches.filter(({ key }) => key === trigger.key);
  if (trigger.nodes === null) {
    yield* counted(story, process, since);
    yield* actsAfterAll(story, process, dispatches);
  }
  if (isOnlyReplayed(story, trigger)) {
    yield* replayed(dispatches, ours, reads);
    return;
  }
  if (waitsTooLong(story, process, trigger, since)) yield 'ends-too-late';
  yield* noneLater(process, since, dispatches);
  const isOpenEnded = trigger.nodes === null && !('expect' in setting.use && setting.use.expect);
  const listed = isOpenEnded ? since.listed : null;
  yield* noneMissed(story, process, { trigger, ours, dispatches, listed });
}

/** Rule 7: a run ends once no other entry is to be expected. Held to it only without faults. */
function waitsTooLong(story: Story, process: Process, trigger: Trigger, since: Since): boolean {
  if (!isUndisturbed(story, process)) return false;
  const { seen, facts, endedAt } = process;
  const { grace, quiet } = patience(story, process, trigger, since);
  const accepted = facts.find(({ of }) => of === 'post')?.at ?? 0;
  // The last read that showed something new of it.
  const news = seen.findLast((read, n) => isNews(story, trigger, since, read, seen[n - 1]));
  const gap = (seen.at(-1)?.requests ?? 1) * (SECOND / 4);
  const settled = Math.max(accepted + grace, (news?.endedAt ?? 0) + quiet);
  return endedAt > settled + gap + SECOND / 2;
}

function isUndisturbed(story: Story, { facts }: Process): boolean {
  const { setting, wasKilled, processes } = story;
  const isAlone = setting.use.is === 'run' && processes.length === 1 && !wasKilled;
  const isPlain = setting.coreTakes === 0 && !hasSlept(story);
  return isAlone && isPlain && facts.every(({ code }) => code === null);
}

/** How long another entry may take after the POST, and after the newest one. */
function patience(story: Story, process: Process, trigger: Trigger, since: Since) {
  const { use } = story.setting;
  if (trigger.nodes !== null || ('expect' in use && use.expect !== undefined)) {
    return { grace: 2 * SECOND, quiet: 0 };
  }
  const own = shownOf(story, process, trigger);
  const mayReport = [...since.listed, ...since.forOthers].some((node) => !own?.has(node));
  const grace = (since.listed.size === 0 ? 10 : 3) * SECOND;
  return { grace, quiet: (mayReport ? 10 : 2) * SECOND };
}

/** Whether a read shows an entry of the trigger that the one before did not, or its end. */
function isNews(
  { world }: Story,
  trigger: Trigger,
  since: Since,
  read: Seen,
  before?: Seen,
): boolean {
  const statusIn = (one: Seen | undefined, id: bigint): string | undefined =>
    one?.shown.find((shown) => shown.id === id)?.status;
  return world.entries.some(
    (entry) =>
      isOf(trigger, since, entry) &&
      statusIn(read, entry.id) !== undefined &&
      statusIn(read, entry.id) !== statusIn(before, entry.id),
  );
}

/** Rule 7: exit 0 comes after Core's count, and the result lists every node that the log lists. */
function* counted({ setting }: Story, process: Process, since: Since): Findings {
  const { nodes = [], not_acted_on: left = [] } = process.ended?.run?.result ?? {};
  if (setting.coreTakes > 0 && !process.hasCounted) yield 'done-before-count';
  const isNamed = (node: bigint): boolean =>
    left.includes(node) || nodes.some(({ node_id: id }) => id === node);
  if (![...since.listed, ...since.forOthers].every(isNamed)) yield 'node-without-a-word';
  if (!left.every((node) => since.listed.has(node) || since.forOthers.has(node))) {
    yield 'names-an-unlisted-node';
  }
}

/** Two limits: a node that Core's count left out acts all the same. */
function* actsAfterAll(
  { setting }: Story,
  process: Process,
  dispatches: readonly Dispatch[],
): Findings {
  const { nodes = [], not_acted_on: left = [] } = process.ended?.run?.result ?? {};
  const acts = (node: bigint): boolean =>
    dispatches.some(({ made }) => made.some((entry) => entry.node === node));
  if (left.some(acts)) yield 'counted-out';
  const hasNew = dispatches.some(({ made }) =>
    made.some(({ node }) => !nodes.some(({ node_id: id }) => id === node) && !left.includes(node)),
  );
  if (hasNew && setting.past === 'a node for others' && setting.core !== null) yield 'place-filled';
}

/** Of a replay the newest entry of a node counts, where the log shows it within 10 s. */
function* replayed(
  dispatches: readonly Dispatch[],
  ours: readonly Entry[],
  reads: readonly Seen[],
): Findings {
  for (const { made } of dispatches) {
    for (const { id, node, shownAt, goneAt } of made) {
      const isNewer = (entry: Entry): boolean => entry.node === node && entry.id >= id;
      const some = ours.filter(isNewer).map((entry) => statusOf(reads, entry.id));
      if (goneAt < Infinity || some.includes('completed')) continue;
      yield shownAt <= 9 * SECOND ? 'done-by-earlier-deploy' : 'late-replay';
    }
  }
}

/** An entry from before the POST counts only where its node has no newer one within 10 s. */
function* noneLater(
  { ended }: Process,
  { inProgress }: Since,
  dispatches: readonly Dispatch[],
): Findings {
  const rows = ended?.run?.result.nodes ?? [];
  for (const { post, made } of dispatches) {
    for (const { id, node, shownAt, goneAt } of made) {
      const isByOlder = rows.some(
        ({ node_id, activity_id: by }) =>
          node_id === node && by !== null && by < id && inProgress.has(by),
      );
      if (!isByOlder || goneAt < Infinity) continue;
      const inTime = shownAt <= (post?.at ?? 0) + 9 * SECOND;
      yield inTime ? 'done-by-what-was-running' : 'late-replay';
    }
  }
}

/** What the server did for a run, and which entries may be of it. */
interface Work {
  trigger: Trigger;
  ours: readonly Entry[];
  dispatches: readonly Dispatch[];
  /** On every node without a number: those that the log lists. */
  listed: ReadonlySet<bigint> | null;
}

/** Rule 7: an entry that shows up within the grace counts. */
function* noneMissed({ setting }: Story, process: Process, work: Work): Findings {
  const { by, seen, endedAt } = process;
  if (seen.some(({ isStale }) => isStale)) return;
  const reads = readsFor(process, work.trigger.nodes, setting.use.is === 'roll');
  const decidedAt = reads.at(-1)?.at ?? 0;
  for (const dispatch of work.dispatches) {
    const { at, post } = dispatch;
    // One that continues from a record counts from its POST.
    const wasLong = post !== null && post.by !== by && at > post.at + SECOND;
    if (wasLong || at >= decidedAt || !misses(work, dispatch, endedAt)) continue;
    yield missOf(setting.past, post);
  }
}

/** The late entry of another trigger is a trace of a lost POST: then the grace began before. */
const missOf = (past: Setting['past'], post: Post | null) =>
  past === 'a late entry' && post?.means === 'unknown' ? 'early-trace' : 'done-before-grace';

/** In seconds, for nodes that have no entry yet. @param listed what the log lists; null if named */
function graceOf(listed: Work['listed']): number {
  if (listed === null) return 2;
  return listed.size === 0 ? 10 : 3;
}

function misses({ ours, listed }: Work, { at, made }: Dispatch, endedAt: number): boolean {
  const grace = graceOf(listed) * SECOND;
  let newAt = -Infinity;
  // Of every node, a new one gives the others more time: most to those that the log lists and that
  // have no entry of another operator in their place.
  const timeOf = ({ node, shownAt }: Entry): number => {
    const isTaken = ours.some(
      (one) => one.node === node && one.shownAt < shownAt && !made.includes(one),
    );
    return newAt + (listed?.has(node) && !isTaken ? 10 : 2) * SECOND;
  };
  for (const one of ours.toSorted((a, b) => a.shownAt - b.shownAt)) {
    if (!made.includes(one)) continue;
    if (one.shownAt > Math.max(at + grace, listed ? timeOf(one) : -Infinity)) continue;
    newAt = one.shownAt;
    const isBad = one.end !== 'completed' || one.doneAt > endedAt;
    if (isBad && one.goneAt === Infinity) return true;
  }
  return false;
}

/** A watch has emitted each entry as it was last shown, and ends when those are final. */
function* watched({ world }: Story, { ended, seen }: Process): Findings {
  if (!ended?.watch) return;
  const { entries, error, anyRejected } = ended.watch;
  const emittedOf = (id: bigint): string | null =>
    entries.find((one) => one.id === id)?.status ?? null;
  if (world.entries.some(({ id }) => statusOf(seen, id) !== emittedOf(id))) yield 'watch-hides';
  const startedAt = seen[0]?.at ?? Infinity;
  const early = world.entries.filter(
    ({ shownAt, goneAt }) => shownAt <= startedAt + 2 * SECOND && goneAt === Infinity,
  );
  if (error) return;
  if (early.some(({ id }) => isOpen(emittedOf(id)))) yield 'watch-ends-too-soon';
  const wasRejected = early.some(({ id }) => emittedOf(id) === 'rejected' && wasOpen(seen, id));
  if (wasRejected && !anyRejected) yield 'watch-loses-rejection';
}

const isOpen = (status: string | null): boolean => status === null || status === 'processing';

const wasOpen = (seen: readonly Seen[], id: bigint): boolean =>
  seen.some(({ shown }) => shown.some((one) => one.id === id && one.status === 'processing'));
