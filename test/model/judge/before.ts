import type { Story } from '../play.js';
import type { Process, Seen } from '../process.js';
import { ALL, isKept, SECOND } from '../setting.js';
import type { Post } from '../world.js';
import type { Findings } from './clauses.js';
import { hasReadForeign, isMaybeSent, lastSeenBefore } from './facts.js';

/** Rules 1, 2, 5 and 9: what comes before a POST. */
export function* before(story: Story): Findings {
  const { posts } = story.world;
  for (const [n, post] of posts.entries()) {
    const process = story.processes[post.by];
    if (process) yield* beforePost(story, posts.slice(0, n), post, process);
  }
}

function* beforePost(
  story: Story,
  earlier: readonly Post[],
  post: Post,
  process: Process,
): Findings {
  const same = earlier.filter(({ key }) => key === post.key);
  const nth = same.filter(({ by }) => by === post.by).length;
  if (isKept(story.setting) && post.records <= nth) yield 'sent-without-record';
  if (hasReadForeign(process, post.at)) yield 'sent-by-foreign-log';
  if (process.interruptedAt <= post.at) yield 'sent-after-interrupt';
  if (post.continues || same.some(isMaybeSent)) return;
  const base = lastSeenBefore(process, post.at);
  if (!base) yield 'sent-without-baseline';
  else if (post.at - base.at > 10 * SECOND) yield 'old-baseline';
  if (hasJoined(story, base)) yield 'sent-to-others';
  yield* busy(story, post, process);
}

/** Whether a read shows more nodes than all, which were expected or agreed to. */
export function hasJoined({ setting: { use, looks } }: Story, read: Seen | undefined): boolean {
  // Without a look before, it does not know which nodes are others.
  const isHeld = use.is === 'run' && looks !== null && (use.isAgreed || use.expect !== undefined);
  const nodes = new Set(read?.shown.map(({ node_id: node }) => node));
  return isHeld && nodes.size > ALL.length;
}

/** How long a run waits depends on its key: up to 2 s, and with the keys of the model at least this. */
const SPREAD = 0.5 * SECOND;

function* busy(story: Story, post: Post, process: Process): Findings {
  const { ifBusy, use } = story.setting;
  if (ifBusy === 'ignore') return;
  const isBusy = isBusyFor(story, post.nodes ?? ALL);
  if (ifBusy === 'fail' && isBusy(process.seen[0])) yield 'busy-at-first';
  // A roll has looked for all of its nodes before.
  if (use.is === 'roll' && ifBusy === 'fail') return;
  if (ifBusy === 'wait') yield* spread(story, post, process, isBusy);
  if (isBusy(lastSeenBefore(process, post.at))) yield 'busy-right-before';
}

/** Those that have waited for the same entry do not all send at once. */
function* spread(
  { faults }: Story,
  post: Post,
  { seen }: Process,
  isBusy: (read: Seen) => boolean,
): Findings {
  const lastBusy = seen.findLastIndex((read) => read.endedAt <= post.at && isBusy(read));
  const freeAt = lastBusy < 0 ? -Infinity : (seen[lastBusy + 1]?.endedAt ?? Infinity);
  const isJoined = faults.some((fault) => String(fault).startsWith('a rival'));
  if (!isJoined && post.at < freeAt + SPREAD) yield 'busy-all-at-once';
}

/** Whether a read shows that one of the nodes is busy, and not by what was sent in this story. */
export function isBusyFor({ world }: Story, nodes: readonly bigint[]): (read?: Seen) => boolean {
  const isOwn = (id: bigint): boolean =>
    world.dispatches.some(({ post, made }) => post && made.some((entry) => entry.id === id));
  return (read) =>
    read?.shown.some(
      ({ id, node_id: node, status }) =>
        status === 'processing' && nodes.includes(node) && !isOwn(id),
    ) ?? false;
}
