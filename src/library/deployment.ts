import { setMaxListeners } from 'node:events';
import type { Activity } from '../base/activity.js';
import type { Clock, Signal } from '../base/clock.js';
import { errorDocument, Interrupted, type ErrorDocument } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { GateResult } from '../base/outcome.js';
import { shownStep, type ResultEvent } from '../base/progress.js';
import type { DriveTools } from '../job/drive.js';
import { followLog, type FollowPlan } from '../job/watch.js';
import { listAfter, listNewest, type Listing } from '../log/list.js';
import { openLog, type ActivityLog } from '../log/log.js';
import * as jobs from './jobs.js';
import * as requests from './requests.js';
import type { RollGate } from './requests.js';
import type { Deployment, RunEvent, RunOptions, RunResult } from './types.js';

/** @param assertConsent throws UsageError where acting on it was not consented to */
export function deploymentOn(connection: jobs.Connection, assertConsent = (): void => undefined): Deployment {
  const { deploymentId, supervisor, clock } = connection;
  const log = () => openLog(supervisor, deploymentId, clock);
  return {
    id: deploymentId,

    async trigger(request, options = {}) {
      const checked = requests.check(requests.triggerRequest, 'trigger', request);
      assertConsent();
      return runJob(options, ({ signal, emit }) => jobs.trigger(connection, checked, { signal }, emit));
    },

    async roll(request, options = {}) {
      const { gate: ask, ...checked } = requests.check(requests.rollRequest, 'roll', request);
      assertConsent();
      return runJob(options, ({ signal, emit, onFault }) => {
        const gate = ask && functionGate(ask, clock, (thrown) => onFault({ code: 'gate_threw', thrown }));
        const stopping = options.stopping && interruptOf(options.stopping);
        return jobs.roll(connection, checked, { signal, stopping, gate }, emit);
      });
    },

    async wait(request, options = {}) {
      const checked = requests.check(requests.waitRequest, 'wait', request);
      return runJob(options, ({ signal, emit }) => jobs.wait(connection, checked, { signal }, emit));
    },

    activities(request = {}, { signal } = {}) {
      const { limit = 0, after, ...rest } = requests.check(requests.activitiesRequest, 'activities', request);
      const reading = { clock, signal: signal && interruptOf(signal) };
      const asked = { filter: filterOf(rest), limit };
      const list = () =>
        after === undefined ? listNewest(log(), asked, reading) : listAfter(log(), { ...asked, after }, reading);
      return entries(list, reading.signal);
    },

    follow(request = {}, { signal } = {}) {
      const { after, ...rest } = requests.check(requests.followRequest, 'follow', request);
      const reading = { clock, signal: signal ? interruptOf(signal) : new AbortController().signal };
      return changes(log(), { after, filter: filterOf(rest), limit: 0 }, reading);
    },
  };
}

function filterOf({ status, runtime, action, ...rest }: requests.CheckedFilter) {
  return { statuses: status, runtimes: runtime, actions: action, ...rest };
}

async function* entries(list: () => Listing, signal: AbortSignal | undefined): AsyncGenerator<Activity, void> {
  for await (const batch of list().batches) {
    for (const activity of batch) {
      // Of what was read before an abort, nothing more is handed out.
      signal?.throwIfAborted();
      yield activity;
    }
  }
}

