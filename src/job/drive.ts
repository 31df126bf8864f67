/*
 * The only loop, and the only I/O of a job once it has started: it asks for the next step, does it,
 * and hands back the fact. Interrupts and the ends of gates come at any moment, and wait in an
 * inbox until the step is done.
 */

import { onAbort, within, type Clock } from '../base/clock.js';
import { asLdctlError, Interrupted } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import type { GateResult } from '../base/outcome.js';
import type { Supervisor } from '../base/supervisor.js';
import type { ActivityLog } from '../log/log.js';
import type { JobEvent } from './events.js';
import type { StepName, Fact, FactOf, Job, StepOf } from './job.js';

export interface DriveTools {
  supervisor: Pick<Supervisor, 'trigger'>;
  log: ActivityLog;
  /** Null: a caller's key is remembered by the server alone. */
  journal: RunJournal | null;
  /**
   * Runs the gate after a node of a roll. Resolves with its exit code when it has ended, at the
   * latest soon after its signal was aborted; never rejects.
   */
  gate?: (
    node: Id,
    activityId: Id | null,
    tools: { signal: AbortSignal },
  ) => Promise<number | null>;
  clock: Clock;
  /** Aborted with an `Interrupted`: the job ends with what is known. */
  signal: AbortSignal;
  /** The same, of a roll: nothing more starts. */
  stopping?: AbortSignal;
  /** How many nodes Core counts, where that was not known in time; never rejects. */
  lateCount?: Promise<number | null> | undefined;
}

/** How long the end waits for gates that were cut off, ms. */
const LAST_GATES = 900;

/**
 * Does what a job wants, one step after the other, until it has ended. Only gates run beside it. It
 * waits until its events are taken, so a slow reader slows it down.
 */
export async function* steps<T, E extends JobEvent>(
  job: Job<T, E>,
  tools: DriveTools,
): AsyncGenerator<E> {
  const { clock, signal, stopping, lateCount } = tools;
  const inbox = openInbox(clock);
  const gates = openGates(tools, (node, gate) =>
    inbox.put(() => job.gateEnded?.(node, gate, clock.elapsed())),
  );
  void lateCount?.then((count) => inbox.put(() => job.counted?.(count, clock.elapsed())));
  const releases = [
    onAbort(stopping, () => inbox.put(() => job.windDown?.(stopping?.reason as Interrupted))),
    onAbort(signal, () =>
      inbox.put(() => job.interrupt(signal.reason as Interrupted, clock.elapsed())),
    ),
  ];
  try {
    for (;;) {
      inbox.deliver();
      const now = clock.elapsed();
      job.tick(now);
      const events = job.events();
      if (events.length > 0) {
        yield* events;
        // The reader may have been slow, so time is asked again.
        continue;
      }
      const step = job.next(now);
      if (step.do === 'end') return;
      if (step.do === 'wait') {
        await inbox.wait(step.until);
        continue;
      }
      const fact = await perform(step, tools, gates);
      if (fact) job.take(step, fact, clock.elapsed());
    }
  } finally {
    for (const release of releases) release();
    await gates.close();
  }
}

/**
 * Does all its steps. If `emit` throws, the gates are ended first.
 * @returns its result
 * @throws LdctlError when nothing was sent, or nothing could be followed
 */
export async function drive<T>(
  job: Job<T>,
  tools: DriveTools,
  emit: (event: JobEvent) => void | Promise<void>,
): Promise<T> {
  for await (const event of steps(job, tools)) await emit(event);
  return job.result();
}

/**
 * @returns the fact that answers the step; null where an interrupt broke it off: it is in the inbox
 */
export function perform(
  step: StepOf<StepName>,
  tools: DriveTools,
  gates: Pick<ReturnType<typeof openGates>, 'start'>,
): Promise<Fact | null> | Fact {
  switch (step.do) {
    case 'note':
      return note(step, tools);
    case 'record':
      return record(step, tools);
    case 'post':
      return post(step, tools);
    case 'read':
      return read(step, tools);
    case 'gate':
      gates.start(step);
      return { is: 'done' };
  }
}

