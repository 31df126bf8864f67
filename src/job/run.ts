import { formatAction } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { retryAfterOf, type LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { classify, isInProgress } from './answer.js';
import { Entries, isObserved, standingOf } from './entries.js';
import { warning } from './events.js';
import type { Fact, Step } from './job.js';
import { dueAt, MINUTE, SECOND } from './pace.js';
import {
  accept,
  begin,
  giveUp,
  isTooLate,
  isTrigger,
  lose,
  lost,
  mark,
  read,
  refuse,
  Run,
  unreadable,
} from './run-read.js';
import type { RunPlan, WaitPlan } from './run-read.js';
import { wireKey } from './wire-key.js';

/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;
/** So long after the POST of a record it is sent again: the server remembers a key for 10 minutes. */
const RESEND = 540 * SECOND;
/** A replay is of a request in the last 10 minutes; a minute is for what lies between its answer and its entries. */
const REPLAY = 11 * MINUTE;
const BACKOFF = [1, 2, 4, 8].map((s) => s * SECOND);

/** @param kept what an earlier run with the key has left */
export function createRun(plan: RunPlan, kept: KeptRun | null = null, now = 0): Run {
  const { runtime, action, nodes, expect } = plan;
  const run = new Run(plan, wireKey(plan.idempotencyKey, plan), { runtime, action, nodes, expect }, now);
  if (kept) goOnFrom(run, kept, now);
  return run;
}

/** Follows what was dispatched before; never sends. */
export function createWait(plan: WaitPlan, now = 0): Run {
  const run = new Run(plan, null, plan.wanted, now);
  begin(run, now);
  run.pace.nextRead = now;
  if (!isObserved(plan.wanted)) run.entries.known = [];
  return Object.assign(run, { phase: 'following', maybeSent: true, baseline: plan.after });
}

/** The record of an earlier run, or of one that goes on beside this one, decides: nothing is sent where it was accepted. */
function goOnFrom(run: Run, { record, generation, ageMs, accepted, redirected }: KeptRun, now: number): void {
  const age = Math.max(ageMs, 0);
  Object.assign(run, {
    baseline: record.baseline,
    baselineAt: -Infinity,
    generation,
    maybeSent: true,
    sentHere: true,
    redirected,
    firstPost: now - age,
    postedAt: record.postedAt,
    earlier: { ageMs: age },
    entries: new Entries(run.entries.wanted, record.known),
  });
  if (accepted) accept(run, now, true);
  else {
    // A negative age: the clock was set back, so how old it is cannot be told.
    run.resendUntil = ageMs < 0 ? -Infinity : RESEND;
    lose(run, now);
    run.pace.nextRead = now;
  }
}

/** What to do now. */
export function nextOfRun(run: Run, now: number): Step {
  // Time may have passed unseen: a laptop was shut, a process stopped.
  if (run.phase === 'ready' && run.maybeSent && !run.end && isTooLate(run, now)) giveUp(run, run.lastError ?? lost());
  const [mark] = run.marks;
  if (mark && run.key !== null) return { do: 'note', key: run.key, ...mark };
  if (run.end) return { do: 'end' };
  if (run.phase === 'ready' && isTrigger(run)) return nextBeforePost(run, now);
  const due = dueAt(run.pace, run.deadline, run.settlesAt ?? Infinity);
  if (now < due) return { do: 'wait', until: due };
  return { do: 'read', ...depthOf(run), patient: false };
}

function nextBeforePost(run: Run & { plan: RunPlan; key: string }, now: number): Step {
  const { plan, key } = run;
  if (now < run.waitUntil) return { do: 'wait', until: run.waitUntil };
  if (!run.maybeSent) {
    const asksAll = (plan.nodes === null && plan.expect === null) || plan.ifBusy !== 'ignore';
    if (run.entries.known === null && asksAll) return { do: 'read', downTo: 'known', open: null, patient: true };
    if (run.baseline === null || now - run.baselineAt > FRESH) {
      return { do: 'read', downTo: 'newest', open: null, patient: true };
    }
  }
  const { deploymentId, runtime, action } = plan;
  const nodes = plan.nodes && [...plan.nodes].sort(compareIds);
  const { baseline, generation: after, postedAt, maybeSent } = run;
  const asked = { key, deploymentId, runtime, action: formatAction(action), nodes };
  const found = { baseline: baseline ?? 0n, known: [...(run.entries.known ?? [])] };
  const record = plan.kept ? { ...asked, ...found, postedAt: maybeSent ? postedAt : null } : null;
  return { do: 'post', request: { deploymentId, runtime, action, nodes, wireKey: key }, record, after };
}

/** How far down a read has to go: while a target has no entry, to the baseline; then to the lowest open one. */
function depthOf(run: Run): { downTo: Id | 'newest' | 'known'; open: readonly Id[] | null } {
  const { baseline, replay, plan, entries } = run;
  if (run.blockedBy) return deepest(standingOf(run.blockedBy, plan.appearMs).open);
  if (entries.known === null || (replay && replay.floor === null)) return { downTo: 'known', open: null };
  const { complete, open } = standingOf(entries, plan.appearMs);
  if ('ids' in entries.wanted) {
    const ended = entries.wanted.ids.filter((id) => !entries.byId.has(id));
    return deepest([...open, ...ended]);
  }
  const floor = replay ? (replay.floor ?? 0n) : (baseline ?? 0n);
  const isWhole = complete && run.acceptedAt !== null && open.length > 0 && entries.newAt + FRESH < entries.readAt;
  return isWhole ? deepest(open) : { downTo: floor, open: null };
}

function deepest(ids: readonly Id[]): { downTo: Id; open: readonly Id[] } {
  const lowest = ids.reduce((low, id) => (id < low ? id : low), ids[0] ?? 1n);
  return { downTo: lowest > 0n ? lowest - 1n : 0n, open: ids };
}

/** What came of a step. */
export function takeOfRun(run: Run, fact: Fact, now: number): void {
  if (fact.is === 'noted') return void run.marks.shift();
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
      run.end = { outcome: run.maybeSent ? 'interrupted' : null, error: null, interrupted: fact.reason };
      if (!run.maybeSent) refuse(run, fact.reason);
      return;
    default:
    // The rest are facts of a roll.
  }
}

