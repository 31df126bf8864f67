import { APPEAR, keyOf } from '../adapter.js';
import { Interrupted } from '../../../src/base/errors.js';
import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { processesOf, SECOND } from '../setting.js';
import { isMaybeSent, readsFor, statusOf, triggersOf } from './facts.js';

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
  if (hasAskedAgain(story, process)) yield 'it asked a gate again that had passed';
  if (!ended) yield* nothingSent(story, process, thrown);
  if (!ended?.run) return;
  const { result, exitCode, error } = ended.run;
  const { outcome, nodes } = result;
  if (process.interruptedAt === Infinity) yield* looked(story, process);
  if (EXITS[outcome] !== exitCode) yield `exit ${exitCode} for ${outcome}`;
  const has = (wanted: string | null): boolean => nodes.some(({ status }) => status === wanted);
  switch (outcome) {
    case 'interrupted':
      if (process.interruptedAt === Infinity && !process.isEasing) yield 'interrupted by nothing';
      return;
    case 'rejected':
      if (!wasRejected(process)) yield 'rejected, and no node was';
      return;
    case 'timed_out':
      // Of every node: one more may report.
      if (result.targets === 'observed') return;
      if (!has('processing') && !has('not_started') && !has(null)) yield 'timed out over nothing';
      yield* gone(story, process);
      return;
    case 'halted':
      if (![...process.gateEnds.values()].includes(false)) yield 'halted by no gate';
      return;
    case 'unconfirmed':
      if (error === null && has('missing')) yield* missing(story, process);
      return;
    default:
  }
}

function* nothingSent({ world }: Story, { by, seen }: Process, thrown: unknown): Generator<string> {
  if (thrown === null) {
    yield 'it ended without a word';
    return;
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

/** Rule 10: the log is looked at every second, and a little more where that takes several requests. */
function* looked(
  { world, faults, processes, setting }: Story,
  { by, seen }: Process,
): Generator<string> {
  const isAlone = setting.use.is === 'run' && processes.length === 1;
  if (!isAlone || hasSlept(faults)) return;
  const last = world.posts.findLast((post) => post.by === by)?.endedAt ?? Infinity;
  for (const [n, { at }] of seen.entries()) {
    const before = seen[n - 1];
    if (before && before.at >= last && at - before.endedAt > 3 * SECOND) {
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

/** An entry is missing after 30 s, not before. */
function* missing(story: Story, { endedAt, by, ended }: Process): Generator<string> {
  const rows = ended?.run?.result.nodes.filter(({ status }) => status === 'missing') ?? [];
  for (const { key, nodes } of triggersOf(story)) {
    const isMissing = rows.some(
      ({ node_id: node }) => node === null || (nodes?.includes(node) ?? true),
    );
    const own = story.world.posts.filter((post) => post.key === key && isMaybeSent(post));
    const first = own.find((post) => post.by === by) ?? own[0];
    if (isMissing && first && endedAt < first.at + APPEAR - SECOND) {
      yield 'missing before the time to appear';
    }
  }
}