function note(
  { key, generation, mark, newest }: StepOf<'note'>,
  { journal }: DriveTools,
): FactOf<'note'> {
  try {
    journal?.mark(key, generation, mark, newest);
    return { is: 'done' };
  } catch (error) {
    return { is: 'unwritten', error: asLdctlError(error) };
  }
}

function record({ record, after }: StepOf<'record'>, tools: DriveTools): FactOf<'record'> {
  const { journal, clock } = tools;
  const at = clock.now();
  if (!record || !journal) return { is: 'recorded', generation: 0, at };
  try {
    // The record of a POST that is made again keeps the time of the first.
    const claim = journal.claim({ ...record, postedAt: record.postedAt ?? at }, after);
    return 'found' in claim
      ? { is: 'found', kept: claim.found }
      : { is: 'recorded', generation: claim.made, at };
  } catch (error) {
    return { is: 'unwritten', error: asLdctlError(error) };
  }
}

async function post(
  { request, sendBy }: StepOf<'post'>,
  { supervisor, signal }: DriveTools,
): Promise<FactOf<'post'> | null> {
  try {
    return { is: 'answered', answer: await supervisor.trigger(request, { signal, sendBy }) };
  } catch (error) {
    return error instanceof Interrupted ? null : { is: 'answered', answer: asLdctlError(error) };
  }
}

async function read(
  { downTo, tries, cutAt }: StepOf<'read'>,
  { log, clock, signal }: DriveTools,
): Promise<FactOf<'read'> | null> {
  const startedAt = clock.elapsed();
  try {
    const read = await within(cutAt - startedAt, { clock, signal }, (limited) => {
      const options = { signal: limited, tries };
      return typeof downTo === 'bigint' ? log.downTo(downTo, options) : log[downTo](options);
    });
    return { is: 'read', read };
  } catch (error) {
    return error instanceof Interrupted
      ? null
      : { is: 'unreadable', error: asLdctlError(error), startedAt };
  }
}

/** What happens by itself while a step is done: interrupts, and the ends of gates. */
function openInbox(clock: Clock) {
  const waiting: Array<() => void> = [];
  let wake: (() => void) | null = null;
  return {
    put: (deliver: () => void) => {
      waiting.push(deliver);
      wake?.();
    },
    deliver: () => {
      for (const deliver of waiting.splice(0)) deliver();
    },
    /** Waits until then, or until something comes. Nothing can come between `deliver` and this. */
    wait: async (until: number) => {
      const woken = new AbortController();
      wake = () => woken.abort(new Error('woken'));
      const ms = Math.max(until - clock.elapsed(), 0);
      // It rejects only when it is woken.
      await clock.sleep(ms, woken.signal).catch(() => undefined);
      wake = null;
    },
  };
}

function openGates({ gate: run, clock }: DriveTools, ended: (node: Id, gate: GateResult) => void) {
  const running = new Map<Id, { cut: () => void; done: Promise<void> }>();
  return {
    start: ({ node, activityId, cutAt }: StepOf<'gate'>) => {
      if (!run) throw new Error('a roll with a gate was started without one');
      const controller = new AbortController();
      const { signal } = controller;
      const cut = () => controller.abort(new Error('the gate is cut off'));
      const timer = new AbortController();
      clock.sleep(cutAt - clock.elapsed(), timer.signal).then(cut, () => undefined);
      const startedAt = clock.elapsed();
      const done = run(node, activityId, { signal }).then((exitCode) => {
        timer.abort(new Error('the gate has ended'));
        running.delete(node);
        ended(node, {
          // A gate that was cut off has not passed, whatever it says in the end.
          exit_code: signal.aborted ? null : exitCode,
          timed_out: signal.aborted,
          // An interrupt ends its node before (`interruptRoll`).
          cut_off: false,
          took_ms: Math.round(clock.elapsed() - startedAt),
        });
      });
      running.set(node, { cut, done });
    },
    /** Cuts off what still runs, and waits a little until it has ended. */
    close: async () => {
      const all = [...running.values()];
      for (const { cut } of all) cut();
      const timer = new AbortController();
      const done = Promise.all(all.map((gate) => gate.done));
      await Promise.race([done, clock.sleep(LAST_GATES, timer.signal)]);
      timer.abort(new Error('done'));
    },
  };
}
