import type { Clock, Random } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import { Interrupted, LdctlError, retryAfterOf } from '../core/errors.js';
import { warning, type RunStep } from '../core/progress.js';
import { Stopwatch } from '../core/stopwatch.js';
import type { Accepted, Supervisor, TriggerRequest } from '../core/supervisor.js';
import { Backoff } from './backoff.js';
import { classify, isInProgress, type PostAnswer } from './dispatch-rules.js';
import { isHopeless } from './follow/error-budget.js';
import { asLdctlError } from './run-outcome.js';

export interface DispatchTools {
  supervisor: Supervisor;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  /** As in `JobTools`. */
  mayPost?: (signal: AbortSignal) => Promise<boolean>;
  /** Whether the log has an entry of this trigger; a single try. @throws as `Supervisor.list` does */
  isInLog(signal: AbortSignal): Promise<boolean>;
}

/** What was tried before, by a process that ended before it knew what became of it. */
export interface EarlierTry {
  error: LdctlError;
  /** For how long from now it may be sent again, ms; below 0: not at all. */
  resendableMs: number;
}

export type DispatchOutcome =
  /** `onlyTry`: no earlier one, of this run or of one before it here, can be what was carried out. */
  | { kind: 'accepted'; accepted: Accepted; onlyTry: boolean }
  /** No acceptance was received, but the log shows the trigger's entries. */
  | { kind: 'recovered' }
  /** Certainly not carried out. */
  | { kind: 'refused'; error: LdctlError }
  /** It may have been carried out, and there is no way to find out. */
  | { kind: 'unknown'; error: LdctlError }
  | { kind: 'interrupted'; reason: Interrupted; sent: boolean };

/** The code of the error that says that nothing may be sent any more. */
export const CALLED_OFF = 'called_off';

/**
 * Tries of one POST end this long after the first, by the longer of both clocks: well within the server's memory of the
 * key, which goes on while this machine sleeps.
 */
const TRIES_END_MS = 2 * 60_000;
/** Only a read that began this long after a lost POST can show that it was not carried out. */
const READ_AFTER_MS = 5000;

/**
 * Posts until the answer says what became of it, at most once in effect (design, "Sequence" 3): the same key for every
 * try, and after an answer that is uncertain the log is read before anything is sent again.
 *
 * @throws what is no foreseen error, as long as nothing can have been sent
 */
export async function* dispatch(
  request: TriggerRequest,
  tools: DispatchTools,
  earlier: EarlierTry | null = null,
): AsyncGenerator<RunStep, DispatchOutcome> {
  return yield* new Dispatch(request, tools, earlier).run();
}

/** A try that may have been carried out. Monotonic clock, ms. */
interface Uncertain {
  error: LdctlError;
  /** A read that began earlier than this proves nothing. */
  readableAt: number;
  /** The server does not want to be asked again before. */
  resendableAt: number;
}

class Dispatch {
  readonly #request: TriggerRequest;
  readonly #tools: DispatchTools;
  readonly #backoff: Backoff;
  /** Since the tries began. */
  readonly #tries: Stopwatch;
  /** How old they may be for another one, ms. */
  readonly #resendableMs: number;
  /** Why the last try did not settle it; null before the first. */
  #lastError: LdctlError | null = null;
  #uncertain: Uncertain | null = null;
  /** Whether any try may have been carried out, this one included. */
  #maybeSent = false;

  constructor(request: TriggerRequest, tools: DispatchTools, earlier: EarlierTry | null) {
    this.#request = request;
    this.#tools = tools;
    this.#backoff = new Backoff(tools.random);
    this.#tries = new Stopwatch(tools.clock);
    this.#resendableMs = Math.min(TRIES_END_MS, earlier?.resendableMs ?? Infinity);
    if (earlier) this.#noteUncertain(earlier.error);
  }

