/*
 * A run, step by step: what time alone does (`tickRun`), which step comes next (`nextOfRun`, a
 * query that changes nothing), and which function takes the fact that answers it (`takeOfRun`).
 */

import { LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import type { DownTo } from '../log/log.js';
import { idsOf, NONE_LISTED } from './entries.js';
import { warning } from './events.js';
import type { StepName, FactOf, Step, StepOf } from './job.js';
import { cutOffAt, dueAt, SECOND } from './pace.js';
import { needsFloor } from './replay.js';
import { continueFrom, takeAnswer, takeRecord } from './run-answer.js';
import { QUIET } from './run-end.js';
import { takeRead } from './run-read.js';
import { checkAgain, endWithError, follow, noteSent } from './run-moves.js';
import {
  deadlineOf,
  endOf,
  isRollOver,
  isTooLate,
  maySendAgain,
  newRun,
  type Run,
  type RunPlan,
  type State,
  type Trigger,
  type WaitPlan,
} from './run-state.js';
import { wireKey } from './wire-key.js';

/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;

/** @param kept what an earlier run with the key left */
export function createRun(plan: RunPlan, kept: KeptRun | null, now: number): Run {
  const run = newRun(plan, { ...plan, wireKey: wireKey(plan.idempotencyKey, plan) }, plan, now);
  if (kept) {
    continueFrom(run, kept, now);
  }
  return run;
}

/** Follows what was dispatched before. Never sends. */
export function createWait(plan: WaitPlan, now: number): Run {
  const run = newRun(plan, null, plan.wanted, now);
  run.baseline.id = plan.after ?? 0n;
  follow(run, now);
  // It was sent some time ago, so there may be something to read already.
  run.pace.nextRead = now;
  return run;
}

/**
 * After a pause, such as of a laptop that was shut: gives up if the key is too old to send again,
 * or the roll is over, and reads the baseline again if that is too old.
 */
export function tickRun(run: Run, now: number): void {
  const isSending = run.state.name === 'sending';
  if (run.sent) {
    if (isSending && isTooLate(run, now)) {
      endWithError(run, run.fateError);
    }
  } else if ((isSending || run.state.name === 'checking') && isRollOver(run, now)) {
    endWithError(run, new LdctlError('refused', 'timed_out', 'the time of the roll is up'));
  } else if (isSending && now > freshUntil(run)) {
    checkAgain(run, now);
  }
}

export function nextOfRun(run: Run, now: number): Step {
  const { state, trigger } = run;
  const [mark] = run.marks;
  if (mark) {
    return mark;
  }
  if (state.name === 'ended') {
    return { do: 'end' };
  }
  if (!trigger) {
    // A wait only ever follows.
    return nextRead(run, now);
  }
  switch (state.name) {
    case 'checking':
      return now < state.notBefore
        ? { do: 'wait', until: state.notBefore }
        : readBefore(run, state);
    case 'sending':
      return recordOf(run, trigger);
    case 'posting':
      return postOf(run, trigger);
    default:
      return nextRead(run, now);
  }
}

function recordOf(run: Run, trigger: Trigger): Step {
  const { baseline, entries, generation, sent, attempts } = run;
  const { here, elsewhere } = entries.listed ?? NONE_LISTED;
  if (!trigger.keepsKey) {
    return { do: 'record', record: null, after: 0 };
  }
  const record = {
    key: trigger.wireKey,
    // Only its hash: 8 digits.
    apiKey: trigger.apiKeyHash,
    baseline: baseline.id,
    date: baseline.date,
    expect: entries.expect,
    core: entries.core,
    listed: { here, elsewhere },
    // What was not sent does not count as the first POST.
    postedAt: sent ? attempts.postedAt : null,
  };
  return { do: 'record', record, after: generation };
}

/** What may have been sent before is sent again whatever has come since. */
const freshUntil = ({ sent, baseline }: Run): number => (sent ? Infinity : baseline.readAt + FRESH);

function postOf(run: Run, trigger: Trigger): Step {
  const { deploymentId, runtime, action, wireKey: key } = trigger;
  const nodes = trigger.nodes?.toSorted(compareIds) ?? null;
  const request = { deploymentId, runtime, action, nodes, wireKey: key };
  return { do: 'post', request, sendBy: freshUntil(run) };
}

/** Nothing is at stake yet, so it tries several times. */
function readBefore({ readBy }: Run, { deep }: State & { name: 'checking' }): Step {
  const downTo = deep ? 'forNodes' : 'newest';
  return { do: 'read', downTo, tries: 'several', cutAt: readBy };
}

function nextRead(run: Run, now: number): Step {
  const decidesAt = run.state.name === 'following' ? run.state.decidesAt : null;
  const deadline = deadlineOf(run);
  const due = dueAt(run.pace, deadline, decidesAt ?? Infinity);
  if (now < due) {
    return { do: 'wait', until: due };
  }
  // If it fails, the next one is soon; but none follows the last one.
  const tries = now >= deadline ? 'several' : 'one';
  return { do: 'read', downTo: depthOf(run, now), tries, cutAt: cutOffAt(deadline, now) };
}

/**
 * How far down the next read goes: to every entry that may change, and to where others may come.
 */
export function depthOf(run: Run, now: number): DownTo {
  const { state, entries, replay, baseline } = run;
  if (state.name === 'blocked') {
    return belowLowest(idsOf(state.blockers.progress().open));
  }
  if (!entries.listed?.isWhole || needsFloor(run) || maySendAgain(run, now)) {
    return 'forNodes';
  }
  const open = idsOf(entries.progress().open);
  if ('ids' in entries.wanted) {
    const unseen = entries.wanted.ids.filter((id) => !entries.byId.has(id));
    return belowLowest([...open, ...unseen]);
  }
  return isQuiet(run) ? belowLowest(open) : (replay?.floor ?? baseline.id);
}

/** Every target has its entry, and the run waits only for open ones. */
function isQuiet({ entries, acceptedAt }: Run): boolean {
  const { hasEnough, mayStillReport, open } = entries.progress();
  const isWhole = hasEnough && mayStillReport.length === 0 && open.length > 0;
  return isWhole && acceptedAt !== null && entries.readAt - entries.newAt > QUIET;
}

/** Far enough to show these entries, and no further. There is always one, or the run would end. */
function belowLowest(ids: readonly Id[]): Id {
  const [lowest = 0n] = ids.toSorted(compareIds);
  return lowest - 1n;
}

const TAKE: { [K in StepName]: (run: Run, fact: FactOf<K>, now: number) => void } = {
  note: takeNote,
  record: takeRecord,
  post: takeAnswer,
  read: takeRead,
  // Only a roll has gates.
  gate: () => undefined,
};

export function takeOfRun<K extends StepName>(
  run: Run,
  step: StepOf<K>,
  fact: FactOf<K>,
  now: number,
): void {
  if (run.state.name !== 'ended' || step.do === 'note') {
    TAKE[step.do](run, fact, now);
  }
}

/**
 * Without the mark, a later run is more careful. With nothing sent the mark can only have been
 * `refused`: a later run will take that POST for one that was lost, so this one ends as if it was
 * (7).
 */
function takeNote(run: Run, fact: FactOf<'note'>, now: number): void {
  run.marks.shift();
  if (fact.is === 'done') {
    return;
  }
  run.events.push(warning('journal_not_written', fact.error.message));
  if (!run.sent) {
    noteSent(run, now);
    endWithError(run, endOf(run)?.error ?? fact.error);
  }
}
