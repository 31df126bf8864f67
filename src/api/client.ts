import { once } from 'node:events';
import http, { Agent, type IncomingMessage } from 'node:http';
import https, { Agent as TlsAgent } from 'node:https';
import { createRequire } from 'node:module';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import got, { type Agents, type Got, type Request, type RequestFunction } from 'got';
import { getProxyForUrl } from 'proxy-from-env';
import { onAbort, systemClock, type Clock } from '../base/clock.js';
import { formatDuration } from '../base/durations.js';
import { ApiError, TransportError, usageError } from '../base/errors.js';
import { ApiKey, isApiKeyText } from '../base/secret.js';
import type { CallOptions } from '../base/supervisor.js';
import { readUpTo } from '../base/streams.js';
import { requestIdOf, type Answer } from './answers.js';
import { endpoint, isLoopback, parseBaseUrl } from './base-url.js';
import { trackAttempt, transportError } from './faults.js';

/** `HTTPS_PROXY` and `NO_PROXY` of the process apply. */
export interface ClientOptions {
  /** Base URL of the API: https, or http to a loopback address. */
  url: string | { readonly href: string };
  /** What gave the URL, for people: `LD_API_URL`. */
  urlFrom?: string | undefined;
  apiKey: ApiKey | string;
  clock?: Clock;
  /** For one try, to the last byte of the answer; milliseconds, by default 15 000. */
  requestTimeoutMs?: number;
  /** Called with a line about every try. There is no key in it. */
  onTrace?: ((line: string) => void) | undefined;
  /** Makes the connections; by default one of this client's own. */
  agent?: object | undefined;
  /** Called with every refusal: what it returns is thrown in its place. */
  onRefusal?: (error: ApiError) => ApiError;
}

interface Call<T> extends CallOptions {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Makes the value of an answer, or throws. */
  read: (answer: Answer) => T;
}

/** The longest answer. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** How long one request may take. */
const REQUEST_TIMEOUT_MS = 15_000;
/** The pause between the three tries of a read. */
const RETRY_DELAY_MS = 500;
/** How long the three may take together. */
const READ_BUDGET_MS = 10_000;
const budgetOf = ({ budgetMs = READ_BUDGET_MS }: CallOptions) => budgetMs;

/** Set by scripts/bundle.js. */
declare const LDCTL_VERSION: string | undefined;
const VERSION =
  typeof LDCTL_VERSION === 'string'
    ? LDCTL_VERSION
    : (createRequire(import.meta.url)('ldctl/package.json') as { version: string }).version;

/** The one place that speaks HTTP, and the only one that reveals the API key. */
export class Client {
  readonly #base: URL;
  readonly #apiKey: ApiKey;
  readonly #proxy: URL | null;
  readonly #got: Got;
  readonly #clock: Clock;
  readonly #options: ClientOptions;
  #agent: Promise<Agent> | undefined;
  /** A POST was lost on a connection that had been used before: each of the others opens its own. */
  #postsOnNew = false;

