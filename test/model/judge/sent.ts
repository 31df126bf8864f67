import { keyOf, PAUSE } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { ALL, isKept, processesOf, SECOND, windowOf } from '../setting.js';
import type { Dispatch, Post } from '../world.js';
import {
  hasReadAnother,
  isLasting,
  isMaybeSent,
  isOf,
  lastSeenBefore,
  sinceOf,
  triggersOf,
} from './facts.js';

/** Promise 2, at most once, and the rules of what may be sent when. */
export function* sent(story: Story): Generator<string> {
  const { posts } = story.world;
  for (const [n, post] of posts.entries()) {
    const earlier = posts.slice(0, n);
    yield* again(story, earlier, post);
    yield* before(story, earlier, post);
    if (story.setting.use.is === 'roll') yield* ofRoll(story, earlier, post);
  }
  yield* twice(story);
}

function* twice({ setting, world, processes }: Story): Generator<string> {
  for (const later of world.dispatches) {
    for (const first of world.dispatches) {
      if (first.key !== later.key || !first.post || !later.post) continue;
      if (first.post.at >= later.post.at) continue;
      if (later.post.met === 'stopped before it leaves') continue;
      if (first.post.apiKey !== later.post.apiKey) yield 'run twice: by another API key';
      else if (setting.honours) yield 'run twice: the server had forgotten the key';
      else if (!processes.some(({ seen }) => seen.some(({ isStale }) => isStale))) {
        if (wasVisible(first, first.post, later.post)) yield 'run twice, though the log showed it';
      }
    }
  }
}

function wasVisible({ made }: Dispatch, first: Post, later: Post): boolean {
  return made.some(
    ({ shownAt, goneAt }) => shownAt <= first.at + 5 * SECOND && goneAt > later.endedAt,
  );
}

/** Rule 4: what may have been sent is sent again only so long, and not after some answers. */
function* again(story: Story, earlier: readonly Post[], post: Post): Generator<string> {
  const { processes, faults } = story;
  const same = earlier.filter(({ key }) => key === post.key);
  const own = same.filter(({ by }) => by === post.by);
  if (own.some(({ met }) => met.startsWith('redirect'))) yield 'sent again after a redirect';
  if (post.wasAccepted || own.some(({ means }) => means === 'accepted')) {
    yield 'sent again after it was accepted';
  }
  if (own.some(({ means }) => means === 'no')) yield 'sent again after a no';
  const last = own.at(-1);
  const pause = last?.met === '429' ? 12 * SECOND : last?.means === 'later' ? SECOND : 0;
  if (last && post.at < last.endedAt + pause) yield 'sent again sooner than it was told';
  const others = same.filter((one) => one.by !== post.by && isMaybeSent(one));
  const [first] = others.length > 0 ? others : own.filter(isMaybeSent);
  if (!first) return;
  if (wasShown(story, first, post)) yield 'sent again though the log showed an entry';
  const limit = others.length > 0 ? 540 * SECOND : 120 * SECOND;
  if (post.at > first.at + limit) {
    yield `sent again ${limit / SECOND} s after the first POST started`;
  }
  const wasAccepted = others.some(
    ({ by, means }) => means === 'accepted' && (processes[by]?.endedAt ?? Infinity) <= post.at,
  );
  if (wasAccepted && !faults.includes('unwritable')) {
    yield 'sent again after another had ended well';
  }
  if (isByOldRead(story, post)) yield 'sent again on a read that was long ago';
  if (others.some(({ wall }) => wall > post.wall)) yield 'sent again by a clock that is off';
  if (others.some(({ apiKey }) => apiKey !== post.apiKey)) yield 'sent again by another API key';
}

/** Whether what may have been sent is sent again by a read that another one should have followed. */
function isByOldRead({ setting, processes }: Story, { by, at }: Post): boolean {
  const { use } = setting;
  // Beside others a process may be held up at any time.
  if (processesOf(setting) > 1) return false;
  const atOnce = use.is === 'roll' ? windowOf(use, by > 0) : 1;
  const read = processes[by]?.seen.findLast(({ endedAt }) => endedAt <= at);
  // Where several are sent again by one read, there are two a second.
  return !read || at >= read.endedAt + (atOnce * SECOND) / 2;
}

