import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Request } from 'got';
import { formatDuration } from '../base/durations.js';
import { RETRYABLE_STATUSES, TransportError } from '../base/errors.js';

/** How one request fares. */
export interface Attempt {
  /** Until a connection stands, nothing of it has left this machine. */
  phase: 'connecting' | 'sent' | 'answering';
  request?: ClientRequest;
  /** What a proxy answered that opens no tunnel. */
  refusedWith?: number;
  timedOutAfterMs?: number;
}

/** Sees how far a request comes. */
export function watch(stream: Request, { protocol }: URL): Attempt {
  const isSecure = protocol === 'https:';
  const attempt: Attempt = { phase: 'connecting' };
  // The caller sees every error through what it awaits; one that comes after that must not end the process.
  stream.on('error', () => undefined);
  stream.once('request', (request: ClientRequest) => {
    attempt.request = request;
    request.on('error', () => undefined);
    // What the proxy answers to its CONNECT looks as if the API had said it.
    request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode === 200) return;
      attempt.refusedWith = statusCode;
      stream.destroy(new Error('the proxy did not open a tunnel'));
    });
    request.once('socket', (socket: Socket) => {
      // A handshake that is given up may fail once more when nothing else listens to its socket any longer.
      if (!request.reusedSocket) socket.on('error', () => undefined);
      // What is written before the connection stands is kept back by Node until it does.
      if (request.reusedSocket || !(isSecure || socket.connecting)) attempt.phase = 'sent';
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => (attempt.phase = 'sent'));
    });
  });
  return attempt;
}

/** What Node says, the code of ours, and how it is told. */
const FAULTS: ReadonlyArray<readonly [node: RegExp, code: string, told: string]> = [
  [/^ECONNREFUSED$/, 'connection_refused', 'connection refused by PEER'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'name_not_found', 'name not found: PEER'],
  [/^(ECONNRESET|ECONNABORTED|EPIPE)$/, 'connection_lost', 'connection lost with PEER'],
  // How the certificate checks of OpenSSL and Node name what they found.
  [/CERT|^UNABLE_TO|_CA$|^HOSTNAME_M|_PURPOSE|CRL/, 'certificate', 'the certificate of PEER does not verify'],
  [/^EPROTO$|^ERR_(SSL|TLS)_/, 'tls', 'no secure connection with PEER, which may not speak https'],
];
const UNKNOWN = [null, 'network', 'connection failed with PEER'] as const;

const HINTS = {
  peer: 'Check the URL, the network between here and there, and that the service is up.',
  proxy: 'Check HTTPS_PROXY (http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT), and NO_PROXY.',
  certificate: 'If an own certificate authority is used there, name its file in NODE_EXTRA_CA_CERTS.',
};

/** Only Node's code is kept, and no cause: a got error carries the request's headers, and with them the key. */
export function transportError(error: unknown, attempt: Attempt, url: URL, configured: URL | null): TransportError {
  const { phase, refusedWith, timedOutAfterMs } = attempt;
  const { host } = url;
  const proxy = phase === 'connecting' ? configured : null;
  const peer = proxy ? `the proxy ${proxy.host}` : host;
  const sent = phase === 'connecting' ? 'no' : 'maybe';
  const fault = (code: string, message: string, transient: boolean, hint = proxy ? HINTS.proxy : HINTS.peer) =>
    new TransportError(code, message, { sent, transient }, { hint });

  if (timedOutAfterMs !== undefined) {
    const message = {
      connecting: `no connection to ${host}${proxy ? ` through ${peer}` : ''}`,
      sent: `no answer from ${host}`,
      answering: `the answer from ${host} was not complete`,
    };
    return fault('timeout', `${message[phase]} within ${formatDuration(timedOutAfterMs)}`, true);
  }
  if (refusedWith !== undefined) {
    const message = `${peer} refused to connect to ${host} (it answered ${refusedWith || 'no HTTP'})`;
    return fault('proxy_refused', message, RETRYABLE_STATUSES.has(refusedWith));
  }
  const node = codeOf(error);
  const [, code, told] = FAULTS.find(([pattern]) => pattern.test(node)) ?? UNKNOWN;
  const when = { connecting: '', sent: ' before an answer came', answering: ' in the middle of the answer' }[phase];
  const suffix = `${when}${node && ` (${node})`}`;
  if (code === 'certificate') return fault(code, told.replace('PEER', host) + suffix, false, HINTS.certificate);
  return fault(code, told.replace('PEER', peer) + suffix, code !== 'tls');
}

/** Node's code; got keeps what Node threw as the cause. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.cause instanceof Error) return codeOf(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