  /**
   * @param what names the URL in errors
   * @throws UsageError for a URL, a key, or a `HTTPS_PROXY` that cannot be used
   */
  constructor(options: ClientOptions, what: string) {
    const { apiKey, url, clock = systemClock } = options;
    this.#base = parseBaseUrl(typeof url === 'string' ? url : url.href, what);
    this.#apiKey = typeof apiKey === 'string' ? new ApiKey(apiKey) : apiKey;
    if (!isApiKeyText(this.#apiKey.reveal())) {
      const what = 'the API key is empty, or holds characters that no key has, such as a line end';
      throw usageError('invalid_api_key', what);
    }
    this.#proxy = proxyFor(this.#base);
    this.#clock = clock;
    this.#options = options;
    const host = this.#base.hostname.replace(/^\[|\]$/g, '');
    this.#got = got.extend({
      // A redirect would carry the key.
      followRedirect: false,
      throwHttpErrors: false,
      // This class decides on them, and a POST is never sent twice.
      retry: { limit: 0 },
      // Not asking for compression keeps a small answer from growing into a huge one.
      decompress: false,
      // NODE_TLS_REJECT_UNAUTHORIZED=0 switches nothing off.
      https: {
        rejectUnauthorized: true,
        // Behind a proxy, Node would check an address by the proxy's name. Elsewhere this check
        // would give each request a connection of its own.
        ...(this.#proxy && {
          checkServerIdentity: (_name: string, peer: PeerCertificate) =>
            checkServerIdentity(host, peer),
        }),
      },
      headers: {
        accept: 'application/json',
        'user-agent': `ldctl/${VERSION}`,
        // What a cache kept may lack the newest entries.
        'cache-control': 'no-cache',
      },
      // There is no cache, and got's options for one would cost 16 kB a request until the next full
      // collection: V8 makes new hidden classes for the object that they are spread into.
      hooks: { beforeRequest: [(options) => void (options.cacheOptions = {})] },
    });
  }

  /**
   * Reads up to three times, and posts once: however that ends, the action may have run.
   * @throws what `read` throws, TransportError, or the signal's reason
   */
  async send<T>(call: Call<T>): Promise<T> {
    const { method, path, read } = call;
    // A single try may take the request timeout; several share the read budget.
    const tries = method === 'POST' || call.tries === 'one' ? 1 : 3;
    const url = endpoint(this.#base, path);
    const { requestTimeoutMs = REQUEST_TIMEOUT_MS, onTrace } = this.#options;
    const end = tries === 1 ? Infinity : this.#clock.elapsed() + budgetOf(call);
    const leftMs = () => end - this.#clock.elapsed();
    for (let attempt = 1; ; attempt++) {
      const startedAt = this.#clock.elapsed();
      let answer: Answer | undefined;
      const trace = (error: string, retryInMs: number | null) => {
        if (!onTrace) return;
        const requestId = answer && requestIdOf(answer);
        const parts = [
          `${method} ${url.href}`,
          attempt > 1 && `try ${attempt}`,
          answer?.status ?? 'no answer',
          `in ${Math.round(this.#clock.elapsed() - startedAt)}ms`,
          requestId && `ld-request ${requestId}`,
          error,
          retryInMs !== null && `again in ${formatDuration(retryInMs)}`,
        ];
        onTrace(parts.filter(Boolean).join(', '));
      };
      try {
        answer = await this.#exchange(call, url, Math.min(requestTimeoutMs, leftMs()));
        const value = read(answer);
        trace('', null);
        return value;
      } catch (error) {
        const delay = attempt < tries ? retryDelayOf(error) : Infinity;
        const retryInMs = delay < leftMs() ? delay : null;
        trace(error instanceof Error ? error.message : String(error), retryInMs);
        const explained = this.#explained(error);
        if (retryInMs === null) throw explained;
        await this.#clock.sleep(retryInMs, call.signal);
        // The process may have been stopped meanwhile.
        if (leftMs() <= 0) throw explained;
      }
    }
  }

  /** With what only the caller knows of a refusal. */
  #explained(error: unknown): unknown {
    return error instanceof ApiError ? (this.#options.onRefusal?.(error) ?? error) : error;
  }

  /** The answer to one request, whatever its status. */
  async #exchange(
    { method, headers, body, signal, sendBy }: Call<unknown>,
    url: URL,
    timeoutMs: number,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const { urlFrom } = this.#options;
    const agent = await this.#agentFor(method);
    const stream = this.#got.stream(url, {
      method,
      headers,
      body,
      request: this.#request,
      agent: { http: agent, https: agent } as Agents,
    });
    const attempt = trackAttempt(
      stream,
      url,
      () => sendBy === undefined || this.#clock.elapsed() <= sendBy,
    );
    const giveUp = () => void stream.destroy(new Error('the request was given up'));
    const stop = this.#clock.limit(timeoutMs, () => {
      attempt.timedOutAfterMs = timeoutMs;
      giveUp();
    });
    // Not got's own `signal`, which keeps a finished request in memory until the next full
    // collection.
    const release = onAbort(signal, giveUp);
    try {
      const [answer] = (await once(stream, 'response')) as [IncomingMessage];
      const status = answer.statusCode ?? 0;
      const body = await bodyOf(method, status, stream);
      return { url, status, headers: answer.headers, body, apiKey: this.#apiKey, urlFrom };
    } catch (error) {
      signal?.throwIfAborted();
      this.#postsOnNew ||= method === 'POST' && attempt.request?.reusedSocket === true;
      throw transportError(error, attempt, url, { proxy: this.#proxy, urlFrom });
    } finally {
      stop();
      release();
      // A read that is complete frees its connection by itself, once Node has noted that it was
      // written.
      if (method === 'POST' || !stream.response?.complete) stream.destroy();
      attempt.request?.emit('ldctl-abandoned');
    }
  }

  /**
   * A POST follows on the connection of the read before it, so that no slow handshake comes between
   * them. A proxy closes idle tunnels as it likes, and some servers close a connection after each
   * answer, so there it has one of its own.
   */
  async #agentFor(method: string): Promise<object> {
    const { agent } = this.#options;
    if (agent) return agent;
    if (method === 'POST' && (this.#proxy || this.#postsOnNew)) return this.#newAgent(false);
    return (this.#agent ??= this.#newAgent(true));
  }

  async #newAgent(keepAlive: boolean): Promise<Agent> {
    const options = { keepAlive, rejectUnauthorized: true };
    if (this.#proxy) {
      const { TunnelAgent } = await import('./tunnel.js');
      return new TunnelAgent(this.#proxy, options);
    }
    return this.#base.protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
  }

  /**
   * Puts the key into the request after Node took its options: with NODE_DEBUG, Node prints those.
   */
  readonly #request: RequestFunction = (url, options) => {
    const request =
      url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
    request.setHeader('ld-api-key', this.#apiKey.reveal());
    return request;
  };
}

/**
 * The body of an answer; null where it is too long. After the 202 to a POST it is not read: the
 * action is accepted even if the rest of the answer is lost.
 */
async function bodyOf(method: Call<unknown>['method'], status: number, stream: Request) {
  if (method === 'POST' && status === 202) return '';
  const bytes = await readUpTo(MAX_ANSWER_BYTES, stream);
  return bytes && new TextDecoder().decode(bytes);
}

/** Null for none: a URL on this machine is never reached through a proxy. */
function proxyFor(url: URL) {
  const setting = isLoopback(url) ? '' : getProxyForUrl(url.href);
  if (setting === '') return null;
  try {
    const proxy = new URL(setting);
    decodeURIComponent(proxy.username + proxy.password);
    if (/^https?:$/.test(proxy.protocol)) return proxy;
  } catch {
    // As for another protocol.
  }
  // The value is not repeated: it may hold a password.
  throw usageError(
    'invalid_proxy',
    'HTTPS_PROXY is not the URL of an HTTP proxy',
    'Write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with a % in them as %25.',
  );
}

/** In how many milliseconds a read is tried again; `Infinity` for never. */
function retryDelayOf(error: unknown) {
  // An answer that was cut off, or that a proxy put in its place, may be good the next time.
  const mayPass =
    (error instanceof ApiError && error.retryable) ||
    (error instanceof TransportError && error.transient);
  if (!mayPass) return Infinity;
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  return asked ?? RETRY_DELAY_MS;
}
