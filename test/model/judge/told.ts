import { APPEAR, keyOf, TIMEOUT } from '../adapter.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { isKept, isKilled, nodesOf, processesOf, SECOND } from '../setting.js';
import { hasReadAnother, isLasting, isMaybeSent, readsFor, statusOf, triggersOf } from './facts.js';

const EXITS: Record<string, number> = {
  ...{ completed: 0, accepted: 0, rejected: 3, unconfirmed: 7, timed_out: 8, halted: 9 },
  interrupted: 130,
};

/** Promise 4: the exit code says how it ended, and whether anything was sent. */
export function* told(story: Story, process: Process): Generator<string> {
  const { ended, thrown } = process;
  const { use } = story.setting;
  const goesOn = use.is === 'roll' && use.continueOnError;
  if (
    !goesOn &&
    processesOf(story.setting) === 1 &&
    process.seen.some(({ at }) => at > process.deniedAt)
  ) {
    yield 'it read on though it was denied';
  }
  if (process.endedAt > process.interruptedAt + SECOND) yield 'it ran on after Ctrl-C';
  if (hasAskedAgain(story, process)) yield 'it asked a gate again that had passed';
  if (!ended) yield* nothingSent(story, process, thrown);
  if (!ended?.run) return;
  const { result, exitCode, error } = ended.run;
  const { outcome, nodes } = result;
  if (process.interruptedAt === Infinity) yield* looked(story, process);
  if (EXITS[outcome] !== exitCode) yield `exit ${exitCode} for ${outcome}`;
  const has = (wanted: string | null): boolean => nodes.some(({ status }) => status === wanted);
  yield* continued(story, process);
  if (use.is === 'roll') yield* gaveUp(story, process);
  const isByNode = error === null || error.code === 'fate_unknown';
  if (use.is === 'roll' && isByNode) yield* leftOut(story, process);
  switch (outcome) {
    case 'interrupted':
      if (process.interruptedAt === Infinity) {
        if (!process.isEasing) yield 'interrupted by nothing';
        else yield* tooSoon(story, process);
      }
      return;
    case 'rejected':
      if (!wasRejected(process)) yield 'rejected, and no node was';
      return;
    case 'timed_out':
      if (use.is === 'run') yield* tooSoon(story, process);
      // Of every node: one more may report.
      if (result.targets === 'observed' || story.setting.past === 'a node elsewhere') return;
      if (!has('processing') && !has('not_started') && !has(null)) yield 'timed out over nothing';
      yield* gone(story, process);
      return;
    case 'halted':
      if (![...process.gateEnds.values()].includes(false)) yield 'halted by no gate';
      return;
    case 'unconfirmed':
      if (error === null && has('missing')) yield* missing(story, process);
      if (isKilled(story.setting)) yield* unsent(story, process);
      return;
    default:
  }
}

/** 5 or 6 before its own POST: this key was never sent from here. */
const GUARDS: ReadonlySet<string> = new Set(['busy', 'wrong_deployment', 'wrong_tenant']);

function* nothingSent(
  { world, setting }: Story,
  { by, seen, endedAt }: Process,
  thrown: unknown,
): Generator<string> {
  if (thrown === null) {
    yield 'it ended without a word';
    return;
  }
  const isByGuard = thrown instanceof LdctlError && GUARDS.has(thrown.code);
  if (isByGuard && isKept(setting) && setting.use.is === 'run') {
    const wasSent = world.posts.some((post) => isMaybeSent(post) && post.at < endedAt);
    if (wasSent) yield 'a guard ended it, though its key had been sent';
  }
  if (setting.use.is === 'wait' && seen.some(({ isForeign }) => !isForeign)) {
    yield 'a wait did not say what it had read';
  }
  const maybe = world.posts.filter((post) => post.by === by && isMaybeSent(post));
  if (maybe.length === 0) return;
  const what = thrown instanceof Interrupted ? 'an interrupt said' : 'it said';
  const wasRun = maybe.some((post) => world.dispatches.some((one) => one.post === post));
  yield `${what} that nothing was sent, ${wasRun ? 'and it was run' : 'and cannot know'}`;
  if (seen.length === 0) yield 'it sent without reading';
}

