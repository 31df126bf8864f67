import { systemClock, type Clock, type Random } from '../base/clock.js';
import { ApiKey } from '../base/secret.js';
import { REQUEST_TIMEOUT_MS, type CallOptions } from '../base/supervisor.js';
import { type ApiResponse, requestIdOf } from './api-response.js';
import { endpoint, parseBaseUrl } from './base-url.js';
import { READ_BUDGET_MS, retryDelay } from './retry.js';
import { type ClientOptions } from './client-options.js';
import { type OnTrace } from './trace.js';
import { Transport, type HttpRequest } from './transport.js';
import { USER_AGENT } from './user-agent.js';

/** Makes the value out of an answer, or throws what the answer means. */
export type Interpret<T> = (response: ApiResponse) => T;

interface Try<T> {
  result: { value: T } | { error: unknown };
  response: ApiResponse | undefined;
  durationMs: number;
}

/** What both APIs share: requests by path, tries and their trace. */
export class Client {
  readonly #base: URL;
  readonly #transport: Transport;
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
    this.#transport = new Transport({
      base: this.#base,
      apiKey: typeof apiKey === 'string' ? new ApiKey(apiKey) : apiKey,
      userAgent: options.userAgent ?? USER_AGENT,
      env: options.env ?? process.env,
    });
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#onTrace = options.onTrace;
  }

  /**
   * Sends a POST, once: it may have been carried out however it ends.
   * @throws what `interpret` throws, TransportError, or the signal's reason
   */
  async post<T>(
    path: string,
    request: Pick<HttpRequest, 'headers' | 'body' | 'signal'>,
    interpret: Interpret<T>,
  ): Promise<T> {
    const exchange: HttpRequest = {
      ...request,
      method: 'POST',
      url: endpoint(this.#base, path),
      timeoutMs: this.#requestTimeoutMs,
    };
    const tried = await this.#try(exchange, interpret);
    this.#trace(exchange, tried, 1, null);
    return valueOf(tried);
  }

  /**
   * Reads by GET, and again while `retryDelay` says so. Unless it is a single try, all of it takes no longer than
   * the read budget.
   * @throws what `interpret` throws, TransportError, or the signal's reason
   */
  async get<T>(path: string, { signal, tries = 'several' }: CallOptions, interpret: Interpret<T>): Promise<T> {
    const url = endpoint(this.#base, path);
    const begin = this.#clock.elapsed();
    for (let attempt = 1, elapsedMs = 0; ; attempt++) {
      const timeoutMs =
        tries === 'one' ? this.#requestTimeoutMs : Math.min(this.#requestTimeoutMs, READ_BUDGET_MS - elapsedMs);
      const exchange: HttpRequest = { method: 'GET', url, signal, timeoutMs };
      const tried = await this.#try(exchange, interpret);
      elapsedMs = this.#clock.elapsed() - begin;
      const delay = tries === 'one' ? null : this.#delayAfter(tried, attempt, elapsedMs);
      this.#trace(exchange, tried, attempt, delay);
      if (delay === null) return valueOf(tried);
      await this.#clock.sleep(delay, signal);
      // It can have been far longer, if the process was stopped.
      elapsedMs = this.#clock.elapsed() - begin;
      if (elapsedMs >= READ_BUDGET_MS) return valueOf(tried);
    }
  }

  #delayAfter(tried: Try<unknown>, attempt: number, elapsedMs: number): number | null {
    if ('value' in tried.result) return null;
    return retryDelay({ attempt, error: tried.result.error, elapsedMs, random: this.#random() });
  }

  async #try<T>(exchange: HttpRequest, interpret: Interpret<T>): Promise<Try<T>> {
    const begin = this.#clock.elapsed();
    let response: ApiResponse | undefined;
    let result: Try<T>['result'];
    try {
      response = await this.#transport.exchange(exchange);
      result = { value: interpret(response) };
    } catch (error) {
      result = { error };
    }
    return { result, response, durationMs: Math.round(this.#clock.elapsed() - begin) };
  }

  #trace({ method, url }: HttpRequest, tried: Try<unknown>, attempt: number, retryInMs: number | null): void {
    const { result, response, durationMs } = tried;
    this.#onTrace?.({
      method,
      url: url.href,
      attempt,
      status: response?.status ?? null,
      requestId: (response && requestIdOf(response)) ?? null,
      durationMs,
      error: 'error' in result ? messageOf(result.error) : null,
      retryInMs,
    });
  }
}

function valueOf<T>({ result }: Try<T>): T {
  if ('error' in result) throw result.error;
  return result.value;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
