/*
 * A run, step by step: what time alone does (`tickRun`), which step comes next (`nextOfRun`, a
 * query that changes nothing), and what the fact means that answers it (`takeOfRun`). The state that
 * the run is in decides all of it; what may happen in any state is here.
 */

import { LdctlError, type Interrupted } from '../../base/errors.js';
import type { KeptRun } from '../../base/journal.js';
import type { DownTo, LogRead } from '../../log/log.js';
import { IdEntries, NodeEntries } from '../entries.js';
import { warning, type JobEvent } from '../events.js';
import { foreignLog } from '../../log/foreign.js';
import type { FailedRead, FactOf, Job, Step, StepName, StepOf } from '../job.js';
import { BEFORE_POST, cutOffAt, goodRead, newPace, quicken } from '../pace.js';
import { wireKey } from '../wire-key.js';
import { askBlocked, askChecking, takeBlocked, takeChecking, takeFailedCheck } from './checking.js';
import { endForRoll, endWithError, tolerate, resultOfRun } from './ended.js';
import { askFollowing, depthOfFollowing, newFollowing, takeFollowing } from './following.js';
import { askPosting, askSending, takePosting, takeSending, tickSending } from './sending.js';
import {
  endOf,
  isRollOver,
  newSent,
  RETRY_WINDOW,
  senderOf,
  sendNoMore,
  type Reading,
  type Run,
  type RunPlan,
  type State,
  type WaitPlan,
} from './state.js';
import { askUnknown, continueFrom, depthOfUnknown, takeUnknown } from './unknown.js';

const NO_TRACE = 'a run with this key was not answered, and the log shows nothing of it';
const ANOTHER_KEY = 'If it did not run, trigger it with another idempotency key.';

const NOT_COUNTED =
  'Core did not say how many nodes there are, so only those that the log lists are checked';

/** @param kept what an earlier run with the key left */
export function runJob(plan: RunPlan, kept: KeptRun | null, now: number): Job {
  return jobOf(createRun(plan, kept, now));
}

/** Follows what was dispatched before. Never sends. */
export function waitJob(plan: WaitPlan, now: number): Job {
  return jobOf(createWait(plan, now));
}

function jobOf(run: Run): Job {
  return {
    tick: (now) => tickRun(run, now),
    next: (now) => nextOfRun(run, now),
    take: (step, fact, now) => takeOfRun(run, step, fact, now),
    interrupt: (reason) => interrupt(run, reason),
    counted: (core, now) => takeLateCount(run, core, now),
    events: () => eventsOfRun(run),
    result: () => resultOfRun(run),
  };
}

export function createRun(plan: RunPlan, kept: KeptRun | null, now: number): Run {
  const entries = new NodeEntries(plan, plan);
  // Only a read from far back shows the nodes, and which of them have been busy for long.
  const deep = entries.listed === null || plan.ifBusy !== 'ignore';
  const run = newRun(
    {
      plan,
      trigger: { ...plan, wireKey: wireKey(plan.idempotencyKey, plan) },
      entries,
      state: { name: 'checking', deep, notBefore: now },
    },
    now,
  );
  if (kept) run.state = continueFrom(senderOf(run), null, kept, now);
  return run;
}

/** What it follows was sent some time ago, so there may be something to read already. */
export function createWait(plan: WaitPlan, now: number): Run {
  const { wanted, after } = plan;
  const entries = 'ids' in wanted ? new IdEntries(wanted.ids, plan) : new NodeEntries(wanted, plan);
  const run = newRun({ plan, trigger: null, entries, state: newFollowing(plan, null, now) }, now);
  run.baseline.id = after ?? 0n;
  return run;
}

function newRun(known: Pick<Run, 'plan' | 'trigger' | 'entries' | 'state'>, now: number): Run {
  return {
    ...known,
    pace: newPace(now),
    attempts: { backoffs: 0, spacingMs: 0, firstAt: null, postedAt: null, windowMs: RETRY_WINDOW },
    hasPosted: false,
    isUnderway: false,
    busyDeadline: Infinity,
    baseline: { id: 0n, date: null, readAt: -Infinity },
    readBy: now + BEFORE_POST - (known.trigger?.spentMs ?? 0),
    generation: 0,
    newestWhenSettled: null,
    fateError: new LdctlError('unconfirmed', 'fate_unknown', NO_TRACE, {
      // For a roll, its result has the command that comes next.
      hint: known.plan.endsBy === undefined ? ANOTHER_KEY : undefined,
    }),
    marks: [],
    events: [],
    changed: false,
  };
}

export function tickRun(run: Run, now: number): void {
  const { state } = run;
  if (state.name === 'checking' && isRollOver(run, now)) {
    run.state = endForRoll(run);
  } else if (state.name === 'sending') {
    run.state = tickSending(run, state, now);
  }
}

export function nextOfRun(run: Run, now: number): Step {
  const { state, marks } = run;
  if (marks[0]) return marks[0];
  switch (state.name) {
    case 'checking':
      return askChecking(run, state, now);
    case 'blocked':
      return askBlocked(run, state, now);
    case 'sending':
      return askSending(senderOf(run), state, now);
    case 'posting':
      return askPosting(senderOf(run), state);
    case 'unknown':
      return askUnknown(run, state, now);
    case 'following':
      return askFollowing(run, state, now);
    case 'ended':
      return { do: 'end' };
  }
}

