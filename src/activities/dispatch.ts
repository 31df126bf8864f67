import { formatDuration } from '../base/durations.js';
import { Interrupted, LdctlError, retryAfterOf } from '../base/errors.js';
import { warning, type RunStep } from '../base/progress.js';
import { Stopwatch } from '../base/stopwatch.js';
import type { Accepted, Supervisor, WireTrigger } from '../base/supervisor.js';
import { Backoff } from './backoff.js';
import { classify, isInProgress, mayPass, type PostAnswer } from './dispatch-rules.js';
import { readUntilKnown, READ_AFTER_MS, TRIES_END_MS, type ReadTools, type Uncertain } from './read-until-known.js';
import { asLdctlError } from './run-outcome.js';
import type { Clearance, EarlierTry, Tried } from './starting-point.js';

export interface DispatchTools extends ReadTools {
  supervisor: Pick<Supervisor, 'trigger'>;
  /** How long the log may take to show an entry, ms: so long it is read after a redirect. */
  appearTimeoutMs: number;
  /** As in `JobTools`. */
  mayPost?: (signal: AbortSignal) => Promise<boolean>;
  /** Asked right before every POST: whether it may be made just now. */
  clear(tried: Tried): AsyncGenerator<RunStep, Clearance>;
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
 * Posts until the answer says what became of it, at most once in effect (design, "Sequence" 3): the same key for every
 * try, and after an answer that is uncertain the log is read before anything is sent again.
 *
 * @throws what is no foreseen error, as long as nothing can have been sent
 */
export async function* dispatch(
  request: WireTrigger,
  tools: DispatchTools,
  earlier: EarlierTry | null = null,
): AsyncGenerator<RunStep, DispatchOutcome> {
  return yield* new Dispatch(request, tools, earlier).run();
}

class Dispatch {
  readonly #request: WireTrigger;
  readonly #tools: DispatchTools;
  readonly #backoff: Backoff;
  /** Since the first try. */
  #tries: Stopwatch;
  /** How long after that there may be another one, ms. */
  #resendableMs = TRIES_END_MS;
  /** Why the last try did not settle it; null before the first. */
  #lastError: LdctlError | null = null;
  #uncertain: Uncertain | null = null;
  /** Whether any try may have been carried out, this one included. */
  #maybeSent = false;

  constructor(request: WireTrigger, tools: DispatchTools, earlier: EarlierTry | null) {
    this.#request = request;
    this.#tools = tools;
    this.#backoff = new Backoff(tools.random);
    this.#tries = new Stopwatch(tools.clock);
    if (earlier) this.#takeUp(earlier);
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
    const { signal } = this.#tools;
    for (;;) {
      if (this.#uncertain) {
        const seen = yield* readUntilKnown(
          this.#uncertain,
          { tries: this.#tries, resendableMs: this.#resendableMs },
          this.#tools,
        );
        if (seen === 'shown') return { kind: 'recovered' };
        if (seen === 'no-way-on') return this.#end(this.#uncertain.error);
      }
      if (this.#tools.mayPost && !(await this.#tools.mayPost(signal))) {
        return this.#end((this.#maybeSent ? this.#lastError : null) ?? calledOff());
      }
      const clearance = yield* this.#cleared();
      if (clearance instanceof LdctlError) {
        if (!(yield* this.#waitToTryAgain(clearance))) return this.#end(clearance);
        continue;
      }
      if (clearance === 'carried-out') return { kind: 'recovered' };
      if (clearance === 'expired') return this.#end(this.#lastError ?? calledOff());
      if (clearance !== 'go') {
        this.#takeUp(clearance);
        continue;
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
          return this.#end(error);
        case 'redirect':
          this.#noteRedirect(error);
          yield warning('fate_unknown', `${error.message}; nothing is sent again: the log decides`);
          break;
        case 'uncertain':
          this.#noteUncertain(error);
          yield warning('fate_unknown', `${error.message}; looking at the log before anything is sent again`);
          break;
        default:
          if (!(yield* this.#waitToTryAgain(error))) return this.#end(error);
      }
    }
  }

  /** @returns the error instead, where reading the log has failed between two tries: that may pass, as what failed the first */
  async *#cleared(): AsyncGenerator<RunStep, Clearance | LdctlError> {
    try {
      return yield* this.#tools.clear(this.#tried);
    } catch (error) {
      if (this.#tried === 'in vain' && error instanceof LdctlError && mayPass(error)) return error;
      throw error;
    }
  }

  get #tried(): Tried {
    if (this.#maybeSent) return 'uncertain';
    return this.#lastError === null ? 'nothing' : 'in vain';
  }

  /** @returns false where there is no time left for another try */
  async *#waitToTryAgain(error: LdctlError): AsyncGenerator<RunStep, boolean> {
    const waitMs = Math.max(this.#backoff.next(), retryAfterOf(error));
    if (this.#tries.ms + waitMs > this.#resendableMs) return false;
    yield warning('not_sent', `${error.message}; trying again in ${formatDuration(waitMs)}`);
    await this.#tools.clock.sleep(waitMs, this.#tools.signal);
    return true;
  }

  async #post(): Promise<PostAnswer> {
    this.#tools.signal.throwIfAborted();
    if (this.#lastError === null) this.#tries = new Stopwatch(this.#tools.clock);
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

  #takeUp({ error, resendableMs }: EarlierTry): void {
    this.#resendableMs = Math.min(this.#resendableMs, this.#tries.ms + resendableMs);
    this.#noteUncertain(error);
  }

  #noteUncertain(error: LdctlError): void {
    const now = this.#tools.clock.elapsed();
    this.#maybeSent = true;
    this.#lastError = error;
    this.#uncertain = { error, readableAt: now + READ_AFTER_MS, resendableAt: now + retryAfterOf(error) };
  }

  /** Whoever redirects may have carried it out before, and would do so at every try. */
  #noteRedirect(error: LdctlError): void {
    const readableAt = this.#tools.clock.elapsed() + this.#tools.appearTimeoutMs;
    this.#maybeSent = true;
    this.#uncertain = { error, readableAt, resendableAt: Infinity };
  }
}

function calledOff(): LdctlError {
  return new LdctlError('refused', CALLED_OFF, 'called off before it was sent');
}
