import { once } from 'node:events';
import http, { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https, { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import got, { type Agents, type Got, type Request, type RequestFunction } from 'got';
import { getProxyForUrl } from 'proxy-from-env';
import { TimeLimit } from '../base/abort.js';
import type { Signal } from '../base/clock.js';
import { formatDuration } from '../base/durations.js';
import { RETRYABLE_STATUSES, TransportError, UsageError } from '../base/errors.js';
import type { ApiKey } from '../base/secret.js';
import type { Answer } from './answers.js';
import { isLoopback } from './base-url.js';

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

/** Answers over this many bytes are refused without being read to the end. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The one place that speaks HTTP, and the only one that reveals the API key. */
export class Http {
  readonly #apiKey: ApiKey;
  readonly #isSecure: boolean;
  readonly #proxy: URL | null;
  readonly #got: Got;
  #shared: Promise<Agent> | undefined;

  /** @throws UsageError for a key that no header can carry, or a `HTTPS_PROXY` that cannot be used */
  constructor(base: URL, apiKey: ApiKey, userAgent: string) {
    if (!isHeaderText(apiKey.reveal())) {
      throw new UsageError('the API key is empty, or holds characters that no key has, such as a line end', {
        code: 'invalid_api_key',
      });
    }
    this.#apiKey = apiKey;
    this.#isSecure = base.protocol === 'https:';
    this.#proxy = proxyFor(base);
    const host = base.hostname.replace(/^\[|\]$/g, '');
    this.#got = got.extend({
      // A redirect would take the key along.
      followRedirect: false,
      throwHttpErrors: false,
      // Retries are decided outside, and a POST is never sent twice.
      retry: { limit: 0 },
      // Not asking for compression keeps a small answer from growing into a huge one.
      decompress: false,
      https: {
        // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch the checks off.
        rejectUnauthorized: true,
        // Behind a proxy, Node would check an address by the proxy's name.
        checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
      },
      headers: { accept: 'application/json', 'user-agent': userAgent },
      // There is no cache, and the options for one, all undefined, would cost 16 kB a request that stay in memory until
      // the next full collection: V8 makes new hidden classes for the object that got spreads them into.
      hooks: { beforeRequest: [(options) => void (options.cacheOptions = {})] },
    });
  }

  /**
   * Sends one request and reads its answer, whatever its status. The body of a 202 is not read: it says nothing, and the
   * action is accepted even if the rest of the answer is lost.
   * @throws TransportError, or the signal's reason
   */
  async exchange({ method, url, headers, body, timeoutMs, signal }: HttpRequest): Promise<Answer> {
    signal?.throwIfAborted();
    // An idle connection that the server has just closed would look like a lost answer, so a POST has one of its own.
    const agent = await (method === 'POST' ? this.#open(false) : (this.#shared ??= this.#open(true)));
    const options = { method, headers, body, request: this.#request, agent: { http: agent, https: agent } as Agents };
    const stream = this.#got.stream(url, options);
    const progress = new Progress(stream, this.#isSecure);
    // Not got's own `signal`: with one, all of a finished request stays in memory until the next full collection.
    const limit = new TimeLimit(timeoutMs, signal, () => stream.destroy(new Error('the request was given up')));
    try {
      const [answer] = (await once(stream, 'response')) as [IncomingMessage];
      progress.phase = 'answering';
      const status = answer.statusCode ?? 0;
      const read = status === 202 ? { body: '' } : await readBody(stream as AsyncIterable<Buffer>, answer);
      return { url, status, headers: answer.headers, ...read, receivedAt: Date.now(), apiKey: this.#apiKey };
    } catch (error) {
      signal?.throwIfAborted();
      const { phase } = progress;
      const proxy = phase === 'connecting' ? this.#proxy : null;
      throw transportError(error, { url, proxy, phase, timedOutAfterMs: limit.passed ? timeoutMs : null });
    } finally {
      limit.clear();
      stream.destroy();
      progress.request?.emit('ldctl-abandoned');
    }
  }

  async #open(keepAlive: boolean): Promise<Agent> {
    // Node does not let an idle connection keep the process alive. The certificate of a proxy over TLS is checked as well.
    const options = { keepAlive, rejectUnauthorized: true };
    if (!this.#proxy) return this.#isSecure ? new TlsAgent(options) : new Agent(options);
    const { TunnelAgent } = await import('./tunnel.js');
    return new TunnelAgent(this.#proxy, options);
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

/** Whether a text survives as the value of a header: printable ASCII, with no blank at either end, not empty. */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}

/** What is on this machine is never sent through a proxy. */
function proxyFor(url: URL): URL | null {
  const setting = isLoopback(url) ? '' : getProxyForUrl(url.href);
  if (setting === '') return null;
  if (URL.canParse(setting) && /^https?:/i.test(setting)) return new URL(setting);
  // The value is not repeated: it may hold a password.
  const hint = 'Write it as http://HOST:PORT or https://HOST:PORT.';
  throw new UsageError('HTTPS_PROXY is not the URL of an HTTP proxy', { code: 'invalid_proxy', hint });
}

/** How far a request got. Until a connection stands, nothing of it has left this machine. */
type Phase = 'connecting' | 'sent' | 'answering';

class Progress {
  phase: Phase = 'connecting';
  request: ClientRequest | undefined;

  constructor(stream: Request, isSecure: boolean) {
    // `exchange` sees every error through what it awaits; one that comes after that must not end the process.
    stream.on('error', () => undefined);
    stream.once('request', (request: ClientRequest) => {
      this.request = request;
      request.on('error', () => undefined);
      // What the proxy answers to its CONNECT looks as if the API had said it.
      request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
        if (statusCode !== 200) stream.destroy(new ProxyRefusal(statusCode));
      });
      request.once('socket', (socket: Socket) => {
        // A handshake that is given up may fail once more when nothing else listens to its socket any longer.
        if (!request.reusedSocket) socket.on('error', () => undefined);
        // What is written before the connection stands is kept back by Node until it does.
        if (request.reusedSocket || !(isSecure || socket.connecting)) this.phase = 'sent';
        else socket.once(isSecure ? 'secureConnect' : 'connect', () => (this.phase = 'sent'));
      });
    });
  }
}

/** Reads a body as UTF-8, to its end or until it turns out to be one that is refused. */
async function readBody(
  chunks: AsyncIterable<Buffer>,
  { headers }: IncomingMessage,
): Promise<Pick<Answer, 'body' | 'unread'>> {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') return { body: '', unread: 'encoded' };
  if (Number(headers['content-length'] ?? 0) > MAX_ANSWER_BYTES) return { body: '', unread: 'too_large' };
  const read: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    // The length may have been left out, so what comes is counted as well.
    if (size > MAX_ANSWER_BYTES) return { body: '', unread: 'too_large' };
    read.push(chunk);
  }
  return { body: new TextDecoder().decode(Buffer.concat(read)) };
}

class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super('the proxy did not open a tunnel');
    this.status = status;
  }
}

interface Attempt {
  url: URL;
  /** The proxy that was to be connected through; null where there is none, or its part is done. */
  proxy: URL | null;
  phase: Phase;
  /** The time limit that ended it, in milliseconds; null when something else did. */
  timedOutAfterMs: number | null;
}

/** How the certificate checks of OpenSSL and Node name what they found. */
const CERTIFICATE = /CERT|^UNABLE_TO|^SELF_SIGNED|_CA$|^HOSTNAME_MISMATCH|_PURPOSE|^PATH_LENGTH|CRL/;
/** What Node says where no connection comes about: the code of ours, and how it is told. */
const NOT_CONNECTED: Readonly<Record<string, readonly [code: string, says: string]>> = {
  ECONNREFUSED: ['connection_refused', 'connection refused by'],
  ENOTFOUND: ['name_not_found', 'name not found:'],
  EAI_AGAIN: ['name_not_found', 'name not found just now:'],
  ETIMEDOUT: ['timeout', 'no response from'],
  EHOSTUNREACH: ['no_route', 'no route to'],
  ENETUNREACH: ['no_route', 'no route to'],
};

/**
 * Turns what got or Node threw into a `TransportError`. Nothing of the original is kept but Node's code, not even as its cause:
 * a got error carries the request's headers, and with them the key.
 */
function transportError(error: unknown, { url, proxy, phase, timedOutAfterMs }: Attempt): TransportError {
  const peer = proxy ? `the proxy ${proxy.host}` : url.host;
  const hint = proxy
    ? 'Check HTTPS_PROXY (http://HOST:PORT), and whether NO_PROXY should name this host.'
    : 'Check the URL, the network between here and there, and that the service is up.';
  const sent = phase === 'connecting' ? 'no' : 'maybe';
  const fault = (code: string, message: string, transient = true, ownHint = hint) =>
    new TransportError(code, message, { sent, transient }, { hint: ownHint });

  if (timedOutAfterMs !== null) {
    const message = {
      connecting: `no connection to ${url.host}${proxy ? ` through ${peer}` : ''}`,
      sent: `no answer from ${url.host}`,
      answering: `the answer from ${url.host} was not complete`,
    };
    return fault('timeout', `${message[phase]} within ${formatDuration(timedOutAfterMs)}`);
  }
  const root = rootOf(error);
  if (root instanceof ProxyRefusal) {
    const { status } = root;
    const said = Number.isNaN(status) ? 'its answer is not HTTP' : `it answered ${status}`;
    const password = 'It asks for a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.';
    const message = `${peer} refused to connect to ${url.host} (${said})`;
    return fault('proxy_refused', message, RETRYABLE_STATUSES.has(status), status === 407 ? password : hint);
  }
  const code = root instanceof Error && 'code' in root && typeof root.code === 'string' ? root.code : '';
  const by = code && ` (${code})`;
  const known = NOT_CONNECTED[code];
  if (known) return fault(known[0], `${known[1]} ${peer}${by}`);
  if (/^(ECONNRESET|ECONNABORTED|EPIPE)$/.test(code)) {
    const when = {
      connecting: 'before it was set up',
      sent: 'before an answer came',
      answering: 'in the middle of the answer',
    };
    return fault('connection_lost', `the connection with ${peer} was lost ${when[phase]}${by}`);
  }
  if (CERTIFICATE.test(code)) {
    const trust = 'If an own certificate authority is used there, name its file in NODE_EXTRA_CA_CERTS.';
    return fault('certificate', `the certificate of ${url.host} does not verify${by}`, false, trust);
  }
  if (/^EPROTO$|^ERR_(SSL|TLS)_/.test(code)) {
    return fault('tls', `no secure connection with ${peer}${by}: does it speak https?`, false);
  }
  return fault('network', `the connection with ${peer} failed${by}`);
}

/** got wraps what Node threw, and keeps it as the cause. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}