function wasRejected({ ended, seen }: Process): boolean {
  return (ended?.run?.result.nodes ?? []).some(
    ({ activity_id: id, status }) =>
      status === 'rejected' && id !== null && statusOf(seen, id) === 'rejected',
  );
}

/** A gate has passed, and that is noted, where its process went on to the next node. */
function hasAskedAgain({ processes, setting, world, faults }: Story, { by, gateEnds }: Process) {
  const { use } = setting;
  if (use.is !== 'roll' || faults.includes('unwritable')) return false;
  return processes.slice(0, by).some((earlier) =>
    use.nodes.some((node, n) => {
      const later = use.nodes.slice(n + 1).map((one) => keyOf([one]));
      const wentOn = world.posts.some((post) => post.by === earlier.by && later.includes(post.key));
      return earlier.gateEnds.get(node) === true && gateEnds.has(node) && wentOn;
    }),
  );
}

/** What is left to follow can be followed, by a later command. */
function* continued(story: Story, { ended }: Process): Generator<string> {
  const { result, resume = null } = ended?.run ?? {};
  const isLeft = result?.nodes.some(({ status }) => status !== 'completed' && !isLasting(status));
  if (isLeft && resume === null) yield 'nothing says how to continue';
  // What was replayed, or in progress, may be older.
  const { world, setting } = story;
  const isOlder = world.posts.some(({ replayed, met }) => replayed || met === 'in progress');
  if (!resume || !('after' in resume) || isOlder || setting.past === 'a use of the key') return;
  for (const { key } of triggersOf(story)) {
    const own = world.entries.filter(({ dispatch }) => dispatch?.key === key);
    if (own.some(({ id }) => id <= resume.after)) yield 'it is continued above its entries';
  }
}

/** A node of a roll is given up for good only once its key may be forgotten. */
function* gaveUp({ world }: Story, { ended, endedAt }: Process): Generator<string> {
  for (const { node_id: node, status } of ended?.run?.result.nodes ?? []) {
    if (status !== 'unconfirmed' || node === null) continue;
    const first = world.posts.find((post) => post.key === keyOf([node]));
    if (endedAt < (first?.at ?? 0) + 540 * SECOND) yield 'a node was given up for good too soon';
  }
}

/** A roll leaves out no node without a reason. */
function* leftOut(
  { setting: { use }, processes }: Story,
  { ended, by, isEasing, interruptedAt }: Process,
): Generator<string> {
  const rows = ended?.run?.result.nodes ?? [];
  const isCut = isEasing || interruptedAt < Infinity || (use.is === 'roll' && use.timeoutMs);
  if (isCut || use.is !== 'roll' || use.gated) return;
  if (!rows.some(({ status }) => status === 'not_started')) return;
  if (use.continueOnError) yield 'a roll that continues on an error left out a node';
  // An earlier process was halted by it.
  const isOld = (node: bigint | null): boolean =>
    node !== null && processes.slice(0, by).some(({ noted }) => noted.has(keyOf([node])));
  const halting = rows.filter(({ status }) => status !== 'not_started' && status !== 'completed');
  if (halting.every(({ status, node_id: node }) => isLasting(status) && isOld(node))) {
    yield 'a roll was halted by what had halted one before';
  }
}

/** The time limit counts from the acceptance, and that is not before the POST. */
function* tooSoon(story: Story, process: Process): Generator<string> {
  const { by, endedAt, ended, deniedAt } = process;
  const { use } = story.setting;
  // The first ends it at once, the second when its own time is up.
  if (hasReadAnother(process, Infinity) || (use.is === 'roll' && use.timeoutMs)) return;
  const open = ended?.run?.result.nodes.filter(({ status }) => status === 'processing') ?? [];
  for (const { key, nodes } of triggersOf(story)) {
    const isOpen = open.some(
      ({ node_id: node }) => node !== null && nodes?.includes(node) !== false,
    );
    const own = story.world.posts.filter((post) => post.by === by && post.key === key);
    const last = own.findLast(isMaybeSent);
    if (isOpen && last && endedAt < Math.min(last.at + TIMEOUT, deniedAt)) {
      yield 'it stopped following too soon';
    }
  }
}