/** Whether a read since the first POST showed what may be of it, even one that is older by its time. */
function wasShown(story: Story, first: Post, post: Post): boolean {
  const { by, key } = post;
  const trigger = triggersOf(story).find((one) => one.key === key);
  const since = trigger && sinceOf(story, trigger);
  // What was in progress may have been another's.
  if (!since || since.asOf === -Infinity) return false;
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

/** Rules 1, 2 and 5: what comes before a POST. */
function* before(story: Story, earlier: readonly Post[], post: Post): Generator<string> {
  const { setting, processes } = story;
  const process = processes[post.by];
  if (!process) return;
  const nth = earlier.filter(({ by, key }) => by === post.by && key === post.key).length;
  if (isKept(setting) && post.records <= nth) yield 'sent without a record';
  const continues = setting.use.is === 'roll' && setting.use.continueOnError;
  if (!continues && hasReadAnother(process, post.at)) {
    yield 'sent though the log is that of another';
  }
  if (process.interruptedAt <= post.at) yield 'sent after an interrupt';
  const wasSent = post.continues || earlier.some((one) => one.key === post.key && isMaybeSent(one));
  if (wasSent) return;
  const base = lastSeenBefore(process, post.at);
  if (!base) yield 'sent without a baseline';
  else if (post.at - base.at > 10 * SECOND) yield 'sent on a baseline older than 10 s';
  yield* busy(story, post);
}

/** Rule 9: by its key each run waits a little, up to 2 s; by those of the model at least so long. */
const SPREAD = 0.8 * SECOND;

function* busy({ setting, processes, world, faults }: Story, post: Post): Generator<string> {
  const { ifBusy, use } = setting;
  const process = processes[post.by];
  if (ifBusy === 'ignore' || !process) return;
  const nodes = post.nodes ?? ALL;
  const isBusy = (seen = process.seen[0]): boolean =>
    seen?.shown.some(
      ({ id, node_id: node, status }) =>
        status === 'processing' && nodes.includes(node) && !isOwn(id),
    ) ?? false;
  const isOwn = (id: bigint): boolean =>
    world.dispatches.some(({ post: by, made }) => by && made.some((entry) => entry.id === id));
  if (ifBusy === 'fail' && isBusy()) yield 'sent to a busy node, with --if-busy fail';
  if (use.is === 'roll' && ifBusy === 'fail') return;
  const lastBusy = process.seen.findLastIndex((read) => read.endedAt <= post.at && isBusy(read));
  const freeAt = lastBusy < 0 ? -Infinity : (process.seen[lastBusy + 1]?.endedAt ?? Infinity);
  const isJoined = faults.some((fault) => String(fault).startsWith('a rival'));
  if (ifBusy === 'wait' && !isJoined && post.at < freeAt + SPREAD) {
    yield 'sent right when a node became free';
  }
  if (isBusy(lastSeenBefore(process, post.at))) {
    yield `sent to a node that was busy right before, with --if-busy ${ifBusy}`;
  }
}

/** A roll sends no more than two a second, none after a halt, and none before the pause is over. */
function* ofRoll(story: Story, earlier: readonly Post[], post: Post): Generator<string> {
  const { setting, processes, wasKilled, stoppedAt, world } = story;
  const { use } = setting;
  const process = processes[post.by];
  if (use.is !== 'roll' || !process) return;
  const own = earlier.filter(({ by }) => by === post.by);
  const last = own.at(-1);
  if (last && post.at < last.at + 500) yield 'a roll sent more than two a second';
  const order = use.nodes.map((node) => keyOf([node]));
  const isFirst = !earlier.some(({ key }) => key === post.key);
  const later = own.some(({ key }) => order.indexOf(key) > order.indexOf(post.key));
  if (isFirst && later && use.window === 1) yield 'a roll sent out of order';
  if (isFirst && windowOf(use, post.by > 0) === 1) yield* overtaken(story, earlier, post, process);
  if (post.at > (use.timeoutMs ?? Infinity)) yield 'a roll sent after its time was up';
  if (post.at > stoppedAt) yield 'a roll sent after a halt or an interrupt';
  for (const [node, { at, status }] of process.settled) {
    const isOther = !post.nodes?.includes(node) && at <= post.at;
    if (!isOther) continue;
    const isTold = processes.slice(0, post.by).some(({ noted }) => noted.has(keyOf([node])));
    const mayGoOn = use.continueOnError || (isLasting(status) && isTold);
    if (status !== 'completed' && !mayGoOn) yield 'a roll sent after a node had failed';
    if (
      !wasKilled &&
      use.window === 1 &&
      !use.continueOnError &&
      status === 'completed' &&
      post.at < at + PAUSE
    ) {
      yield 'a roll sent before its pause was over';
    }
  }
  // A dispatch that was long on its way, or an entry that shows late, is running unseen.
  const running = world.dispatches.filter(
    ({ post: by, at, made }) =>
      by &&
      !by.nodes?.some(
        (node) =>
          post.nodes?.includes(node) === true ||
          (process.settled.get(node)?.at ?? Infinity) <= post.at,
      ) &&
      at <= by.at + SECOND &&
      at < post.at &&
      made.some(
        ({ shownAt, doneAt, goneAt }) =>
          shownAt <= at + 5 * SECOND && doneAt > post.at && doneAt < Infinity && goneAt > post.at,
      ),
  );
  if (new Set(running.map(({ key }) => key)).size >= windowOf(use, post.by > 0)) {
    yield 'a roll has more running than its window';
  }
}

/** A new node comes after those that an earlier process may have sent to, however they ended. */
function* overtaken(
  { processes }: Story,
  earlier: readonly Post[],
  post: Post,
  { settled }: Process,
): Generator<string> {
  const before = processes.slice(0, post.by);
  for (const other of earlier) {
    const [node = 0n] = other.nodes ?? [];
    const isTold = before.some(({ noted }) => noted.has(other.key));
    const isOpen = (settled.get(node)?.at ?? Infinity) > post.at;
    if (other.by < post.by && isMaybeSent(other) && isOpen && !isTold) {
      yield 'a roll started a node while it was open what an earlier process had sent';
    }
  }
}
