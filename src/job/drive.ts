import { onAbort, type Clock } from '../base/clock.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { Begun, RunJournal } from '../base/journal.js';
import type { GateResult } from '../base/outcome.js';
import type { JobEvent, ResultEvent } from './events.js';
import type { Supervisor } from '../base/supervisor.js';
import type { ActivityLog, LogRead } from '../log/log.js';
import type { Fact, Job, Step } from './job.js';

export interface DriveTools {
  supervisor: Pick<Supervisor, 'trigger'>;
  log: ActivityLog;
  /** Null: a caller's key is remembered by the server alone. */
  journal: RunJournal | null;
  /**
   * Asked after each node of a roll. Resolves when it has ended, at the latest soon after its
   * signal was aborted; never rejects.
   * @param onLine takes what the gate writes; wait for it before the next line
   */
  gate?: (
    node: Id,
    activityId: Id | null,
    tools: { signal: AbortSignal; onLine: (line: string) => void | Promise<void> },
  ) => Promise<GateResult>;
  clock: Clock;
  /** Aborted with an `Interrupted`: the job ends with what is known. */
  signal: AbortSignal;
  /** The first Ctrl-C of a roll: nothing more begins. */
  stopping?: AbortSignal;
}

/** At the end, gates that were cut off are waited for so long, ms. */
const LAST_GATES = 900;

type Emit = (event: JobEvent) => void | Promise<void>;

/**
 * Does what a job wants, one step after the other, until it has ended; only gates run beside it.
 * The job goes on when its events were taken, so that a slow reader slows it down.
 * @param emit takes what gates write
 */
export async function* steps<T, E extends JobEvent>(
  job: Job<T, E>,
  tools: DriveTools,
  emit: Emit,
): AsyncGenerator<E> {
  const { clock, signal, stopping } = tools;
  const inbox = new Inbox();
  const gates = new Gates(tools, emit, inbox);
  const releases = [
    onAbort(stopping, () => inbox.put({ is: 'stopping', reason: interruptOf(stopping) })),
    onAbort(signal, () =>
      inbox.put({ is: 'stopped', reason: interruptOf(signal), posting: false }),
    ),
  ];
  try {
    for (;;) {
      for (const fact of inbox.facts.splice(0)) job.take(fact, clock.elapsed());
      // Time alone may change a job: that is told before it waits, perhaps for minutes.
      job.next(clock.elapsed());
      yield* job.news();
      if (inbox.facts.length > 0) continue;
      const step = job.next(clock.elapsed());
      if (step.do === 'end') break;
      const fact = await perform(step, tools, gates, inbox);
      if (fact) job.take(fact, clock.elapsed());
    }
  } finally {
    for (const release of releases) release();
    await gates.close();
  }
  yield* job.news();
}

/**
 * Does all its steps. If `emit` throws, the gates are ended first.
 * @returns its result
 * @throws LdctlError when nothing was sent, or nothing could be followed
 */
export async function drive<T = ResultEvent>(
  job: Job<T>,
  tools: DriveTools,
  emit: Emit,
): Promise<T> {
  for await (const event of steps(job, tools, emit)) await emit(event);
  return job.result();
}

/** Does one step. @returns what came of it; null where only time has passed */
export async function perform(
  step: Step,
  tools: DriveTools,
  gates: Pick<Gates, 'begin' | 'cut'>,
  inbox: Pick<Inbox, 'wait'>,
): Promise<Fact | null> {
  switch (step.do) {
    case 'note':
      return note(step, tools);
    case 'post':
      return post(step, tools);
    case 'read':
      return read(step, tools);
    case 'ask':
      gates.begin(step.node, step.activityId);
      return { is: 'done' };
    case 'cut':
      gates.cut(step.node);
      return { is: 'done' };
    case 'wait':
      await inbox.wait(step.until, tools.clock);
      return null;
    case 'end':
      return null;
  }
}

function note({ key, generation, mark }: Step & { do: 'note' }, { journal }: DriveTools): Fact {
  try {
    journal?.mark(key, generation, mark);
    return { is: 'done' };
  } catch (error) {
    return { is: 'unnoted', error: asLdctlError(error) };
  }
}

