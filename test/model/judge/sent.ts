import type { Story } from '../play.js';
import { processesOf, SECOND, windowOf } from '../setting.js';
import type { Dispatch, Post } from '../world.js';
import type { Findings } from './clauses.js';
import { isMaybeSent, isOf, sinceOf, triggersOf, wasUsedElsewhere } from './facts.js';

/** Promise 2, at most once: what is sent again, when, and by whom. */
export function* sent(story: Story): Findings {
  const { posts } = story.world;
  for (const [n, post] of posts.entries()) {
    const same = posts.slice(0, n).filter(({ key }) => key === post.key);
    yield* againByItself(same, post);
    yield* again(story, same, post);
  }
  for (const later of story.world.dispatches) {
    for (const first of story.world.dispatches) yield* twice(story, first, later);
  }
}

function* twice({ setting, processes }: Story, first: Dispatch, later: Dispatch): Findings {
  if (first.key !== later.key || !first.post || !later.post) return;
  // A gateway may have doubled one POST.
  if (first.post === later.post || first.post.at > later.post.at) return;
  const isByOther = first.post.apiKey !== later.post.apiKey;
  if (setting.honours && !isByOther) yield 'run-twice-forgotten';
  else if (first.post.met === GATEWAY) yield 'gateway-429';
  else if (wasVisible(first, first.post, later.post) && !hasStale(processes)) yield 'run-twice';
  else yield 'late-and-ignored';
}

const GATEWAY = '429 of a gateway that has sent it on';

const hasStale = (processes: Story['processes']): boolean =>
  processes.some(({ seen }) => seen.some(({ isStale }) => isStale));

function wasVisible({ made }: Dispatch, first: Post, later: Post): boolean {
  return made.some(
    ({ shownAt, goneAt }) => shownAt <= first.at + 5 * SECOND && goneAt > later.endedAt,
  );
}

/** Rule 3: what the answers to its own POSTs say of the next one. */
function* againByItself(same: readonly Post[], post: Post): Findings {
  const own = same.filter(({ by }) => by === post.by);
  if (own.some(({ met }) => met.startsWith('redirect'))) yield 'again-after-redirect';
  if (post.wasAccepted || own.some(({ means }) => means === 'accepted')) {
    yield 'again-after-accepted';
  }
  if (own.some(({ means }) => means === 'no')) yield 'again-after-no';
  const last = own.at(-1);
  if (last && post.at < last.endedAt + pauseAfter(last)) yield 'again-too-soon';
}

function pauseAfter({ met, means }: Post): number {
  if (met.startsWith('429')) return 12 * SECOND;
  return means === 'later' ? SECOND : 0;
}

/** Rules 2 and 4: how long a POST that may have run is sent again, and after which reads. */
function* again(story: Story, same: readonly Post[], post: Post): Findings {
  const others = same.filter((one) => one.by !== post.by && isMaybeSent(one));
  const own = same.filter((one) => one.by === post.by && isMaybeSent(one));
  const [first] = others.length > 0 ? others : own;
  if (!first) return;
  if (wasShown(story, first, post)) yield 'again-though-shown';
  if (isByOldRead(story, post)) yield 'again-by-old-read';
  const reads = story.processes[post.by]?.seen.filter(
    ({ at, endedAt }) => at >= first.endedAt && endedAt <= post.at,
  );
  if (!reads?.some(({ isDeep }) => isDeep)) yield 'again-by-shallow-read';
  if (others.length === 0) {
    if (post.at > first.at + 120 * SECOND) yield 'again-too-late';
    return;
  }
  if (post.at > first.at + 540 * SECOND) yield 'record-again-too-late';
  if (others.some(({ met }) => met.startsWith('redirect'))) yield 'redirected';
  yield* afterOthers(story, others, post);
}

function* afterOthers({ processes, faults }: Story, others: readonly Post[], post: Post): Findings {
  const wasAccepted = others.some(
    ({ by, means }) => means === 'accepted' && (processes[by]?.endedAt ?? Infinity) <= post.at,
  );
  if (wasAccepted && !faults.includes('unwritable')) yield 'again-after-another';
  if (others.some(({ wall }) => wall > post.wall)) yield 'again-by-wrong-clock';
  if (others.some(({ apiKey }) => apiKey !== post.apiKey)) yield 'again-by-another-key';
}

/** Whether it is sent again on an old read: another read should have come first. */
function isByOldRead({ setting, processes, world }: Story, { by, at }: Post): boolean {
  const { use } = setting;
  // Beside others a process may be held up at any time.
  if (processesOf(setting) > 1) return false;
  const atOnce = use.is === 'roll' ? windowOf(use, by > 0) : 1;
  const read = processes[by]?.seen.findLast(({ endedAt }) => endedAt <= at);
  const before = world.posts.filter((post) => post.by === by && post.at < at);
  // Where several are sent again by one read, there are two a second. A server that may count the
  // read is left alone for a moment.
  const mostMs = Math.max(atOnce / 2, ...before.map(({ met }) => distanceAfter(met))) * SECOND;
  return !read || at >= read.endedAt + mostMs;
}

/** How long after its read a POST may come that follows such an answer, s. */
function distanceAfter(met: Post['met']): number {
  if (met.startsWith('503')) return 1.5;
  return met.startsWith('429') ? 5.5 : 0;
}

/** Whether a read since the first POST showed what may be of it, even one that is older by its time. */
function wasShown(story: Story, first: Post, post: Post): boolean {
  const { by, key } = post;
  const trigger = triggersOf(story).find((one) => one.key === key);
  const since = trigger && sinceOf(story, trigger);
  // What was in progress may have been another's.
  if (!since || wasUsedElsewhere(story, trigger)) return false;
  const reads =
    story.processes[by]?.seen.filter(
      (read) => read.at > first.endedAt && read.endedAt <= post.at,
    ) ?? [];
  const ids = new Set(reads.flatMap(({ shown }) => shown.map(({ id }) => id)));
  const ofAnyTime = { ...since, from: -Infinity };
  const isNewer = (id: bigint): boolean => [...since.wasShown].every((old) => old < id);
  return story.world.entries.some(
    (one) => ids.has(one.id) && isNewer(one.id) && isOf(trigger, ofAnyTime, one),
  );
}
