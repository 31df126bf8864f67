import type { Clock, Random } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import { Interrupted, LdctlError, retryAfterOf } from '../core/errors.js';
import { warning, type RunEvent } from '../core/progress.js';
import type { Accepted, Supervisor, TriggerRequest } from '../core/supervisor.js';
import { Backoff } from './backoff.js';
import { isInProgress, judge, type Answer } from './dispatch-rules.js';
import { isHopeless } from './patience.js';
import { asLdctlError } from './report.js';

export interface DispatchTools {
  supervisor: Supervisor;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  /** As in `JobTools`. */
  mayPost?: (signal: AbortSignal) => Promise<boolean>;
  /** Whether the log shows an entry of this trigger; a single try. @throws as `Supervisor.list` does */
  look(signal: AbortSignal): Promise<boolean>;
}

/** What was tried before, by a process that ended before it knew what became of it. */
export interface EarlierTry {
  error: LdctlError;
  /** Nothing is sent after this; local wall clock, ms. */
  resendUntil: number;
}

export type DispatchEnd =
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

/** Tries of one POST end this long after the first, by the wall clock: well within the server's memory of the key. */
const TRIES_END_MS = 2 * 60_000;
/** Only a read that began this long after a lost POST can show that it was not carried out. */
const LOOK_AFTER_MS = 5000;

/**
 * Posts until the answer says what became of it, at most once in effect (design, "Sequence" 3): the same key for every
 * try, and after an answer that tells nothing the log is read before anything is sent again.
 *
 * @throws what is no foreseen error, as long as nothing can have been sent
 */
export async function* dispatch(
  request: TriggerRequest,
  tools: DispatchTools,
  earlier: EarlierTry | null = null,
): AsyncGenerator<RunEvent, DispatchEnd> {
  return yield* new Dispatch(request, tools, earlier).run();
}

/** A try that may have been carried out. Local wall clock, ms. */
interface Doubt {
  error: LdctlError;
  /** A read that began earlier than this proves nothing. */
  lookableAt: number;
  /** The server does not want to be asked again before. */
  resendableAt: number;
}

class Dispatch {
  readonly #request: TriggerRequest;
  readonly #tools: DispatchTools;
  readonly #backoff: Backoff;
  /** Local wall clock, ms. */
  readonly #lookUntil: number;
  readonly #resendUntil: number;
  /** Why the last try did not settle it; null before the first. */
  #lastError: LdctlError | null = null;
  #doubt: Doubt | null = null;
  /** Whether any try may have been carried out, this one included. */
  #maybeSent = false;

  constructor(request: TriggerRequest, tools: DispatchTools, earlier: EarlierTry | null) {
    this.#request = request;
    this.#tools = tools;
    this.#backoff = new Backoff(tools.random);
    this.#lookUntil = tools.clock.now() + TRIES_END_MS;
    this.#resendUntil = Math.min(this.#lookUntil, earlier?.resendUntil ?? Infinity);
    if (earlier) this.#noteDoubt(earlier.error);
  }

  async *run(): AsyncGenerator<RunEvent, DispatchEnd> {
    try {
      return yield* this.#untilTold();
    } catch (error) {
      if (error instanceof Interrupted) return { kind: 'interrupted', reason: error, sent: this.#maybeSent };
      if (this.#maybeSent) return { kind: 'unknown', error: asLdctlError(error) };
      throw error;
    }
  }

  async *#untilTold(): AsyncGenerator<RunEvent, DispatchEnd> {
    const { clock, signal } = this.#tools;
    for (;;) {
      if (this.#doubt) {
        const seen = yield* this.#look(this.#doubt);
        if (seen === 'shown') return { kind: 'recovered' };
        if (seen === 'no-way-on') return this.#end(this.#doubt.error);
      }
      if (this.#tools.mayPost && !(await this.#tools.mayPost(signal))) {
        return this.#end((this.#maybeSent ? this.#lastError : null) ?? calledOff());
      }
      // A laptop may have slept much longer than any wait was meant to be.
      if (this.#lastError && clock.now() > this.#resendUntil) return this.#end(this.#lastError);
      const onlyTry = this.#doubt === null;
      const answer = await this.#post();
      if ('accepted' in answer) return { kind: 'accepted', accepted: answer.accepted, onlyTry };
      const { error } = answer;
      this.#lastError = error;
      switch (judge(answer)) {
        case 'definite-no':
        case 'redirect':
          return this.#end(error);
        case 'cannot-tell':
          this.#noteDoubt(error);
          yield warning('fate_unknown', `${error.message}; looking at the log before anything is sent again`);
          break;
        default: {
          const waitMs = Math.max(this.#backoff.next(), retryAfterOf(error));
          if (clock.now() + waitMs > this.#resendUntil) return this.#end(error);
          yield warning('not_sent', `${error.message}; trying again in ${formatDuration(waitMs)}`);
          await clock.sleep(waitMs, signal);
        }
      }
    }
  }

  async #post(): Promise<Answer> {
    this.#tools.signal.throwIfAborted();
    const before = this.#maybeSent;
    this.#maybeSent = true;
    try {
      return { accepted: await this.#tools.supervisor.trigger(this.#request, { signal: this.#tools.signal }) };
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      // One that cannot be told apart from a success is noted as a doubt.
      this.#maybeSent = before || isInProgress(error);
      return { error };
    }
  }

  /** No more is sent. A no that follows a try of unknown fate proves nothing. */
  #end(error: LdctlError): DispatchEnd {
    return { kind: this.#maybeSent ? 'unknown' : 'refused', error };
  }

  #noteDoubt(error: LdctlError): void {
    const now = this.#tools.clock.now();
    this.#maybeSent = true;
    this.#lastError = error;
    this.#doubt = { error, lookableAt: now + LOOK_AFTER_MS, resendableAt: now + retryAfterOf(error) };
  }

  /** Reads the log until it shows the trigger, or a read that began late enough shows that it is not there. */
  async *#look(doubt: Doubt): AsyncGenerator<RunEvent, 'shown' | 'absent' | 'no-way-on'> {
    const { clock, signal } = this.#tools;
    const backoff = new Backoff(this.#tools.random);
    for (let failures = 0; ; ) {
      const startedAt = clock.now();
      let retryAfterMs = 0;
      try {
        if (await this.#tools.look(signal)) return 'shown';
        if (startedAt >= doubt.lookableAt) {
          if (Math.max(startedAt, doubt.resendableAt) > this.#resendUntil) return 'no-way-on';
          if (startedAt >= doubt.resendableAt) return 'absent';
        }
      } catch (error) {
        if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
        if (isHopeless(error)) return 'no-way-on';
        if (failures++ === 0) yield warning('look_failed', `cannot see the log just now: ${error.message}`);
        retryAfterMs = retryAfterOf(error);
      }
      const now = clock.now();
      const untilLookable = doubt.lookableAt > now ? doubt.lookableAt - now : Infinity;
      const waitMs = Math.max(Math.min(backoff.next(), untilLookable), retryAfterMs);
      if (now + waitMs > Math.max(this.#lookUntil, doubt.lookableAt)) return 'no-way-on';
      await clock.sleep(waitMs, signal);
    }
  }
}

function calledOff(): LdctlError {
  return new LdctlError('refused', CALLED_OFF, 'called off before it was sent');
}