async function post(
  { request, record, after }: Step & { do: 'post' },
  tools: DriveTools,
): Promise<Fact> {
  const { supervisor, journal, clock, signal } = tools;
  if (signal.aborted) return { is: 'stopped', reason: interruptOf(signal), posting: false };
  const at = clock.now();
  let begun: Begun = { made: 0 };
  try {
    // The record of a POST that is made again keeps the time of the first.
    if (record && journal) {
      begun = journal.begin({ ...record, postedAt: record.postedAt ?? at }, after);
    }
  } catch (error) {
    return { is: 'unnoted', error: asLdctlError(error) };
  }
  if ('found' in begun) return { is: 'found', kept: begun.found };
  try {
    return {
      is: 'answered',
      answer: await supervisor.trigger(request, { signal }),
      at,
      generation: begun.made,
    };
  } catch (error) {
    if (error instanceof Interrupted) return { is: 'stopped', reason: error, posting: true };
    return { is: 'answered', answer: asLdctlError(error), at, generation: begun.made };
  }
}

async function read(
  { downTo, open, patient }: Step & { do: 'read' },
  { log, clock, signal }: DriveTools,
): Promise<Fact> {
  const startedAt = clock.elapsed();
  const options = { signal, tries: patient ? 'several' : 'one' } as const;
  try {
    if (downTo === 'newest') return { is: 'read', read: await log.newest(options) };
    if (downTo === 'known') return { is: 'read', read: await log.known(options) };
    return {
      is: 'read',
      read: open ? await readOpen(downTo, open, log, options) : await log.downTo(downTo, options),
    };
  } catch (error) {
    if (error instanceof Interrupted) return { is: 'stopped', reason: error, posting: false };
    return { is: 'unreadable', error: asLdctlError(error), startedAt };
  }
}

/**
 * An open entry that is deep in the log is looked up, so that a poll stays small however long the
 * log has grown.
 */
async function readOpen(
  downTo: Id,
  open: readonly Id[],
  log: ActivityLog,
  options: { signal: AbortSignal; tries: 'one' | 'several' },
): Promise<LogRead> {
  const result = await log.downTo(downTo, { ...options, pages: 10 });
  if (result.isWhole) return result;
  const entries = [...result.entries];
  for (const id of open) {
    if (result.entries.some((entry) => entry.id === id)) continue;
    const { activity } = await log.seek(id, options);
    if (activity) entries.push(activity);
  }
  return { ...result, entries };
}

/** Facts that come by themselves: interrupts, and the ends of gates. */
class Inbox {
  readonly facts: Fact[] = [];
  #wake: (() => void) | null = null;

  put(fact: Fact): void {
    this.facts.push(fact);
    this.#wake?.();
  }

  /** Waits until then, or until a fact comes. */
  async wait(until: number, clock: Clock): Promise<void> {
    if (this.facts.length > 0) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort(new Error('woken'));
    try {
      await clock.sleep(Math.max(until - clock.elapsed(), 0), woken.signal);
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      this.#wake = null;
    }
  }
}

class Gates {
  readonly #running = new Map<Id, { controller: AbortController; done: Promise<void> }>();

  constructor(
    private readonly tools: DriveTools,
    private readonly emit: Emit,
    private readonly inbox: Inbox,
  ) {}

  begin(node: Id, activityId: Id | null): void {
    const controller = new AbortController();
    const { gate: ask } = this.tools;
    if (!ask) throw new Error('a roll with a gate was begun without one');
    const onLine = (line: string): void | Promise<void> =>
      this.emit({ event: 'gate_output', node_id: node, line });
    const done = ask(node, activityId, { signal: controller.signal, onLine }).then((gate) => {
      this.#running.delete(node);
      this.inbox.put({ is: 'gated', node, gate });
    });
    this.#running.set(node, { controller, done });
  }

  cut(node: Id): void {
    this.#running.get(node)?.controller.abort(new Error('the gate is cut off'));
  }

  async close(): Promise<void> {
    if (this.#running.size === 0) return;
    for (const node of this.#running.keys()) this.cut(node);
    const done = new AbortController();
    const all = Promise.all([...this.#running.values()].map((gate) => gate.done));
    await Promise.race([all, this.tools.clock.sleep(LAST_GATES, done.signal)]);
    done.abort(new Error('done'));
  }
}

function interruptOf(signal: AbortSignal | undefined): Interrupted {
  const reason: unknown = signal?.reason;
  if (reason instanceof Interrupted) return reason;
  return new Interrupted('SIGINT', { message: 'aborted', cause: reason });
}

/**
 * An error that nothing expects is a fault in ldctl itself; what was sent is followed all the same.
 */
export function asLdctlError(error: unknown): LdctlError {
  if (error instanceof LdctlError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new LdctlError('unconfirmed', 'fault', `a fault in ldctl itself: ${what}`, {
    cause: error,
  });
}
