import { keyOf, PAUSE } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { SECOND, windowOf, type Use } from '../setting.js';
import type { Dispatch, Post } from '../world.js';
import type { Findings } from './clauses.js';
import { isLasting, isMaybeSent } from './facts.js';

type RollUse = Use & { is: 'roll' };

/** One POST of a roll, and the process that made it. */
interface Sent {
  story: Story;
  use: RollUse;
  post: Post;
  earlier: readonly Post[];
  process: Process;
}

/** A roll sends no more than two a second, none after a halt, and none before the pause is over. */
export function* rolled(story: Story): Findings {
  const { use } = story.setting;
  const { posts } = story.world;
  if (use.is !== 'roll') return;
  for (const [n, post] of posts.entries()) {
    const process = story.processes[post.by];
    if (!process) continue;
    const sent = { story, use, post, earlier: posts.slice(0, n), process };
    yield* order(sent);
    yield* time(sent);
    for (const node of process.nodeEnds.keys()) yield* afterNode(sent, node);
    yield* window(sent);
  }
  if (isHeldUp(story, use)) yield 'roll-held-up';
}

/** With `--if-busy wait` and room: a node that is not busy is sent to at once. */
function isHeldUp({ setting, world, processes, faults }: Story, use: RollUse): boolean {
  const [first] = processes;
  const read = first?.seen[0];
  if (setting.ifBusy !== 'wait' || use.window === 1 || faults.length > 0 || !read) return false;
  const busy = read.shown.filter(({ status }) => status === 'processing');
  const free = use.nodes.filter((node) => !busy.some((one) => one.node_id === node));
  const sentAt = world.posts[0]?.at ?? Infinity;
  return busy.length > 0 && free.length > 0 && sentAt > read.endedAt + 2 * SECOND;
}

function* order(sent: Sent): Findings {
  const { use, post, earlier } = sent;
  const own = earlier.filter(({ by }) => by === post.by);
  const last = own.at(-1);
  if (last && post.at < last.at + SECOND / 2) yield 'roll-pace';
  if (earlier.some(({ key }) => key === post.key)) return;
  const order = use.nodes.map((node) => keyOf([node]));
  const isLate = own.some(({ key }) => order.indexOf(key) > order.indexOf(post.key));
  if (isLate && use.window === 1) yield 'roll-order';
  if (windowOf(use, post.by > 0) === 1) yield* overtaken(sent);
}

/** A new node comes after those that an earlier process may have sent to, however they ended. */
function* overtaken({ story, earlier, post, process }: Sent): Findings {
  const before = story.processes.slice(0, post.by);
  for (const other of earlier) {
    const [node = 0n] = other.nodes ?? [];
    const isNoted = before.some(({ noted }) => noted.has(other.key));
    const isOpen = (process.nodeEnds.get(node)?.at ?? Infinity) > post.at;
    if (other.by < post.by && isMaybeSent(other) && isOpen && !isNoted) yield 'roll-overtakes';
  }
}

function* time({ use, post, process }: Sent): Findings {
  if (post.at > (use.timeoutMs ?? Infinity)) yield 'roll-time';
  if (post.at > process.stoppedAt) yield 'roll-stopped';
}

/** What the end of another node says of it. */
function* afterNode({ story, use, post, process }: Sent, node: bigint): Findings {
  const { at = Infinity, status = null } = process.nodeEnds.get(node) ?? {};
  if (post.nodes?.includes(node) || at > post.at) return;
  const isNoted = story.processes.slice(0, post.by).some(({ noted }) => noted.has(keyOf([node])));
  if (status !== 'completed') {
    if (!isLasting(status) || !isNoted) yield 'roll-halts';
    return;
  }
  // Without a gate, no pause of another process is repeated.
  const isOwn = !process.found.has(keyOf([node]));
  if (use.window === 1 && isOwn && post.at < at + PAUSE) yield 'roll-pause';
}

function* window({ story, use, post, process }: Sent): Findings {
  const hasSettled = (node: bigint): boolean =>
    (process.nodeEnds.get(node)?.at ?? Infinity) <= post.at;
  const running = story.world.dispatches.filter(
    (one) =>
      !one.post?.nodes?.some((node) => post.nodes?.includes(node) || hasSettled(node)) &&
      isRunning(one, post.at),
  );
  if (new Set(running.map(({ key }) => key)).size >= windowOf(use, post.by > 0)) {
    yield 'roll-window';
  }
}

/** A dispatch that was long on its way, or an entry that shows late, is running unseen. */
function isRunning({ post, at, made }: Dispatch, now: number): boolean {
  if (!post || at > post.at + SECOND || at >= now) return false;
  return made.some(
    ({ shownAt, doneAt, goneAt }) =>
      shownAt <= at + 5 * SECOND && doneAt > now && doneAt < Infinity && goneAt > now,
  );
}
