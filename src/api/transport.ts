import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Socket } from 'node:net';
import got, { type Agents, type Got, type Request, type RequestFunction } from 'got';
import { TimeLimit } from '../base/abort.js';
import type { Signal } from '../base/clock.js';
import { type Env } from '../base/text.js';
import { UsageError } from '../base/errors.js';
import { type ApiKey } from '../base/secret.js';
import { readBody } from './answer-body.js';
import { type ApiResponse } from './api-response.js';
import { Connections } from './connections.js';
import { type Phase, transportError } from './faults.js';
import { isHeaderText } from './header-text.js';
import { TunnelAgent } from './tunnel.js';

export interface TransportOptions {
  base: URL;
  apiKey: ApiKey;
  userAgent: string;
  /** Names the proxy, if there is one. */
  env: Env;
}

/** One request, tried once. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  /** For all of it, from the first packet to the last byte of the answer; milliseconds. */
  timeoutMs: number;
  signal?: Signal;
}

/** The one place that speaks HTTP, and the only one that reveals the API key. */
export class Transport {
  readonly #apiKey: ApiKey;
  readonly #connections: Connections;
  readonly #got: Got;

  /** @throws UsageError for a key that no header can carry, or a `HTTPS_PROXY` that cannot be used */
  constructor({ base, apiKey, userAgent, env }: TransportOptions) {
    if (!isHeaderText(apiKey.reveal())) {
      throw new UsageError('the API key is empty, or holds characters that no key has, such as a line end', {
        code: 'invalid_api_key',
      });
    }
    this.#apiKey = apiKey;
    this.#connections = new Connections(base, env);
    this.#got = got.extend({
      // A redirect would take the key along.
      followRedirect: false,
      throwHttpErrors: false,
      // Retries are decided outside (retry.ts), and a POST is never sent twice.
      retry: { limit: 0 },
      // Not asking for compression keeps a small answer from growing into a huge one.
      decompress: false,
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch the checks off.
      https: { rejectUnauthorized: true },
      headers: { accept: 'application/json', 'user-agent': userAgent },
      // There is no cache, and the options for one, all undefined, would cost 16 kB a request that stay in memory until
      // the next full collection: V8 makes new hidden classes for the object that got spreads them into.
      hooks: { beforeRequest: [(options) => void (options.cacheOptions = {})] },
    });
  }

  /**
   * Sends one request and reads its answer, whatever its status. The body of a 202 is not read: it says nothing
   * (contract, "Supervisor: trigger"), and the action is accepted even if the rest of the answer is lost.
   * @throws TransportError, or the signal's reason
   */
  async exchange({ method, url, headers, body, timeoutMs, signal }: HttpRequest): Promise<ApiResponse> {
    signal?.throwIfAborted();
    const agent = this.#connections.agentFor(method);
    const stream = this.#got.stream(url, {
      method,
      headers,
      body,
      request: this.#request,
      agent: { http: agent, https: agent } as Agents,
    });
    const progress = new Progress(stream, url.protocol === 'https:');
    // Not got's own `signal`: with one, all of a finished request stays in memory until the next full collection.
    const limit = new TimeLimit(timeoutMs, signal, () => stream.destroy(new Error('the request was given up')));
    try {
      const [answer] = (await once(stream, 'response')) as [IncomingMessage];
      progress.phase = 'answering';
      const status = answer.statusCode ?? 0;
      const read = status === 202 ? { body: '' } : await readBody(stream as AsyncIterable<Buffer>, answer.headers);
      return { method, url, status, headers: answer.headers, ...read, receivedAt: Date.now(), apiKey: this.#apiKey };
    } catch (error) {
      signal?.throwIfAborted();
      throw transportError(error, {
        method,
        url,
        proxy: this.#connections.proxy,
        phase: progress.phase,
        timedOutAfterMs: limit.passed ? timeoutMs : null,
      });
    } finally {
      limit.clear();
      stream.destroy();
      if (agent instanceof TunnelAgent && progress.request) agent.abandon(progress.request);
    }
  }

  /**
   * Makes Node's request and puts the key into it then: Node hands the options of a request on to agents and sockets, and
   * with NODE_DEBUG prints them.
   */
  readonly #request: RequestFunction = (url, options) => {
    const request = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
    request.setHeader('ld-api-key', this.#apiKey.reveal());
    return request;
  };
}

/** Follows how far a request has got, which decides whether it can have left this machine. */
class Progress {
  phase: Phase = 'connecting';
  request: ClientRequest | undefined;

  constructor(stream: Request, secure: boolean) {
    // `exchange` sees every error through what it awaits; one that comes after that must not end the process.
    stream.on('error', () => undefined);
    // A server that switches protocols would leave this side waiting, with a socket that nobody owns.
    stream.once('upgrade', (_answer: IncomingMessage, socket: Socket) => {
      socket.destroy();
      stream.destroy(new Error('an upgrade that was not asked for'));
    });
    stream.once('request', (request: ClientRequest) => {
      this.request = request;
      request.once('socket', (socket: Socket) => {
        // A handshake that is given up may fail once more when nobody else listens to its socket any longer.
        if (!request.reusedSocket) socket.on('error', () => undefined);
        // What is written before the connection stands is kept back by Node until it does.
        if (request.reusedSocket || !(secure || socket.connecting)) this.phase = 'sent';
        else socket.once(secure ? 'secureConnect' : 'connect', () => (this.phase = 'sent'));
      });
    });
  }
}
