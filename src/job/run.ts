import { formatAction, isFinal, type Action, type Activity, type Runtime } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { ApiError, Interrupted, LdctlError, retryAfterOf } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import { compareIds, type Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { MISSING, OUTCOMES, type NodeResult, type Outcome, type TargetKind } from '../base/outcome.js';
import { warning, type EarlierRun, type JobEvent, type ResultEvent } from '../base/progress.js';
import type { Accepted } from '../base/supervisor.js';
import type { LogRead } from '../log/log.js';
import { classify, isHopeless, isInProgress } from './answer.js';
import {
  createEntries,
  isWanted,
  notOurs,
  resultRow,
  rowsOf,
  standingOf,
  takeEntries,
  type Entries,
  type ExpectedTenant,
  type Wanted,
} from './entries.js';
import type { Fact, Note, Step } from './job.js';
import { wireKey } from './wire-key.js';

const SECOND = 1000;
/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;
/** A read that began so long after a lost POST shows what came of it. */
const READ_AFTER = 5 * SECOND;
/** So long after the first POST it is sent again … */
const TRIES = 120 * SECOND;
/** … and so long after that of a record: the server remembers a key for 10 minutes. */
const RESEND = 540 * SECOND;
const OUTAGE = 60 * SECOND;
/** A replay is of a request in the last 10 minutes; a minute is for what lies between its answer and its entries. */
const REPLAY = 660 * SECOND;
const BACKOFF = [1, 2, 4, 8].map((s) => s * SECOND);
const LONGEST_RETRY_AFTER = 300 * SECOND;

export interface Limits {
  /** For all that comes after the dispatch; milliseconds, null for none. */
  timeoutMs: number | null;
  /** How long an entry may take to show up in the log, milliseconds. */
  appearMs: number;
}

export interface RunPlan extends Limits {
  deploymentId: Id;
  runtime: Runtime;
  action: Action;
  /** Null: every node. Never empty. */
  nodes: readonly Id[] | null;
  /** How many nodes an every-node run must reach; null when the log decides. */
  expect: number | null;
  idempotencyKey: string;
  /** Whether a later run with the key follows this one: a caller's own key, or a roll's. */
  kept: boolean;
  /** False: it ends when it was accepted. */
  wait: boolean;
  ifBusy: 'ignore' | 'wait' | 'fail';
  tenant: ExpectedTenant | null;
}

/** What a later command has to know to go on. */
export type Resume =
  | { ids: readonly Id[] }
  | { after: Id; runtime: string; action: string; nodes: readonly Id[] | null; expect: number | null }
  | { roll: string };

/** One run: plain data, changed by `next…` and `take…` below only. Times are ms of the job's clock. */
export interface Run {
  plan: RunPlan | WaitPlan;
  /** Null where nothing is ever sent. */
  key: string | null;
  phase: 'blocked' | 'ready' | 'uncertain' | 'following';
  /** The log's highest id right before the POST; null before it was read. */
  baseline: Id | null;
  baselineAt: number;
  known: readonly Id[] | null;
  /** The baseline of the record that this run has made. */
  noted: Id | null;
  marks: Note[];
  blockedBy: readonly Id[];
  firstPost: number | null;
  /** The wall clock of it, ms UTC. */
  postedAt: number | null;
  lostAt: number;
  resendUntil: number;
  maybeSent: boolean;
  tries: number;
  waitUntil: number;
  redirected: boolean;
  lastError: LdctlError | null;
  earlier: EarlierRun | null;
  accepted: Accepted | null;
  recovered: boolean;
  /** Null before; what the limits of the log count from. */
  acceptedAt: number | null;
  deadline: number;
  /** A replay without a record: since when its entries can have been created (server's clock, ms UTC), and above which id. */
  replay: { from: number | null; floor: Id | null } | null;
  entries: Entries;
  changedAt: number;
  failingSince: number | null;
  failures: number;
  /** When the next read may begin; before `earliest` never. */
  nextRead: number;
  earliest: number;
  settlesAt: number | null;
  end: { outcome: Outcome | null; error: LdctlError | null; interrupted: Interrupted | null } | null;
  news: JobEvent[];
}

/** Following without sending. */
export interface WaitPlan extends Limits {
  deploymentId: Id;
  wanted: Wanted;
  /** Entries above it count; of ids, it is below the lowest. */
  after: Id;
}

/** @param kept what an earlier run with the key has left */
export function createRun(plan: RunPlan, kept: KeptRun | null = null, now = 0): Run {
  const { runtime, action, nodes, expect } = plan;
  const run = emptyRun(plan, wireKey(plan.idempotencyKey, plan), { runtime, action, nodes, expect });
  if (kept) goOnFrom(run, kept, now);
  return run;
}

/** Follows what was dispatched before; never sends. */
export function createWait(plan: WaitPlan, now = 0): Run {
  const run = emptyRun(plan, null, plan.wanted);
  const isObserved = !('ids' in plan.wanted) && plan.wanted.nodes === null && plan.wanted.expect === null;
  return Object.assign(run, {
    phase: 'following',
    baseline: plan.after,
    known: isObserved ? null : [],
    maybeSent: true,
    ...begin(run, now),
    nextRead: now,
  });
}

function emptyRun(plan: RunPlan | WaitPlan, key: string | null, wanted: Wanted): Run {
  return {
    plan,
    key,
    phase: 'ready',
    baseline: null,
    baselineAt: -Infinity,
    known: null,
    noted: null,
    marks: [],
    blockedBy: [],
    firstPost: null,
    postedAt: null,
    lostAt: -Infinity,
    resendUntil: TRIES,
    maybeSent: false,
    tries: 0,
    waitUntil: -Infinity,
    redirected: false,
    lastError: null,
    earlier: null,
    accepted: null,
    recovered: false,
    acceptedAt: null,
    deadline: Infinity,
    replay: null,
    entries: createEntries(wanted, []),
    changedAt: 0,
    failingSince: null,
    failures: 0,
    nextRead: -Infinity,
    earliest: -Infinity,
    settlesAt: null,
    end: null,
    news: [],
  };
}

/** The record of an earlier run, or of one that goes on beside this one, decides: nothing is sent where it was accepted. */
function goOnFrom(run: Run, { record, ageMs, accepted, ended }: KeptRun, now: number): void {
  const age = Math.max(ageMs, 0);
  const endedAge = ended && {
    outcome: ended.outcome as Outcome,
    ageMs: Math.max(record.postedAt + ageMs - ended.at, 0),
  };
  Object.assign(run, {
    baseline: record.baseline,
    baselineAt: -Infinity,
    known: record.known,
    noted: null,
    marks: [],
    maybeSent: true,
    firstPost: now - age,
    postedAt: record.postedAt,
    earlier: { ageMs: age, ...(endedAge && { ended: endedAge }) },
    entries: createEntries(run.entries.wanted, record.known),
  });
  if (accepted || ended) accept(run, now, { recovered: true, noted: true });
  else {
    // A negative age: the clock was set back, so how old it is cannot be told.
    run.resendUntil = ageMs < 0 ? -Infinity : RESEND;
    lose(run, now);
    run.nextRead = now;
  }
}

const isTrigger = (run: Run): run is Run & { plan: RunPlan; key: string } => run.key !== null;

/** What to do now. */
export function nextOfRun(run: Run, now: number): Step {
  // Time may have passed unseen: a laptop was shut, a process stopped.
  if (run.phase === 'ready' && run.maybeSent && !run.end && isTooLate(run, now)) giveUp(run, run.lastError ?? lost());
  const [mark] = run.marks;
  if (mark && isKept(run)) return { do: 'note', note: mark };
  if (run.end) return { do: 'end' };
  if (run.phase === 'ready' && isTrigger(run)) return nextBeforePost(run, now);
  const due = dueAt(run);
  if (now < due) return { do: 'wait', until: due };
  return { do: 'read', ...depthOf(run), patient: false };
}

function nextBeforePost(run: Run & { plan: RunPlan; key: string }, now: number): Step {
  const { plan, key } = run;
  if (now < run.waitUntil) return { do: 'wait', until: run.waitUntil };
  if (!run.maybeSent) {
    const asksAll = (plan.nodes === null && plan.expect === null) || plan.ifBusy !== 'ignore';
    if (run.known === null && asksAll) return { do: 'read', downTo: 'known', open: null, patient: true };
    if (run.baseline === null || now - run.baselineAt > FRESH) {
      return { do: 'read', downTo: 'newest', open: null, patient: true };
    }
    if (isKept(run) && run.noted !== run.baseline) {
      const { deploymentId, runtime, nodes } = plan;
      const asked = { key, deploymentId, runtime, action: formatAction(plan.action), nodes: nodes && [...nodes] };
      const record = { ...asked, baseline: run.baseline, known: [...(run.known ?? [])] };
      return { do: 'note', note: { state: 'posting', record, again: run.noted !== null } };
    }
  }
  const { deploymentId, runtime, action } = plan;
  const nodes = plan.nodes && [...plan.nodes].sort(compareIds);
  return { do: 'post', request: { deploymentId, runtime, action, nodes, wireKey: key } };
}

function isKept({ plan }: Run): boolean {
  return 'kept' in plan && plan.kept;
}

/** How far down a read has to go: while a target has no entry, to the baseline; then to the lowest open one. */
function depthOf(run: Run): { downTo: Id | 'newest' | 'known'; open: readonly Id[] | null } {
  const { baseline, known, replay, plan, entries } = run;
  if (run.phase === 'blocked') return deepest(run.blockedBy);
  if (known === null || (replay && replay.floor === null)) return { downTo: 'known', open: null };
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

/** When the next read is due. */
function dueAt({ nextRead, earliest, settlesAt, deadline }: Run): number {
  const wanted = Math.min(nextRead, settlesAt ?? Infinity);
  return Math.min(Math.max(wanted, earliest), deadline);
}

/** What came of a step. */
export function takeOfRun(run: Run, fact: Fact, now: number): void {
  if (fact.is === 'noted' || fact.is === 'unnoted') return noted(run, fact);
  if (run.end) return;
  switch (fact.is) {
    case 'found':
      return goOnFrom(run, fact.kept, now);
    case 'answered':
      return answered(run, fact.answer, fact.at, now);
    case 'read':
      return read(run, fact.read, now);
    case 'unreadable':
      return unreadable(run, fact.error, fact.startedAt, now);
    case 'stopped':
      run.maybeSent ||= fact.posting;
      run.end = { outcome: run.maybeSent ? 'interrupted' : null, error: null, interrupted: fact.reason };
      if (!run.maybeSent) refuse(run, fact.reason);
  }
}

function noted(run: Run, fact: { is: 'noted' } | { is: 'unnoted'; error: LdctlError }): void {
  if (run.marks.length > 0) run.marks.shift();
  else if (fact.is === 'noted') run.noted = run.baseline;
  if (fact.is === 'noted') return;
  // What was sent is followed all the same; a later run only has to be more careful.
  if (run.maybeSent || run.end) {
    run.plan = { ...run.plan, kept: false };
    run.news.push(warning('journal_not_written', fact.error.message));
  } else refuse(run, fact.error);
}

function answered(run: Run, answer: Accepted | LdctlError, at: number, now: number): void {
  run.firstPost ??= now;
  run.postedAt ??= at;
  if (!(answer instanceof Error)) {
    // Carried out before, and neither by this run nor by one that has left a record here.
    if (answer.replayed && !run.maybeSent) run.replay = { from: null, floor: null };
    run.accepted = answer;
    return accept(run, now, {});
  }
  run.lastError = answer;
  run.tries += 1;
  switch (classify(answer)) {
    case 'not-sent':
    case 'not-now': {
      const wait = Math.max(BACKOFF[Math.min(run.tries, BACKOFF.length) - 1] ?? 0, retryAfterOf(answer));
      if (isInProgress(answer)) run.maybeSent = true;
      if (now + wait - run.firstPost > run.resendUntil) return giveUp(run, answer);
      run.news.push(warning('not_sent', `${answer.message}; trying again in ${formatDuration(wait)}`));
      run.waitUntil = now + wait;
      if (run.maybeSent) lose(run, run.lostAt === -Infinity ? now : run.lostAt, now);
      return;
    }
    case 'accepted':
    case 'definite-no':
      return giveUp(run, answer);
    case 'redirect':
      run.redirected = true;
      run.news.push(warning('fate_unknown', `${answer.message}; nothing is sent again: the log decides`));
      return lose(run, now);
    case 'uncertain':
      run.news.push(warning('fate_unknown', `${answer.message}; looking at the log before anything is sent again`));
      run.waitUntil = now + retryAfterOf(answer);
      return lose(run, now);
  }
}

/** A POST may have been carried out: the log is read before anything is sent again. */
function lose(run: Run, lostAt: number, now = lostAt): void {
  Object.assign(run, { phase: 'uncertain', maybeSent: true, lostAt, nextRead: now + SECOND / 2 });
}

function accept(run: Run, now: number, how: { recovered?: boolean; noted?: boolean }): void {
  const { recovered = false, noted = false } = how;
  Object.assign(run, { phase: 'following', maybeSent: true, recovered, ...begin(run, now) });
  if (isTrigger(run) && !noted) run.marks.push({ state: 'accepted', key: run.key, outcome: '' });
  run.news.push({
    event: 'dispatched',
    request_id: run.accepted?.requestId ?? null,
    replayed: run.accepted?.replayed ?? false,
    recovered,
    ...(run.earlier && (recovered || run.accepted?.replayed === true) && { earlier: run.earlier }),
  });
  if (isTrigger(run) && !run.plan.wait) run.end = { outcome: 'accepted', error: null, interrupted: null };
  else run.news.push(progressOf(run));
}

function begin({ plan }: Run, now: number): Pick<Run, 'acceptedAt' | 'changedAt' | 'nextRead' | 'deadline'> {
  const deadline = plan.timeoutMs === null ? Infinity : now + plan.timeoutMs;
  return { acceptedAt: now, changedAt: now, nextRead: now + SECOND / 2, deadline };
}

function read(run: Run, { entries: shown, startedAt, serverTime, requests }: LogRead, now: number): void {
  if (run.failingSince !== null) run.news.push({ event: 'outage', ageMs: null });
  Object.assign(run, { failingSince: null, failures: 0, earliest: now + requests * (SECOND / 4) });
  const tenant = 'tenant' in run.plan ? run.plan.tenant : null;
  const problem = notOurs(shown, run.plan.deploymentId, tenant);
  if (problem) return giveUp(run, problem);
  if (run.phase === 'ready') return readBefore(run, shown, startedAt, requests);
  if (run.phase === 'blocked') return readBlocked(run, shown, startedAt, now);
  if (run.known === null) {
    run.known = nodesOf(shown);
    run.entries.known = run.known;
  }
  if (run.replay && run.replay.from === null) run.replay.from = (serverTime ?? run.accepted?.serverTime ?? 0) - REPLAY;
  run.entries.readAt = startedAt;
  const counted = countedOf(run, shown);
  if (run.replay) {
    const lowest = counted.reduce<Id | null>((low, { id }) => (low === null || id < low ? id : low), null);
    run.replay.floor = lowest === null ? highestOf(shown) : lowest - 1n;
  }
  const news = takeEntries(run.entries, counted, { serverTime }, run.firstPost ?? -Infinity, now);
  if (news.length > 0) {
    run.changedAt = now;
    run.news.push(...news);
  }
  if (run.phase === 'uncertain') readUncertain(run, startedAt, now);
  if (run.end) return;
  const settled = run.settlesAt;
  if (run.phase === 'following') judge(run, startedAt);
  if (!run.end && (news.length > 0 || run.settlesAt !== settled)) run.news.push(progressOf(run));
  later(run, now);
}

/** All that says whose an entry is. */
function countedOf(run: Run, shown: readonly Activity[]): Activity[] {
  const { replay, entries } = run;
  if ('ids' in entries.wanted) return shown.filter((activity) => isWanted(entries, activity));
  if (!replay) {
    const baseline = run.baseline ?? 0n;
    return shown.filter((activity) => activity.id > baseline && isWanted(entries, activity));
  }
  const from = replay.from ?? 0;
  const recent = shown.filter((activity) => isWanted(entries, activity) && Date.parse(activity.created_at) >= from);
  const newest = new Map<Id, Id>();
  for (const { id, node_id: node } of recent) if (id > (newest.get(node) ?? -1n)) newest.set(node, id);
  for (const { activity } of [...entries.byId.values()]) {
    if ((newest.get(activity.node_id) ?? -1n) > activity.id) entries.byId.delete(activity.id);
  }
  return recent.filter(({ id, node_id: node }) => newest.get(node) === id);
}

function readBefore(run: Run, shown: readonly Activity[], startedAt: number, requests: number): void {
  if (!isTrigger(run)) return;
  const { plan } = run;
  if (run.known === null) {
    const everyNode = plan.nodes === null && plan.expect === null;
    run.known = everyNode ? nodesOf(shown) : [];
    run.entries.known = run.known;
    const only = run.entries.only;
    const busy = shown.filter(
      ({ status, runtime, node_id: node }) =>
        status === 'processing' && runtime === plan.runtime && (only?.has(node) ?? true),
    );
    if (busy.length > 0 && plan.ifBusy === 'fail') return refuse(run, busyError(busy, BUSY_HINT));
    for (const { node_id: node, id, action } of busy.slice(0, 5)) {
      const what =
        plan.ifBusy === 'wait' ? `waiting for activity ${id} (${action}) to end` : `activity ${id} (${action}) goes on`;
      run.news.push(warning('busy', `node ${node} is busy: ${what}`));
    }
    if (busy.length > 5) run.news.push(warning('busy', `${busy.length - 5} more nodes are busy`));
    if (busy.length > 0 && plan.ifBusy === 'wait') {
      const deadline = plan.timeoutMs === null ? Infinity : startedAt + plan.timeoutMs;
      Object.assign(run, { phase: 'blocked', blockedBy: busy.map(({ id }) => id), deadline, nextRead: run.earliest });
      run.lastError = busyError(busy, 'It did not end in time; a longer --timeout waits longer.');
      return;
    }
    // Reading so far back takes a while, so the newest page is read again.
    if (requests > 1 && (everyNode || plan.ifBusy !== 'ignore')) return;
  }
  run.baseline = highestOf(shown);
  run.baselineAt = startedAt;
  const expects = plan.expect ?? (run.known.length > 0 || plan.nodes === null ? run.known.length : null);
  run.news.push({
    event: 'baseline',
    baseline: run.baseline,
    idempotencyKey: plan.idempotencyKey,
    ...(plan.nodes === null &&
      expects !== null && { expects: { count: expects, by: plan.expect === null ? 'observed' : 'expected' } }),
  });
}

function readBlocked(run: Run, shown: readonly Activity[], startedAt: number, now: number): void {
  const byId = new Map(shown.map((activity) => [activity.id, activity]));
  run.blockedBy = run.blockedBy.filter((id) => !isFinal(byId.get(id)?.status ?? 'completed'));
  if (run.blockedBy.length === 0) {
    Object.assign(run, { phase: 'ready', baseline: null, deadline: Infinity, lastError: null });
    return;
  }
  if (startedAt >= run.deadline && run.lastError) return refuse(run, run.lastError);
  later(run, now);
}

function readUncertain(run: Run, startedAt: number, now: number): void {
  if (run.entries.byId.size > 0) return accept(run, now, { recovered: true });
  const error = run.lastError ?? lost();
  if (run.redirected) {
    if (startedAt - run.lostAt >= run.plan.appearMs) giveUp(run, error);
    return;
  }
  if (startedAt - run.lostAt < READ_AFTER || now < run.waitUntil) return;
  if (isTooLate(run, now)) giveUp(run, error);
  else run.phase = 'ready';
}

/** Whether nothing may be sent again: the server may have forgotten the key, so that it would be carried out twice. */
function isTooLate({ firstPost, resendUntil }: Run, now: number): boolean {
  return now - (firstPost ?? now) > resendUntil;
}

function lost(): LdctlError {
  return new LdctlError(
    'unconfirmed',
    'fate_unknown',
    'a run with this key was not answered, and the log shows nothing of it',
  );
}

/** Whether a good read that began at this time says how it ended. */
function judge(run: Run, startedAt: number): void {
  const { plan, entries, acceptedAt } = run;
  if (acceptedAt === null) return;
  const standing = standingOf(entries, plan.appearMs);
  const { wanted } = entries;
  run.settlesAt = null;
  if (standing.open.length === 0) {
    const isObserved = !('ids' in wanted) && wanted.nodes === null && wanted.expect === null;
    const grace =
      'ids' in wanted ? 0 : run.replay || (isObserved && entries.known.length === 0) ? 10 : isObserved ? 3 : 2;
    // What was accepted by an earlier run has had that time since.
    const since = acceptedAt - (run.earlier?.ageMs ?? 0);
    const quiet = isObserved ? entries.newAt + 2 * SECOND : -Infinity;
    const settlesAt = standing.complete ? Math.max(since + grace * SECOND, quiet) : acceptedAt + plan.appearMs;
    if (startedAt >= settlesAt) return finish(run, null);
    run.settlesAt = settlesAt;
  }
  if (startedAt >= run.deadline) finish(run, 'deadline');
}

/** The one word for it all: unconfirmed before rejected before timed out. A run without a single entry is unconfirmed. */
function finish(run: Run, cut: 'deadline' | null): void {
  const rows = rowsOf(run.entries, run.plan.appearMs, MISSING);
  const statuses = rows.map(({ status }) => status);
  const { tooMany } = standingOf(run.entries, run.plan.appearMs);
  let outcome: Outcome = cut === null && statuses.every((status) => status === 'completed') ? 'completed' : 'timed_out';
  if (statuses.includes('rejected')) outcome = 'rejected';
  if (rows.length === 0 || statuses.includes(MISSING) || tooMany) outcome = 'unconfirmed';
  run.end = { outcome, error: null, interrupted: null };
  if (isTrigger(run) && (outcome === 'completed' || outcome === 'rejected')) {
    run.marks.push({ state: 'ended', key: run.key, outcome });
  }
}

function unreadable(run: Run, error: LdctlError, startedAt: number, now: number): void {
  const first = run.failingSince === null;
  run.failingSince ??= startedAt;
  run.failures += 1;
  if (run.phase === 'ready' && !run.maybeSent) return refuse(run, error);
  const isFirstRead = !isTrigger(run) && run.entries.readAt === -Infinity;
  const tolerated = run.phase === 'uncertain' ? TRIES : OUTAGE;
  const overdue = now - run.failingSince >= tolerated && run.failures >= 3;
  if (isHopeless(error) || overdue || isFirstRead || now >= run.deadline) return giveUp(run, error);
  if (first) run.news.push(warning('log_unreadable', `the log cannot be read: ${error.message}; trying again`));
  run.news.push({ event: 'outage', ageMs: now - Math.max(run.entries.readAt, run.acceptedAt ?? startedAt) });
  later(run, now);
  run.nextRead = Math.max(run.nextRead, now + Math.min(retryAfterOf(error), LONGEST_RETRY_AFTER));
  run.earliest = Math.max(run.earliest, Math.min(run.nextRead, now + retryAfterOf(error)));
}

function later(run: Run, now: number): void {
  const quiet = now - run.changedAt;
  run.nextRead = now + (quiet < 60 * SECOND ? SECOND : Math.min(quiet / 60, 5 * SECOND));
}

/** Nothing more is done: what may have been sent is unconfirmed, all else failed by this error. */
function giveUp(run: Run, error: LdctlError): void {
  if (!run.maybeSent || (!isTrigger(run) && run.entries.readAt === -Infinity)) return refuse(run, error);
  run.end = { outcome: 'unconfirmed', error, interrupted: null };
}

/** Nothing was sent, and nothing will be. */
export function refuse(run: Run, error: LdctlError): void {
  run.end = { outcome: null, error, interrupted: error instanceof Interrupted ? error : null };
  run.marks = run.noted !== null && run.key !== null ? [{ state: 'refused', key: run.key, outcome: '' }] : [];
}

const BUSY_HINT = 'Wait for it, or choose what to do with --if-busy wait or ignore.';

export function busyError(busy: readonly Activity[], hint: string): LdctlError {
  const what = busy.map(({ node_id: node, id, action }) => `node ${node} (activity ${id}, ${action})`).join(', ');
  return new LdctlError('refused', 'busy', `already processing: ${what}; nothing was sent`, { hint });
}

export function highestOf(activities: readonly Activity[]): Id {
  return activities.reduce((highest, { id }) => (id > highest ? id : highest), 0n);
}

function nodesOf(activities: readonly Activity[]): Id[] {
  return [...new Set(activities.map(({ node_id: node }) => node))].sort(compareIds);
}

function progressOf(run: Run): JobEvent {
  const { settlesAt } = run;
  const nodes = rowsOf(run.entries, run.plan.appearMs, null);
  return { event: 'progress', nodes, ...(settlesAt !== null && { settlesAt }) };
}

/** How it ended. @throws LdctlError why nothing was sent, or could be followed */
export function resultOfRun(run: Run): ResultEvent & { resume: Resume | null } {
  const { end, plan, entries } = run;
  if (!end) throw new Error('the run goes on');
  if (end.outcome === null) throw end.error ?? end.interrupted ?? new Error('nothing was sent');
  const { outcome } = end;
  const isSeen = outcome === 'rejected' || outcome === 'unconfirmed' || outcome === 'timed_out';
  const absent = isSeen && end.error === null ? MISSING : null;
  const rows = rowsOf(entries, plan.appearMs, absent).map(resultRow);
  const nodes = outcome === 'accepted' && !('ids' in entries.wanted) && entries.wanted.nodes === null ? [] : rows;
  const { wanted } = entries;
  const kind: TargetKind =
    'ids' in wanted || wanted.nodes !== null ? 'named' : wanted.expect === null ? 'observed' : 'expected';
  const shared = sharedOf(run);
  const isSent = isTrigger(run) && run.acceptedAt !== null;
  const result = {
    outcome,
    runtime: shared.runtime,
    action: shared.action,
    deployment_id: plan.deploymentId,
    idempotency_key: 'idempotencyKey' in plan ? plan.idempotencyKey : null,
    targets: kind,
    replayed: isSent ? (run.accepted?.replayed ?? false) : null,
    recovered: isSent ? run.recovered : null,
    request_id:
      run.accepted?.requestId ?? (run.lastError instanceof ApiError ? (run.lastError.requestId ?? null) : null),
    nodes,
    resume: null,
  };
  const exitCode = end.interrupted?.exitCode ?? EXIT_CODES[OUTCOMES[outcome as keyof typeof OUTCOMES]].code;
  return { event: 'result', result, error: end.error, exitCode, resume: resumeOf(run, outcome, nodes) };
}

function sharedOf({ entries }: Run): { runtime: string | null; action: string | null } {
  const { wanted, byId } = entries;
  if (!('ids' in wanted)) return { runtime: wanted.runtime, action: formatAction(wanted.action) };
  const only = (values: readonly string[]): string | null => (new Set(values).size === 1 ? (values[0] ?? null) : null);
  const seen = [...byId.values()].map(({ activity }) => activity);
  return { runtime: only(seen.map((a) => a.runtime)), action: only(seen.map((a) => a.action)) };
}

function resumeOf(run: Run, outcome: Outcome, nodes: readonly NodeResult[]): Resume | null {
  const isOpen = nodes.some(({ status }) => status === null || !isFinal(status));
  if (outcome === 'completed' || (outcome === 'rejected' && !isOpen)) return null;
  const { wanted, byId } = run.entries;
  if ('ids' in wanted) return { ids: wanted.ids };
  const isWhole = nodes.length > 0 && nodes.every(({ activity_id: id, status }) => id !== null && status !== MISSING);
  const isObserved = wanted.nodes === null && wanted.expect === null;
  if (isWhole && (!isObserved || run.entries.readAt >= (run.acceptedAt ?? Infinity) + 3 * SECOND)) {
    return { ids: [...byId.keys()] };
  }
  const { runtime, action, nodes: named, expect } = wanted;
  return {
    after: run.replay?.floor ?? run.baseline ?? 0n,
    runtime,
    action: formatAction(action),
    nodes: named,
    expect,
  };
}