/** A mark was not, or, in place of a POST, its record. */
function unnoted(run: Run, error: LdctlError, now: number): void {
  const isMark = run.marks.shift() !== undefined;
  if (!run.maybeSent && !run.end) return refuse(run, error);
  // What was sent is followed all the same; a later run only has to be more careful.
  run.news.push(warning('journal_not_written', error.message));
  if (isMark) return;
  run.resendUntil = -Infinity;
  lose(run, now);
}

function answered(run: Run, { answer, at, generation }: Fact & { is: 'answered' }, now: number): void {
  run.generation = generation;
  run.firstPost ??= now;
  run.postedAt ??= at;
  if (!(answer instanceof Error)) {
    // Carried out before, and neither by this run nor by one that has left a record here. What was in progress is younger.
    const reach = run.maybeSent ? now - run.firstPost + MINUTE : REPLAY;
    if (answer.replayed && !run.sentHere) run.replay = { reach, from: -Infinity, to: Infinity, floor: null };
    run.accepted = answer;
    mark(run, 'accepted');
    return accept(run, now);
  }
  run.lastError = answer;
  run.tries += 1;
  failed(run, answer, now);
  if (run.maybeSent) return;
  // Nothing came of it: its record counts as none.
  mark(run, 'refused');
  run.generation = 0;
}

function failed(run: Run, answer: LdctlError, now: number): void {
  const firstPost = run.firstPost ?? now;
  switch (classify(answer)) {
    case 'not-sent':
    case 'not-now': {
      const wait = Math.max(BACKOFF[Math.min(run.tries, BACKOFF.length) - 1] ?? 0, retryAfterOf(answer));
      const goesOn = isInProgress(answer);
      run.maybeSent ||= goesOn;
      if (now + wait - firstPost > run.resendUntil) return giveUp(run, answer);
      run.news.push(warning('not_sent', `${answer.message}; trying again in ${formatDuration(wait)}`));
      run.waitUntil = now + wait;
      // What goes on there shows up later than what was lost before.
      if (run.maybeSent) lose(run, goesOn ? now : run.lostAt, now);
      return;
    }
    case 'accepted':
    case 'definite-no':
      return giveUp(run, answer);
    case 'redirect':
      run.redirected = true;
      mark(run, 'redirected');
      run.news.push(warning('fate_unknown', `${answer.message}; nothing is sent again: the log decides`));
      return lose(run, now);
    case 'uncertain':
      run.news.push(warning('fate_unknown', `${answer.message}; looking at the log before anything is sent again`));
      run.waitUntil = now + retryAfterOf(answer);
      run.sentHere = true;
      return lose(run, now);
  }
}