/** What is known to be refused is no open question. */
function* unsent({ world, setting, processes, faults }: Story, { by }: Process): Generator<string> {
  const key = keyOf(nodesOf(setting));
  const posts = world.posts.filter((post) => post.key === key && post.by < by);
  const isKnown = posts.every(
    (post) =>
      !isMaybeSent(post) && processes[post.by]?.seen.some(({ at }) => at > post.endedAt) === true,
  );
  const isEach = posts.length > 0 && posts.length === world.disk.get(key)?.length;
  if (isKnown && isEach && !faults.includes('unwritable')) yield 'exit 7, and nothing was sent';
}

/** Rule 10: the log is looked at every second, and a little more where that takes several requests. */
function* looked(
  { world, faults, processes, setting }: Story,
  { by, seen, failedReads }: Process,
): Generator<string> {
  const isAlone = setting.use.is === 'run' && processes.length === 1;
  if (!isAlone || hasSlept(faults)) return;
  const post = world.posts.findLast((one) => one.by === by);
  const last = post?.endedAt ?? Infinity;
  const first = seen.find(({ at }) => at >= last);
  const wasSent = post && isMaybeSent(post) && failedReads.length === 0;
  if (wasSent && first && first.at > last + 2 * SECOND) yield 'its first read came late';
  for (const [n, { at }] of seen.entries()) {
    const before = seen[n - 1];
    const isLong = before && before.at >= last && n < seen.length - 1;
    if (isLong && at < before.endedAt + before.requests * (SECOND / 4)) {
      yield 'it read again right after a long read';
    }
    const gap = before && before.requests * (SECOND / 4);
    if (gap && before.at >= last && at - before.endedAt > 2.75 * SECOND + gap) {
      yield 'it did not look at the log for 3 s';
    }
  }
}

const hasSlept = (faults: readonly unknown[]): boolean =>
  faults.some((fault) => String(fault).startsWith('sleeps'));

/** Rule 8: an open entry that is gone from the log is missing after 30 s of reads without it. */
function* gone({ world, setting }: Story, process: Process): Generator<string> {
  for (const row of process.ended?.run?.result.nodes ?? []) {
    const { activity_id: id, node_id: node, status } = row;
    const { goneAt = Infinity } = world.entries.find((one) => one.id === id) ?? {};
    const reads = readsFor(process, node === null ? null : [node], setting.use.is === 'roll');
    const first = reads.find(({ at, isStale }) => at >= goneAt && !isStale);
    const lastAt = reads.at(-1)?.at ?? 0;
    if (status === 'processing' && first && first.endedAt < lastAt - APPEAR - SECOND) {
      yield 'timed out over an entry that is gone';
    }
  }
}

/** An entry is missing after 30 s, not before, nor much later. */
function* missing(story: Story, { endedAt, by, ended }: Process): Generator<string> {
  const { use } = story.setting;
  const wasGone = story.world.entries.some(({ goneAt }) => goneAt < Infinity);
  const appear = 'ids' in use && !wasGone ? SECOND : APPEAR;
  const rows = ended?.run?.result.nodes.filter(({ status }) => status === 'missing') ?? [];
  // The deadline comes before it.
  if (use.is === 'roll' && use.timeoutMs !== undefined) return;
  for (const { key, nodes } of triggersOf(story)) {
    const isMissing = rows.some(
      ({ node_id: node }) => node === null || (nodes?.includes(node) ?? true),
    );
    // Another process may send later what this one only looked for.
    const own = story.world.posts.filter(
      (post) => post.key === key && isMaybeSent(post) && post.at < endedAt,
    );
    const first = own.find((post) => post.by === by) ?? own[0];
    if (isMissing && first && endedAt < first.at + APPEAR - SECOND) {
      yield 'missing before the time to appear';
    }
  }
  const changes = story.world.entries.flatMap(({ shownAt, doneAt, goneAt }) => [
    ...[shownAt, doneAt, goneAt],
  ]);
  const posted = story.world.posts.map((post) => post.endedAt);
  const last = Math.max(0, ...[...changes, ...posted].filter((at) => at <= endedAt));
  const isOpen = story.world.entries.some(
    (entry) => entry.shownAt <= endedAt && entry.doneAt > endedAt && entry.goneAt > endedAt,
  );
  const isAlone = processesOf(story.setting) === 1 && !story.wasKilled && !isOpen;
  if (isAlone && !hasSlept(story.faults) && endedAt > last + appear + 3 * SECOND) {
    yield 'missing long after the time to appear';
  }
}
