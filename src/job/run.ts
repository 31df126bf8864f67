import { formatAction, type Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { warning } from './events.js';
import type { Asked, FactOf, Step, StepOf } from './job.js';
import { dueAt, SECOND } from './pace.js';
import { continueFrom, takeAnswer, takeRecord } from './run-answer.js';
import { takeRead } from './run-read.js';
import {
  deadlineOf,
  follow,
  giveUp,
  isTooLate,
  newRun,
  type Run,
  type RunPlan,
  type Trigger,
  type WaitPlan,
} from './run-state.js';
import { wireKey } from './wire-key.js';

/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;

/** Without a new entry for this long, none is expected: reads go down to the open ones only. */
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
  run.baseline = plan.after;
  if (run.entries.targets !== 'observed') {
    run.entries.known = [];
  }
  follow(run, now);
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
  } else if (now >= state.notBefore && now - run.baselineAt > FRESH) {
    run.state = { name: 'checking' };
  }
}

export function nextOfRun(run: Run, now: number): Step {
  const { state, trigger } = run;
  const [mark] = run.marks;
  if (mark) {
    return mark;
  }
  if (state.name === 'ended' || !trigger) {
    return state.name === 'ended' ? { do: 'end' } : nextRead(run, now);
  }
  switch (state.name) {
    case 'checking': {
      const downTo = needsNodes(run, trigger) ? 'known' : 'newest';
      return { do: 'read', downTo, open: null, patient: true };
    }
    case 'sending':
      return now < state.notBefore
        ? { do: 'wait', until: state.notBefore }
        : recordOf(run, trigger);
    case 'posting':
      return postOf(trigger);
    default:
      return nextRead(run, now);
  }
}

/** Whether the log must first say which nodes there are, or which are busy. */
function needsNodes({ entries }: Run, { nodes, expect, ifBusy }: Trigger): boolean {
  const isObserved = nodes === null && expect === null;
  return entries.known === null && (isObserved || ifBusy !== 'ignore');
}

function recordOf({ baseline, entries, generation, sent, attempts }: Run, trigger: Trigger): Step {
  if (!trigger.kept) {
    return { do: 'record', record: null, after: 0 };
  }
  const { wireKey: key, deploymentId, runtime, action } = trigger;
  const asked = { key, deploymentId, runtime, action: formatAction(action) };
  const found = { baseline: baseline ?? 0n, known: [...(entries.known ?? [])] };
  const postedAt = sent ? attempts.postedAt : null;
  const record = { ...asked, nodes: sortedNodes(trigger), ...found, postedAt };
  return { do: 'record', record, after: generation };
}

function postOf(trigger: Trigger): Step {
  const { deploymentId, runtime, action, wireKey: key } = trigger;
  const request = { deploymentId, runtime, action, nodes: sortedNodes(trigger), wireKey: key };
  return { do: 'post', request };
}

const sortedNodes = ({ nodes }: Trigger): Id[] | null => nodes && [...nodes].sort(compareIds);

function nextRead(run: Run, now: number): Step {
  const decidesAt = run.state.name === 'following' ? run.state.decidesAt : null;
  const due = dueAt(run.pace, deadlineOf(run), decidesAt ?? Infinity);
  return now < due ? { do: 'wait', until: due } : { do: 'read', ...depthOf(run), patient: false };
}

/** How far down the next read goes. */
function depthOf(run: Run): { downTo: Id | 'known'; open: readonly Id[] | null } {
  const { state, entries, replay, baseline } = run;
  if (state.name === 'blocked') {
    return downTo(state.by.standing().open);
  }
  if (entries.known === null || replay?.floor === null) {
    return { downTo: 'known', open: null };
  }
  const { complete, open } = entries.standing();
  if ('ids' in entries.wanted) {
    return downTo(
      open,
      entries.wanted.ids.filter((id) => !entries.byId.has(id)),
    );
  }
  const isQuiet = complete && entries.newAt + QUIET < entries.readAt;
  if (isQuiet && run.acceptedAt !== null && open.length > 0) {
    return downTo(open);
  }
  return { downTo: replay?.floor ?? baseline ?? 0n, open: null };
}

/** Down to the lowest of these. */
function downTo(entries: readonly Activity[], unseen: readonly Id[] = []) {
  const open = [...entries.map(({ id }) => id), ...unseen];
  const lowest = open.reduce((low, id) => (id < low ? id : low), open[0] ?? 1n);
  return { downTo: lowest > 0n ? lowest - 1n : 0n, open };
}

const TAKE: { [K in Asked]: (run: Run, fact: FactOf<K>, now: number) => void } = {
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

/** A mark that could not be written only makes a later run more careful. */
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
