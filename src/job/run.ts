import { formatAction, type Activity } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { retryAfterOf, type LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { classify, isInProgress } from './answer.js';
import { warning } from './events.js';
import type { Fact, Step } from './job.js';
import { dueAt, MINUTE, SECOND } from './pace.js';
import { read, Run, unreadable, type RunPlan, type Trigger, type WaitPlan } from './run-read.js';
import { wireKey } from './wire-key.js';

/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;
/**
 * After so long without a new entry, no second one of a node is expected: reads go down to the open
 * ones only.
 */
const QUIET = 10 * SECOND;
/**
 * So long after the POST of a record it is sent again: the server remembers a key for 10 minutes.
 */
const RESEND = 540 * SECOND;
/**
 * A replay is of a request in the last 10 minutes; a minute is for what lies between its answer and
 * the next read.
 */
const REPLAY = 11 * MINUTE;
const BACKOFF = [1, 2, 4, 8].map((s) => s * SECOND);

/** @param kept what an earlier run with the key has left */
export function createRun(plan: RunPlan, kept: KeptRun | null = null, now = 0): Run {
  const run = new Run(plan, { ...plan, wireKey: wireKey(plan.idempotencyKey, plan) }, plan, now);
  if (kept) goOnFrom(run, kept, now);
  return run;
}

/** Follows what was dispatched before; never sends. */
export function createWait(plan: WaitPlan, now = 0): Run {
  const run = new Run(plan, null, plan.wanted, now);
  run.baseline = plan.after;
  if (run.entries.targets !== 'observed') run.entries.known = [];
  run.follow(now);
  run.pace.nextRead = now;
  return run;
}

/**
 * The record of an earlier run, or of one that goes on beside this one, decides: nothing is sent
 * where it was accepted.
 */
function goOnFrom(
  run: Run,
  { record, generation, ageMs, accepted, redirected }: KeptRun,
  now: number,
): void {
  run.sentHere = true;
  run.baseline = record.baseline;
  run.entries.known = record.known;
  run.generation = generation;
  run.redirected = redirected;
  run.postedAt = record.postedAt;
  run.earlier = { ageMs: Math.max(ageMs, 0) };
  run.firstPost = now - run.earlier.ageMs;
  if (accepted) return run.accept(now, true);
  // A negative age: the clock was set back, so how old it is cannot be told.
  run.resendUntil = ageMs < 0 ? -Infinity : RESEND;
  run.lose(now);
  run.pace.nextRead = now;
}

/** What to do now. */
export function nextOfRun(run: Run, now: number): Step {
  // Time may have passed unseen: a laptop was shut, a process stopped.
  if (run.phase === 'ready' && run.maybeSent && !run.end && run.isTooLate(now)) {
    run.giveUp(run.lastError);
  }
  const [mark] = run.marks;
  if (mark) return mark;
  if (run.end) return { do: 'end' };
  if (run.phase === 'ready' && run.trigger && !run.blockedBy) {
    return nextBeforePost(run, run.trigger, now);
  }
  const due = dueAt(run.pace, run.deadline, run.decidesAt ?? Infinity);
  if (now < due) return { do: 'wait', until: due };
  return { do: 'read', ...depthOf(run), patient: false };
}

function nextBeforePost(run: Run, trigger: Trigger, now: number): Step {
  const { baseline, entries, generation, maybeSent } = run;
  if (now < run.waitUntil) return { do: 'wait', until: run.waitUntil };
  if (!maybeSent) {
    const asksAll =
      (trigger.nodes === null && trigger.expect === null) || trigger.ifBusy !== 'ignore';
    if (entries.known === null && asksAll) {
      return { do: 'read', downTo: 'known', open: null, patient: true };
    }
    const isFresh = baseline !== null && now - run.baselineAt <= FRESH;
    if (!isFresh) return { do: 'read', downTo: 'newest', open: null, patient: true };
  }
  const { deploymentId, runtime, action, wireKey: key } = trigger;
  const nodes = trigger.nodes && [...trigger.nodes].sort(compareIds);
  const request = { deploymentId, runtime, action, nodes, wireKey: key };
  if (!trigger.kept) return { do: 'post', request, record: null, after: 0 };
  const asked = { key, deploymentId, runtime, action: formatAction(action), nodes };
  const found = { baseline: baseline ?? 0n, known: [...(entries.known ?? [])] };
  const record = { ...asked, ...found, postedAt: maybeSent ? run.postedAt : null };
  return { do: 'post', request, record, after: generation };
}

/**
 * How far down a read has to go: while a target has no entry, to the baseline; then to the lowest
 * open one.
 */
function depthOf(run: Run): { downTo: Id | 'known'; open: readonly Id[] | null } {
  const { baseline, replay, entries } = run;
  if (run.blockedBy) return deepest(run.blockedBy.standing().open);
  if (entries.known === null || replay?.floor === null) return { downTo: 'known', open: null };
  const { complete, open } = entries.standing();
  if ('ids' in entries.wanted) {
    const unseen = entries.wanted.ids.filter((id) => !entries.byId.has(id));
    return deepest(open, unseen);
  }
  const isWhole =
    complete &&
    run.acceptedAt !== null &&
    open.length > 0 &&
    entries.newAt + QUIET < entries.readAt;
  return isWhole ? deepest(open) : { downTo: replay?.floor ?? baseline ?? 0n, open: null };
}

function deepest(
  entries: readonly Activity[],
  unseen: readonly Id[] = [],
): { downTo: Id; open: readonly Id[] } {
  const open = [...entries.map(({ id }) => id), ...unseen];
  const lowest = open.reduce((low, id) => (id < low ? id : low), open[0] ?? 1n);
  return { downTo: lowest > 0n ? lowest - 1n : 0n, open };
}

/** What came of a step. */
export function takeOfRun(run: Run, fact: Fact, now: number): void {
  if (fact.is === 'done') return void run.marks.shift();
  if (fact.is === 'unnoted') return unnoted(run, fact.error, now);
  if (run.end) return;
  switch (fact.is) {
    case 'found':
      return goOnFrom(run, fact.kept, now);
    case 'answered':
      return answered(run, fact, now);
    case 'read':
      return read(run, fact.read, now);
    case 'unreadable':
      return unreadable(run, fact, now);
    case 'stopped':
      run.maybeSent ||= fact.posting;
      return run.giveUp(fact.reason);
    default:
    // The rest are facts of a roll.
  }
}

/** A mark, or the record of a POST, was not written. */
function unnoted(run: Run, error: LdctlError, now: number): void {
  const isMark = run.marks.shift() !== undefined;
  if (!run.maybeSent && !run.end) return run.giveUp(error);
  // What was sent is followed all the same; a later run only has to be more careful.
  run.news.push(warning('journal_not_written', error.message));
  if (isMark) return;
  run.resendUntil = -Infinity;
  run.lose(now);
}

function answered(
  run: Run,
  { answer, at, generation }: Fact & { is: 'answered' },
  now: number,
): void {
  run.generation = generation;
  run.firstPost ??= now;
  run.postedAt ??= at;
  if (answer instanceof Error) {
    run.lastError = answer;
    failed(run, answer, now - run.firstPost, now);
    if (run.maybeSent) return;
    // Nothing came of it: its record counts as none.
    run.mark('refused');
    run.generation = 0;
    return;
  }
  // A replay of what neither this run nor one with a record here has sent. What was in progress
  // began about the first POST.
  const reach = run.maybeSent ? now - run.firstPost + MINUTE : REPLAY;
  if (answer.replayed && !run.sentHere) {
    run.replay = { reach, from: -Infinity, to: Infinity, floor: null };
  }
  run.accepted = answer;
  run.mark('accepted');
  run.accept(now);
}

/** @param since the first POST, ms */
function failed(run: Run, error: LdctlError, since: number, now: number): void {
  const retryAfter = retryAfterOf(error);
  switch (classify(error)) {
    case 'not-sent':
    case 'not-now': {
      const wait = Math.max(BACKOFF[run.tries++] ?? 8 * SECOND, retryAfter);
      const goesOn = isInProgress(error);
      run.maybeSent ||= goesOn;
      if (!run.maybeSent && since + wait > run.resendUntil) return run.giveUp(error);
      run.news.push(
        warning('not_sent', `${error.message}; trying again in ${formatDuration(wait)}`),
      );
      run.waitUntil = now + wait;
      // Entries of what is in progress may show up from now on; of what was lost, since then.
      if (run.maybeSent) run.lose(goesOn ? now : run.lostAt, now);
      return;
    }
    case 'accepted':
    case 'definite-no':
      return run.giveUp(error);
    case 'redirect':
      run.redirected = true;
      run.mark('redirected');
      run.news.push(
        warning('fate_unknown', `${error.message}; nothing is sent again: the log decides`),
      );
      return run.lose(now);
    case 'uncertain':
      run.news.push(
        warning(
          'fate_unknown',
          `${error.message}; looking at the log before anything is sent again`,
        ),
      );
      run.waitUntil = now + retryAfter;
      run.sentHere = true;
      return run.lose(now);
  }
}