async function* changes(
  log: ActivityLog,
  { after, ...plan }: Omit<FollowPlan, 'after'> & { after?: Id },
  reading: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<Activity, void> {
  try {
    const from = after ?? (await log.newest(reading)).entries[0]?.id ?? 0n;
    for await (const event of followLog(log, { ...plan, after: from }, reading)) {
      if (event.event === 'activity') yield event.activity;
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}

/** What a job is started with. */
interface Running {
  signal: AbortSignal;
  emit: jobs.Emit;
  /** Takes what the caller's own code threw, for the result; the first counts. */
  onFault: (fault: CallerFault) => void;
}

async function runJob(
  { signal: outer, onEvent }: RunOptions,
  start: (running: Running) => Promise<ResultEvent>,
): Promise<RunResult> {
  const own = new AbortController();
  const interrupt = outer && interruptOf(outer);
  const abort = (): void => own.abort(interrupt?.reason);
  if (interrupt?.aborted) abort();
  interrupt?.addEventListener('abort', abort);
  const faults: CallerFault[] = [];
  let isHeard = onEvent !== undefined;
  const threw = (thrown: unknown): void => {
    if (!isHeard) return;
    isHeard = false;
    faults.push({ code: 'listener_threw', thrown });
    own.abort(new Interrupted('SIGINT', { message: 'aborted, since onEvent threw', cause: thrown }));
  };
  const tell = (event: RunEvent): void => {
    if (!isHeard) return;
    try {
      // Of an async function: it is not waited for, but a rejection that nothing handles would end the process.
      Promise.resolve(onEvent?.(event)).catch(threw);
    } catch (thrown) {
      threw(thrown);
    }
  };
  try {
    const end = await start({
      signal: own.signal,
      emit: (event) => {
        const shown = event.event === 'result' ? null : shownStep(event);
        if (shown) tell(shown);
      },
      onFault: (fault) => void faults.push(fault),
    });
    tell({ event: 'result', ...runResultOf(end, faults[0]) });
    return runResultOf(end, faults[0]);
  } finally {
    interrupt?.removeEventListener('abort', abort);
  }
}

const interrupts = new WeakMap<Signal, AbortSignal>();

/** Aborted with an `Interrupted`. One listener on a caller's signal for all that have it: Node warns of more than ten. */
export function interruptOf(outer: Signal): AbortSignal {
  const known = interrupts.get(outer);
  if (known) return known;
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const abort = (): void =>
    own.abort(new Interrupted('SIGINT', { message: 'aborted by the caller', cause: outer.reason }));
  if (outer.aborted) abort();
  else outer.addEventListener('abort', abort, { once: true });
  interrupts.set(outer, own.signal);
  return own.signal;
}

/** Makes a gate out of a program's function: only `true` lets the roll go on, and one that was cut off has not passed. */
function functionGate(ask: RollGate, clock: Clock, onThrow: (thrown: unknown) => void): DriveTools['gate'] {
  return (node, activityId, { signal }) => {
    const startedAt = clock.elapsed();
    const ended = (exit_code: number | null): GateResult => ({
      ...{ exit_code, timed_out: exit_code === null },
      took_ms: Math.round(clock.elapsed() - startedAt),
    });
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(ended(null)), { once: true });
      Promise.resolve()
        .then(() => ask({ node_id: node, activity_id: activityId }, { signal }))
        .then(
          (passed: unknown) => resolve(ended(passed === true ? 0 : 1)),
          (thrown: unknown) => {
            // One that heeds its signal is no fault.
            if (!signal.aborted) onThrow(thrown);
            resolve(ended(1));
          },
        );
    });
  };
}

/** What the caller's own code threw while a job went on. */
interface CallerFault {
  code: 'gate_threw' | 'listener_threw';
  thrown: unknown;
}

function runResultOf({ result, error, exitCode }: ResultEvent, fault: CallerFault | undefined): RunResult {
  const told = error ? errorDocument(jobs.unconfirmed(error)) : fault && faultDocument(fault, exitCode);
  // Which exit code goes with which outcome is in tables of the job; none of a program's ends as a dry run.
  return { ...result, exitCode, ...(told && { error: told }) } as RunResult;
}

function faultDocument({ code, thrown }: CallerFault, exitCode: number): ErrorDocument {
  let text: string;
  try {
    text = String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    text = 'a value without a text';
  }
  const message = `${code === 'gate_threw' ? 'the gate' : 'onEvent'} threw: ${text}`;
  return { code, message, exit_code: exitCode, request_id: null, hint: null };
}
