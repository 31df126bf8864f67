/*
 * A run, step by step: what time alone does (`tickRun`), which step comes next (`nextOfRun`, a
 * query that changes nothing), and which function takes the fact that answers it (`takeOfRun`).
 */

import type { Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { NONE_LISTED } from './entries.js';
import { warning } from './events.js';
import type { Asked, FactOf, Step, StepOf } from './job.js';
import { cutOffAt, dueAt, SECOND } from './pace.js';
import { needsFloor } from './replay.js';
import { continueFrom, takeAnswer, takeRecord } from './run-answer.js';
import { takeRead } from './run-read.js';
import {
  checkAgain,
  deadlineOf,
  follow,
  giveUp,
  isTooLate,
  maySendAgain,
  newRun,
  type Run,
  type RunPlan,
  type Trigger,
  type WaitPlan,
} from './run-state.js';
import { wireKey } from './wire-key.js';

/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;

/** Once no new entry has come for this long, no more are expected. */
const QUIET = 10 * SECOND;

/** @param kept what an earlier run with the key left */
export function createRun(plan: RunPlan, kept: KeptRun | null = null, now = 0): Run {
  const run = newRun(plan, { ...plan, wireKey: wireKey(plan.idempotencyKey, plan) }, plan, now);
  if (kept) {
    continueFrom(run, kept, now);
  }
  return run;
}

/** Follows what was dispatched before. Never sends. */
export function createWait(plan: WaitPlan, now = 0): Run {
  const run = newRun(plan, null, plan.wanted, now);
  run.baseline.id = plan.after;
  follow(run, now);
  // It was sent some time ago, so there may be something to read already.
  run.pace.nextRead = now;
  return run;
}

/** A laptop was shut, or a process stopped: then a key, or a baseline, may have become too old. */
export function tickRun(run: Run, now: number): void {
  const { state } = run;
  if (state.name !== 'sending') {
    return;
  }
  if (run.sent) {
    if (isTooLate(run, now)) {
      giveUp(run, run.lastError);
    }
  } else if (now - run.baseline.readAt > FRESH) {
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
    return nextRead(run, now);
  }
  switch (state.name) {
    case 'checking':
      return now < state.notBefore
        ? { do: 'wait', until: state.notBefore }
        : { ...READ_BEFORE_POST, downTo: state.deep ? 'forNodes' : 'newest', cutAt: run.readBy };
    case 'failing':
      return { do: 'recall', key: trigger.keepsKey ? trigger.wireKey : null };
    case 'sending':
      return recordOf(run, trigger);
    case 'posting':
      return postOf(trigger);
    default:
      return nextRead(run, now);
  }
}

function recordOf(run: Run, trigger: Trigger): Step {
  const { baseline, entries, generation, sent, attempts } = run;
  if (!trigger.keepsKey) {
    // The step then only says when the POST starts.
    return { do: 'record', record: null, after: 0 };
  }
  const { wireKey: key, apiKeyHash: apiKey } = trigger;
  const record = {
    key,
    apiKey,
    baseline: baseline.id,
    date: baseline.date,
    expect: entries.expect,
    core: entries.core,
    listed: entries.listed ?? NONE_LISTED,
    postedAt: sent ? attempts.postedAt : null,
  };
  return { do: 'record', record, after: generation };
}

function postOf(trigger: Trigger): Step {
  const { deploymentId, runtime, action, wireKey: key } = trigger;
  const nodes = trigger.nodes?.toSorted(compareIds) ?? null;
  return { do: 'post', request: { deploymentId, runtime, action, nodes, wireKey: key } };
}

/** Nothing is at stake yet, so it tries several times. */
export const READ_BEFORE_POST = { do: 'read', open: null, patient: true } as const;

function nextRead(run: Run, now: number): Step {
  const decidesAt = run.state.name === 'following' ? run.state.decidesAt : null;
  const deadline = deadlineOf(run);
  const due = dueAt(run.pace, deadline, decidesAt ?? Infinity);
  return now < due
    ? { do: 'wait', until: due }
    : {
        do: 'read',
        ...depthOf(run, now),
        // No other read follows the last one.
        patient: now >= deadline,
        cutAt: cutOffAt(deadline, now),
      };
}

/** How far down the next read goes; `open`: entries that it looks up if they are far below. */
export function depthOf(
  run: Run,
  now: number,
): { downTo: Id | 'forNodes'; open: readonly Id[] | null } {
  const { state, entries, replay, baseline } = run;
  if (state.name === 'blocked') {
    return depthFor(state.by.progress().open);
  }
  const needsNodes = entries.listed === null;
  if (needsNodes || needsFloor(run) || maySendAgain(run, now)) {
    return { downTo: 'forNodes', open: null };
  }
  if ('ids' in entries.wanted) {
    const unseen = entries.wanted.ids.filter((id) => !entries.byId.has(id));
    return depthFor(entries.progress().open, unseen);
  }
  return isQuiet(run)
    ? depthFor(entries.progress().open)
    : { downTo: replay?.floor ?? baseline.id, open: null };
}

/** Every target has its entry, and the run waits only for open ones to end. */
function isQuiet({ entries, acceptedAt }: Run): boolean {
  const { complete, optional, open } = entries.progress();
  const isWhole = complete && optional.length === 0 && open.length > 0;
  return isWhole && acceptedAt !== null && entries.newAt + QUIET < entries.readAt;
}

/** Far enough to show these entries, and no further. */
function depthFor(entries: readonly Activity[], unseen: readonly Id[] = []) {
  const open = [...entries.map(({ id }) => id), ...unseen];
  const lowest = open.reduce((low, id) => (id < low ? id : low), open[0] ?? 1n);
  return { downTo: lowest > 0n ? lowest - 1n : 0n, open };
}

const TAKE: { [K in Asked]: (run: Run, fact: FactOf<K>, now: number) => void } = {
  recall: takeRecall,
  note: takeNote,
  record: takeRecord,
  post: takeAnswer,
  read: takeRead,
  // Only a roll has gates.
  ask: () => undefined,
  cut: () => undefined,
};

export function takeOfRun<K extends Asked>(
  run: Run,
  step: StepOf<K>,
  fact: FactOf<K>,
  now: number,
): void {
  if (run.state.name !== 'ended' || step.do === 'note') {
    TAKE[step.do](run, fact, now);
  }
}

function takeRecall(run: Run, fact: FactOf<'recall'>, now: number): void {
  if (fact.is === 'found') {
    continueFrom(run, fact.kept, now);
  } else if (run.state.name === 'failing') {
    giveUp(run, fact.error ?? run.state.error);
  }
}

/**
 * A mark that could not be written ends a run that has sent nothing. Else it is only a warning:
 * without the mark, a later run is more careful.
 */
function takeNote(run: Run, fact: FactOf<'note'>): void {
  run.marks.shift();
  if (fact.is === 'done') {
    return;
  }
  if (run.sent || run.state.name === 'ended') {
    run.events.push(warning('journal_not_written', fact.error.message));
  } else {
    giveUp(run, fact.error);
  }
}