/** A fact for which a run does not wait any more changes nothing. */
const TAKE: { [K in StepName]: (run: Run, fact: FactOf<K>, now: number) => State } = {
  note: takeNote,
  record: (run, fact, now) =>
    run.state.name === 'sending' ? takeSending(senderOf(run), run.state, fact, now) : run.state,
  post: (run, fact, now) =>
    run.state.name === 'posting' ? takePosting(senderOf(run), run.state, fact, now) : run.state,
  read(run, fact, now) {
    const { state } = run;
    if (!isReading(state)) return state;
    return fact.is === 'read'
      ? takeRead(run, state, fact.read, now)
      : takeFailedRead(run, state, fact, now);
  },
  // Only a roll has gates.
  gate: ({ state }) => state,
};

export function takeOfRun<K extends StepName>(
  run: Run,
  step: StepOf<K>,
  fact: FactOf<K>,
  now: number,
): void {
  run.state = TAKE[step.do](run, fact, now);
}

/**
 * Without the mark, a later run is more careful. Without `refused` it treats that POST as one that
 * was lost, so this run ends as if it was (7).
 */
function takeNote(run: Run, fact: FactOf<'note'>, now: number): State {
  const note = run.marks.shift();
  if (fact.is === 'done') return run.state;
  run.events.push(warning('journal_not_written', fact.error.message));
  if (note?.mark !== 'refused') return run.state;
  run.hasPosted = true;
  return endWithError(run, endOf(run)?.error ?? fact.error, newSent(now));
}

const READING: Record<Reading['name'], true> = {
  checking: true,
  blocked: true,
  unknown: true,
  following: true,
};

const isReading = (state: State): state is Reading => state.name in READING;

function takeRead(run: Run, state: Reading, log: LogRead, now: number): State {
  const { plan } = run;
  goodRead(run.pace, log.requests, now);
  const problem = foreignLog(log.entries, plan.deploymentId, plan.tenant);
  if (problem) return endWithError(run, problem);
  switch (state.name) {
    case 'checking':
      return takeChecking(senderOf(run), state, log, now);
    case 'blocked':
      return takeBlocked(senderOf(run), state, log, now);
    case 'unknown':
      return takeUnknown(senderOf(run), state, log, now);
    case 'following':
      return takeFollowing(run, state, log, now);
  }
}

/** How many failed reads end the run depends on its state. */
function takeFailedRead(run: Run, state: Reading, failure: FailedRead, now: number): State {
  switch (state.name) {
    case 'checking':
      return takeFailedCheck(run, state, failure, now);
    case 'blocked':
      return tolerate(run, state, failure, now, run.busyDeadline);
    case 'unknown':
      return tolerate(run, state, failure, now, Infinity, RETRY_WINDOW);
    case 'following':
      // A wait ends if the log could not be read once.
      return run.trigger || run.entries.hasBeenRead
        ? tolerate(run, state, failure, now, state.deadline)
        : endWithError(run, failure.error);
  }
}

/**
 * The read that it needs, where the log may show its entries by now; else null. In a roll, one read
 * serves all.
 */
export function sharedReadOf(run: Run, now: number): { downTo: DownTo; cutAt: number } | null {
  const { state } = run;
  switch (state.name) {
    case 'unknown':
      return { downTo: depthOfUnknown(run, state, now), cutAt: Infinity };
    case 'following':
      return { downTo: depthOfFollowing(run, state), cutAt: cutOffAt(state.deadline, now) };
    default:
      return null;
  }
}

export function interrupt(run: Run, reason: Interrupted): void {
  // A POST that is running may leave at any moment.
  run.hasPosted ||= run.state.name === 'posting';
  if (run.state.name !== 'ended') run.state = endWithError(run, reason);
}

/**
 * The roll of this run is over: nothing more is sent, not even again. What may have been sent is
 * still looked for in the log.
 */
export function callOff(run: Run, error: LdctlError): void {
  const { state } = run;
  switch (state.name) {
    case 'checking':
    case 'blocked':
      run.state = endWithError(run, error);
      return;
    case 'sending':
      sendNoMore(run);
      // Nothing is sent any more, so `notBefore` does not matter.
      run.state = state.before
        ? { name: 'unknown', sent: state.before, notBefore: 0, isHeldBack: false }
        : endWithError(run, error);
      return;
    case 'posting':
    case 'unknown':
      // The answer, or the log, decides.
      return sendNoMore(run);
    case 'following':
    case 'ended':
    // It sends nothing any more.
  }
}

/** Whether `unknown` only looks, since its roll has no room for another POST. */
export function holdBack(run: Run, isHeldBack: boolean): void {
  if (run.state.name === 'unknown') run.state = { ...run.state, isHeldBack };
}

/** Core has counted the nodes after the run started. */
export function takeLateCount(run: Run, core: number | null, now: number): void {
  const { entries, state } = run;
  if (state.name === 'ended') return;
  entries.noteCount(core);
  entries.isCounting = false;
  if (entries.coreCount === null) run.events.push(warning('not_counted', NOT_COUNTED));
  run.changed = true;
  // The next read may end it.
  quicken(run.pace, now, now);
}

/** What happened since the last call. */
function eventsOfRun(run: Run): JobEvent[] {
  const { state, changed } = run;
  const events = run.events.splice(0);
  run.changed = false;
  if (!changed || state.name === 'ended') return events;
  const decidesAt = state.name === 'following' ? state.decidesAt : null;
  const nodes = run.entries.rows(null);
  return [...events, { event: 'progress', nodes, ...(decidesAt !== null && { decidesAt }) }];
}