  async *run(): AsyncGenerator<RunStep, DispatchOutcome> {
    try {
      return yield* this.#untilKnown();
    } catch (error) {
      if (error instanceof Interrupted) return { kind: 'interrupted', reason: error, sent: this.#maybeSent };
      if (this.#maybeSent) return { kind: 'unknown', error: asLdctlError(error) };
      throw error;
    }
  }

  async *#untilKnown(): AsyncGenerator<RunStep, DispatchOutcome> {
    const { clock, signal } = this.#tools;
    for (;;) {
      if (this.#uncertain) {
        const seen = yield* this.#readLog(this.#uncertain);
        if (seen === 'shown') return { kind: 'recovered' };
        if (seen === 'no-way-on') return this.#end(this.#uncertain.error);
      }
      if (this.#tools.mayPost && !(await this.#tools.mayPost(signal))) {
        return this.#end((this.#maybeSent ? this.#lastError : null) ?? calledOff());
      }
      // A laptop may have slept much longer than any wait was meant to be.
      if (this.#lastError && this.#tries.ms > this.#resendableMs) return this.#end(this.#lastError);
      const onlyTry = this.#uncertain === null;
      const answer = await this.#post();
      if ('accepted' in answer) return { kind: 'accepted', accepted: answer.accepted, onlyTry };
      const { error } = answer;
      this.#lastError = error;
      switch (classify(answer)) {
        case 'definite-no':
        case 'redirect':
          return this.#end(error);
        case 'uncertain':
          this.#noteUncertain(error);
          yield warning('fate_unknown', `${error.message}; looking at the log before anything is sent again`);
          break;
        default: {
          const waitMs = Math.max(this.#backoff.next(), retryAfterOf(error));
          if (this.#tries.ms + waitMs > this.#resendableMs) return this.#end(error);
          yield warning('not_sent', `${error.message}; trying again in ${formatDuration(waitMs)}`);
          await clock.sleep(waitMs, signal);
        }
      }
    }
  }

  async #post(): Promise<PostAnswer> {
    this.#tools.signal.throwIfAborted();
    const before = this.#maybeSent;
    this.#maybeSent = true;
    try {
      return { accepted: await this.#tools.supervisor.trigger(this.#request, { signal: this.#tools.signal }) };
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      // One that cannot be told apart from a success is noted as uncertain.
      this.#maybeSent = before || isInProgress(error);
      return { error };
    }
  }

  /** No more is sent. A no that follows a try of unknown fate proves nothing. */
  #end(error: LdctlError): DispatchOutcome {
    return { kind: this.#maybeSent ? 'unknown' : 'refused', error };
  }

  #noteUncertain(error: LdctlError): void {
    const now = this.#tools.clock.elapsed();
    this.#maybeSent = true;
    this.#lastError = error;
    this.#uncertain = { error, readableAt: now + READ_AFTER_MS, resendableAt: now + retryAfterOf(error) };
  }

  /** Reads the log until it shows the trigger, or a read that began late enough shows that it is not there. */
  async *#readLog(uncertain: Uncertain): AsyncGenerator<RunStep, 'shown' | 'absent' | 'no-way-on'> {
    const { clock, signal } = this.#tools;
    const backoff = new Backoff(this.#tools.random);
    for (let failures = 0; ; ) {
      const startedAt = clock.elapsed();
      let retryAfterMs = 0;
      try {
        if (await this.#tools.isInLog(signal)) return 'shown';
        if (startedAt >= uncertain.readableAt) {
          const waitMs = Math.max(uncertain.resendableAt - startedAt, 0);
          if (this.#tries.ms + waitMs > this.#resendableMs) return 'no-way-on';
          if (waitMs === 0) return 'absent';
        }
      } catch (error) {
        if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
        if (isHopeless(error)) return 'no-way-on';
        if (failures++ === 0) yield warning('look_failed', `cannot see the log just now: ${error.message}`);
        retryAfterMs = retryAfterOf(error);
      }
      const now = clock.elapsed();
      const untilReadable = uncertain.readableAt > now ? uncertain.readableAt - now : Infinity;
      const waitMs = Math.max(Math.min(backoff.next(), untilReadable), retryAfterMs);
      if (this.#tries.ms + waitMs > TRIES_END_MS && now + waitMs > uncertain.readableAt) return 'no-way-on';
      await clock.sleep(waitMs, signal);
    }
  }
}

function calledOff(): LdctlError {
  return new LdctlError('refused', CALLED_OFF, 'called off before it was sent');
}
