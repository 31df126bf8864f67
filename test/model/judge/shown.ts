import { AFTER, APPEAR } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process, Seen } from '../process.js';
import { SECOND } from '../setting.js';
import { EPOCH, type Entry } from '../world.js';
import {
  highestIn,
  isLater,
  isMaybeSent,
  lastSeenBefore,
  readsFor,
  type Trigger,
} from './facts.js';

/*
 * What a process was shown of the entries that are its own: rules 5 to 8 of docs/rules.md, read
 * backwards from its end.
 */

/** Above which id entries count, created when, and in which reads it was shown. */
interface Scope {
  above: bigint;
  createdFrom: number;
  reads: readonly Seen[];
}

/** As last shown. `missing`: it was open, and gone from the log for long enough. */
export type Status = 'completed' | 'rejected' | 'processing' | 'missing';
/** The worst entry of each node, or of each activity where these are wanted. */
export type Shown = ReadonlyMap<bigint, Status>;

/** @returns null where nothing was sent, so that nothing is its own */
export function shownOf(story: Story, process: Process, trigger: Trigger): Shown | null {
  const scope = scopeOf(story, process, trigger);
  if (!scope) return null;
  const { use } = story.setting;
  const ids = 'ids' in use ? use.ids : null;
  const isOwn = ({ id, node, action, createdAt }: Entry): boolean =>
    ids
      ? ids.includes(id)
      : action === 'restart' &&
        id > scope.above &&
        createdAt >= scope.createdFrom &&
        (trigger.nodes?.includes(node) ?? true);
  const own = story.world.entries.filter(isOwn);
  const worst = new Map<bigint, Status>();
  for (const entry of own) {
    if (isLater(process, trigger, entry, own)) continue;
    const status = lastOf(entry.id, scope.reads);
    const of = ids ? entry.id : entry.node;
    if (status) worst.set(of, worse(status, worst.get(of)));
  }
  return worst;
}

const SEVERITY: readonly Status[] = ['completed', 'processing', 'missing', 'rejected'];

const worse = (a: Status, b: Status = 'completed'): Status =>
  SEVERITY.indexOf(a) > SEVERITY.indexOf(b) ? a : b;

/** A final status never changes; an open entry that is gone for long is lost. */
function lastOf(id: bigint, reads: readonly Seen[]): Status | null {
  let status: Status | null = null;
  let goneSince: number | null = null;
  let readAt = 0;
  for (const { shown, endedAt, at } of reads) {
    const now = shown.find((one) => one.id === id)?.status;
    if (now !== undefined && status !== 'completed' && status !== 'rejected') {
      status = now as Status;
    }
    goneSince = now === undefined ? (goneSince ?? endedAt) : null;
    readAt = at;
  }
  const isLost = goneSince !== null && readAt - goneSince >= APPEAR;
  return status === 'processing' && isLost ? 'missing' : status;
}

function scopeOf(story: Story, process: Process, { key, nodes }: Trigger): Scope | null {
  const { setting, world } = story;
  const reads = readsFor(process, nodes, setting.use.is === 'roll').filter(
    ({ isForeign }) => !isForeign,
  );
  if (setting.use.is === 'wait') return { above: AFTER, createdFrom: -Infinity, reads };
  const found = process.found.get(key);
  if (found) {
    const { baseline, date } = found.kept.record;
    const createdFrom = date === null ? -Infinity : date - EPOCH - 10 * SECOND;
    return { above: baseline, createdFrom, reads: reads.filter(({ at }) => at >= found.at) };
  }
  const first = world.posts.find(
    (post) => post.by === process.by && post.key === key && isMaybeSent(post),
  );
  const base = first && lastSeenBefore(process, first.at);
  if (!base) return null;
  // In a roll, a read above the baseline of another node, or of its record, may show nothing.
  const before = process.seen.filter(({ endedAt }) => endedAt <= first.at).map(highestIn);
  for (const { kept, at } of process.found.values()) {
    if (at <= first.at) before.push(kept.record.baseline);
  }
  const above = base.shown.length > 0 ? highestIn(base) : before.reduce((a, b) => (a > b ? a : b));
  // The server's time is cut to whole seconds on its pages.
  const date = setting.log === 'whole' ? base.asOf : base.asOf - (base.asOf % SECOND);
  const createdFrom = setting.hasDate ? date - 10 * SECOND : -Infinity;
  return { above, createdFrom, reads: reads.filter(({ at }) => at >= first.at) };
}
