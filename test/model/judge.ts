import { Interrupted } from '../../src/base/errors.js';
import type { Ended, Setting, Story } from './play.js';
import { ALL, SECOND, type Entry } from './world.js';

/**
 * Holds promises 2, 3 and 4 against what the world did.
 * @returns which was broken; null for none
 */
export function judge(setting: Setting, story: Story): string | null {
  const broken = story.why ?? twice(setting, story) ?? begun(setting, story);
  if (broken !== null) return broken;
  for (const ended of story.ended) {
    const why =
      nothingSent(story, ended) ?? done(setting, story, ended) ?? passed(setting, story, ended);
    if (why !== null) return why;
  }
  return null;
}

/** At most once. What a server that ignores keys shows more than 5 s late, no client can hold. */
function twice({ honours, processes }: Setting, { world: { dispatched } }: Story): string | null {
  for (const one of dispatched) {
    if (one.after !== null) return `sent again after ${one.after}`;
    for (const other of dispatched) {
      if (other === one || other.key !== one.key) continue;
      if (honours) return 'dispatched twice';
      if (other.sentAt >= one.sentAt) continue;
      // One that was held up has read a while before. Whoever sends looks at the journal right
      // before it, and sees there that another has sent: so it reads 5 s later at the earliest, as
      // after a POST of its own.
      const readAt = processes ? one.readAt : one.sentAt - SECOND;
      const seenBy = Math.max(readAt, other.sentAt + 5 * SECOND);
      if (other.made.some(({ shownAt, goneAt }) => shownAt <= seenBy && goneAt === Infinity)) {
        return 'dispatched twice, though the log showed it';
      }
    }
  }
  return null;
}

/** Exit 2, 4, 5 and 6 promise that nothing was carried out. */
function nothingSent({ world }: Story, { by, result, thrown }: Ended): string | null {
  if (result === null && thrown === null) return 'ended without a word';
  if (result === null && world.dispatched.some((dispatch) => dispatch.by === by)) {
    const said =
      thrown instanceof Interrupted ? 'an interrupt that sent nothing' : 'that nothing was sent';
    return `said ${said}, and it was dispatched`;
  }
  return null;
}

/**
 * Exit 0: each targeted node has completed this action, in an activity that came after the trigger
 * was sent.
 */
function done(
  setting: Setting,
  { world, gates }: Story,
  { at, readAt, result, seenBy }: Ended,
): string | null {
  if (result?.exitCode !== 0) return null;
  const [first] = world.dispatched;
  if (setting.before) {
    const own =
      first?.made
        .filter(
          ({ shownAt, wasShown, goneAt }) =>
            shownAt < 9 * SECOND && (wasShown ? goneAt > SECOND : goneAt === Infinity),
        )
        .map(({ node }) => node) ?? [];
    const since = world.entries.filter(({ same, madeAt }) => same && madeAt >= -SECOND);
    const isDone = (node: bigint): boolean =>
      since.some((entry) => entry.node === node && hasCompleted(entry, at));
    return own.every(isDone) ? null : '0 by the deploy before';
  }
  // Where the log named no node, those count that showed up within 10 s.
  const seen = first?.made.filter(({ wasShown }) => wasShown).map(({ node }) => node) ?? [];
  const wanted = setting.empty ? [...new Set(seen)] : (setting.nodes ?? ALL);
  const known = world.entries.filter(({ id, same }) => same && id >= 10n);
  const missing = wanted.filter((node) => {
    const some = known.filter((entry) => entry.node === node && entry.shownAt <= at);
    return !some.some((entry) => hasCompleted(entry, at));
  });
  if (
    setting.expect === undefined
      ? missing.length > 0
      : wanted.length - missing.length !== setting.expect
  ) {
    return '0 without every node';
  }
  // What another did to a node that showed this before its own entry counts, too: nothing is read
  // for its sake after that.
  const worse = known.filter(({ node, shownAt, doneAt }) => {
    const by = setting.roll ? seenBy(node) : readAt;
    return shownAt <= by && doneAt <= by;
  });
  if (worse.some(({ end }) => end !== 'completed')) return '0 with a rejected node';
  if (setting.roll?.gated && wanted.some((node) => gates.get(node) === false)) {
    return '0 without every gate';
  }
  return null;
}

/** What goes by, goes by: all of it ends with 0 where nothing lasts. */
const UNCERTAIN: ReadonlySet<unknown> = new Set([
  ...['lost before', 'lost after', 'arrives later', '503 before', '503 after', 'another 2xx after'],
]);
const PASSING: ReadonlySet<unknown> = new Set([
  ...[
    ...UNCERTAIN,
    'refused',
    '429',
    'in progress',
    'more than was asked for',
    'killed',
    3 * SECOND,
  ],
  ...['another goes on', 'another goes on to its end'],
]);

function passed({ before }: Setting, { faults }: Story, { result }: Ended): string | null {
  // One that may have sent takes nothing any more for what an earlier runner did.
  if (before && faults.some((fault) => UNCERTAIN.has(fault))) return null;
  if (result?.exitCode === 0 || !faults.every((fault) => PASSING.has(fault))) return null;
  return `${result?.exitCode} though all went by`;
}

function hasCompleted({ doneAt, end, goneAt }: Entry, now: number): boolean {
  return end === 'completed' && doneAt <= now && goneAt > now;
}

/** A roll begins nothing after a halt or an interrupt, and has no more underway than its window. */
function begun({ roll }: Setting, { world, stoppedAt, widest, wasKilled }: Story): string | null {
  if (!roll) return null;
  const late = stoppedAt !== null && world.dispatched.some(({ sentAt }) => sentAt > stoppedAt);
  if (late && !wasKilled) return 'begun after a halt';
  // A dispatch that was long on its way, or an entry that shows late, is underway unseen.
  const odd =
    world.dispatched.some(({ at, sentAt }) => at > sentAt + SECOND) ||
    world.entries.some(
      ({ dispatch, doneAt, shownAt, madeAt }) =>
        dispatch && (doneAt === Infinity || shownAt > madeAt),
    );
  if (!wasKilled && !odd && widest > roll.window) {
    return `${widest} underway, with a window of ${roll.window}`;
  }
  return null;
}
