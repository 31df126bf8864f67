import { APPEAR, TIMEOUT } from '../adapter.js';
import type { Story } from '../play.js';
import type { Fact, Process, Seen } from '../process.js';
import { processesOf, SECOND, type Use } from '../setting.js';
import type { Findings } from './clauses.js';
import { hasReadForeign, hasSlept, isMaybeSent, triggersOf, type Trigger } from './facts.js';

/** Rules 8, 10, 11 and 13: how often the log is read, and for how long. */
export function* looked(story: Story, process: Process): Findings {
  yield* cutShort(story, process);
  const run = process.ended?.run;
  if (!run) return;
  const { use } = story.setting;
  const isOne = use.is === 'run' && story.processes.length === 1 && !story.setting.outage;
  if (isOne && !process.isInterrupted && !hasSlept(story)) yield* often(story, process);
  if (run.result.outcome === 'unconfirmed' && run.error === null) yield* missing(story, process);
  if (endsByTime(use, run.result.outcome) && !process.isInterrupted) yield* tooSoon(story, process);
}

function* cutShort(story: Story, process: Process): Findings {
  if (readsOn(story, process)) yield 'reads-on-when-denied';
  if (process.endedAt > process.interruptedAt + SECOND) yield 'runs-on-after-interrupt';
  const reads = process.facts.filter(({ of }) => of === 'read');
  const waitsLong = ({ at, code }: Fact, n: number): boolean =>
    code !== null && (reads[n + 1]?.at ?? 0) > at + 310 * SECOND;
  if (!hasSlept(story) && reads.some(waitsLong)) yield 'obeys-too-long';
}

function readsOn({ setting }: Story, { facts, deniedAt }: Process): boolean {
  const isAlone = processesOf(setting) === 1;
  return isAlone && facts.some(({ of, at }) => of === 'read' && at > deniedAt);
}

/** Rule 10: the log is looked at every second, and a little more where that takes several requests. */
function* often({ world }: Story, { by, seen, facts }: Process): Findings {
  const post = world.posts.findLast((one) => one.by === by);
  const last = post?.endedAt ?? Infinity;
  const first = seen.find(({ at }) => at >= last);
  const hasFailed = facts.some(({ of, code }) => of === 'read' && code !== null);
  const wasSent = post && isMaybeSent(post) && !hasFailed;
  if (wasSent && first && first.at > last + 2 * SECOND) yield 'first-read-late';
  for (const [n, read] of seen.entries()) {
    const before = seen[n - 1];
    if (before && before.at >= last) yield* gap(before, read, n === seen.length - 1);
  }
}

function* gap(before: Seen, { at }: Seen, isLast: boolean): Findings {
  const least = before.requests * (SECOND / 4);
  if (!isLast && at < before.endedAt + least) yield 'reads-too-often';
  if (at - before.endedAt > 2.75 * SECOND + least) yield 'reads-too-seldom';
}

/** A roll that the first Ctrl-C has ended, too. */
const endsByTime = ({ is }: Use, outcome: string): boolean =>
  outcome === 'timed_out' ? is === 'run' : outcome === 'interrupted';

/** The time limit counts from the acceptance, and that is not before the POST. */
function* tooSoon(story: Story, process: Process): Findings {
  const { by, endedAt, ended, deniedAt } = process;
  const { use } = story.setting;
  // A foreign log ends it at once, and a roll ends when its own time is up.
  if (hasReadForeign(process, Infinity) || (use.is === 'roll' && use.timeoutMs)) return;
  const open = ended?.run?.result.nodes.filter(({ status }) => status === 'processing') ?? [];
  for (const { key, nodes } of triggersOf(story)) {
    const isOpen = open.some(
      ({ node_id: node }) => node !== null && nodes?.includes(node) !== false,
    );
    const own = story.world.posts.filter((post) => post.by === by && post.key === key);
    const last = own.findLast(isMaybeSent);
    if (isOpen && last && endedAt < Math.min(last.at + TIMEOUT, deniedAt)) {
      yield 'stops-too-soon';
    }
  }
}

/** Rule 8: an entry is missing after 30 s, not before, nor much later. */
function* missing(story: Story, process: Process): Findings {
  const { use } = story.setting;
  const rows = process.ended?.run?.result.nodes.filter(({ status }) => status === 'missing') ?? [];
  // The deadline comes before it.
  if (rows.length === 0 || (use.is === 'roll' && use.timeoutMs !== undefined)) return;
  for (const trigger of triggersOf(story)) {
    const isMissing = rows.some(
      ({ node_id: node }) => node === null || (trigger.nodes?.includes(node) ?? true),
    );
    if (isMissing && process.endedAt < postedAt(story, process, trigger) + APPEAR - SECOND) {
      yield 'missing-too-soon';
    }
  }
  if (isMissingLate(story, process)) yield 'missing-too-late';
}

/** When its own first POST started, else that of another; -Infinity without one. */
function postedAt({ world }: Story, { by, endedAt }: Process, { key }: Trigger): number {
  // Another process may send later what this one only looked for.
  const all = world.posts.filter(
    (post) => post.key === key && isMaybeSent(post) && post.at < endedAt,
  );
  return (all.find((post) => post.by === by) ?? all[0])?.at ?? -Infinity;
}

/** Long after the last change, and of one that had its time for itself. */
function isMissingLate(story: Story, { endedAt }: Process): boolean {
  const { setting, world, wasKilled } = story;
  if (processesOf(setting) > 1 || wasKilled || hasSlept(story)) return false;
  const { entries, posts } = world;
  const isOpen = entries.some(
    ({ shownAt, doneAt, goneAt }) => shownAt <= endedAt && doneAt > endedAt && goneAt > endedAt,
  );
  const changes = [
    ...entries.flatMap(({ shownAt, doneAt, goneAt }) => [shownAt, doneAt, goneAt]),
    ...posts.map((post) => post.endedAt),
  ];
  const last = Math.max(0, ...changes.filter((at) => at <= endedAt));
  const wasGone = entries.some(({ goneAt }) => goneAt < Infinity);
  const appear = 'ids' in setting.use && !wasGone ? SECOND : APPEAR;
  return !isOpen && endedAt > last + appear + 3 * SECOND;
}
