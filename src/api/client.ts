import { createRequire } from 'node:module';
import { systemClock, type Clock, type Random } from '../base/clock.js';
import { ApiError, InvalidAnswerError, TransportError } from '../base/errors.js';
import { ApiKey } from '../base/secret.js';
import { REQUEST_TIMEOUT_MS, type CallOptions } from '../base/supervisor.js';
import { requestIdOf, type Answer } from './answers.js';
import { endpoint, parseBaseUrl } from './base-url.js';
import { Http, type HttpRequest } from './http.js';
import type { ClientOptions, OnTrace } from './options.js';

/** Makes the value out of an answer, or throws what the answer means. */
type Interpret<T> = (answer: Answer) => T;

/** Reads are tried this often, and in all no longer than this. */
const MAX_TRIES = 3;
const READ_BUDGET_MS = 10_000;
const FIRST_DELAY_MS = 500;
const GROWTH = 1.5;
const JITTER = 0.1;

/** Set where this is bundled (scripts/bundle.js). */
declare const LDCTL_VERSION: string | undefined;
const VERSION =
  typeof LDCTL_VERSION === 'string'
    ? LDCTL_VERSION
    : (createRequire(import.meta.url)('ldctl/package.json') as { version: string }).version;

/** What both APIs share: requests by path, tries and their trace. */
export class Client {
  readonly #base: URL;
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #requestTimeoutMs: number;
  readonly #onTrace: OnTrace | undefined;

  /**
   * @param what names the URL in errors
   * @throws UsageError for a URL, a key or a proxy setting that cannot be used
   */
  constructor(options: ClientOptions, what: string) {
    const { apiKey, url } = options;
    this.#base = parseBaseUrl(typeof url === 'string' ? url : url.href, what);
    const key = typeof apiKey === 'string' ? new ApiKey(apiKey) : apiKey;
    this.#http = new Http(this.#base, key, options.userAgent ?? `ldctl/${VERSION}`);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#onTrace = options.onTrace;
  }

  /**
   * Sends a POST, once: it may have been carried out however it ends.
   * @throws what `interpret` throws, TransportError, or the signal's reason
   */
  post<T>(
    path: string,
    request: Omit<HttpRequest, 'method' | 'url' | 'timeoutMs'>,
    interpret: Interpret<T>,
  ): Promise<T> {
    return this.#send({ ...request, method: 'POST', url: endpoint(this.#base, path) }, 1, interpret);
  }

  /**
   * Reads by GET, up to three times. Unless it is a single try, all of it takes no longer than the read budget.
   * @throws what `interpret` throws, TransportError, or the signal's reason
   */
  get<T>(path: string, { signal, tries }: CallOptions, interpret: Interpret<T>): Promise<T> {
    const url = endpoint(this.#base, path);
    return this.#send({ method: 'GET', url, signal }, tries === 'one' ? 1 : MAX_TRIES, interpret);
  }

  async #send<T>(request: Omit<HttpRequest, 'timeoutMs'>, tries: number, interpret: Interpret<T>): Promise<T> {
    const begin = this.#clock.elapsed();
    const leftMs = (): number => (tries === 1 ? Infinity : READ_BUDGET_MS - (this.#clock.elapsed() - begin));
    for (let attempt = 1; ; attempt++) {
      const startedAt = this.#clock.elapsed();
      let answer: Answer | undefined;
      const trace = (error: string | null, retryInMs: number | null): void =>
        this.#onTrace?.({
          method: request.method,
          url: request.url.href,
          attempt,
          status: answer?.status ?? null,
          requestId: (answer && requestIdOf(answer)) ?? null,
          durationMs: Math.round(this.#clock.elapsed() - startedAt),
          error,
          retryInMs,
        });
      try {
        answer = await this.#http.exchange({ ...request, timeoutMs: Math.min(this.#requestTimeoutMs, leftMs()) });
        const value = interpret(answer);
        trace(null, null);
        return value;
      } catch (error) {
        const wanted = attempt < tries && mayPass(error) ? this.#delayAfter(error, attempt) : Infinity;
        const delay = wanted < Infinity && wanted < leftMs() ? wanted : null;
        trace(error instanceof Error ? error.message : String(error), delay);
        if (delay === null) throw error;
        await this.#clock.sleep(delay, request.signal);
        // It can have been far longer, if the process was stopped.
        if (leftMs() <= 0) throw error;
      }
    }
  }

  #delayAfter(error: unknown, attempt: number): number {
    const backoff = FIRST_DELAY_MS * GROWTH ** (attempt - 1) * (1 + JITTER * (2 * this.#random() - 1));
    return (error instanceof ApiError ? error.retryAfterMs : undefined) ?? Math.round(backoff);
  }
}

/** Whether the fault is one that can be gone at the next try. */
function mayPass(error: unknown): boolean {
  if (error instanceof ApiError) return error.retryable;
  if (error instanceof TransportError) return error.transient;
  // One that is too large or encoded will be so again; one that was cut off, or that a proxy put in its place, may not.
  return error instanceof InvalidAnswerError && error.code === 'invalid_answer';
}
