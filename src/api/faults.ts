import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Request } from 'got';
import { formatDuration } from '../base/durations.js';
import { RETRYABLE_STATUSES, TransportError } from '../base/errors.js';

/** How far a request has come. */
interface Attempt {
  /** `no` until it is connected: nothing of the request has left this machine. */
  sent: 'no' | 'maybe';
  request?: ClientRequest;
  /** The status by which a proxy refused a tunnel. */
  refusedWith?: number;
  timedOutAfterMs?: number;
  /** It took too long to connect: it was not sent. */
  isLate?: boolean;
}

/**
 * Keeps up with a request, by its events. Once it is connected, and before anything is written, it
 * is given up unless it may still be sent.
 */
export function trackAttempt(
  stream: Request,
  { protocol }: URL,
  mayBeSent: () => boolean,
): Attempt {
  const isSecure = protocol === 'https:';
  const attempt: Attempt = { sent: 'no' };
  // The caller awaits the first error; a later one must not end the process.
  stream.on('error', () => undefined);
  stream.once('request', (request: ClientRequest) => {
    attempt.request = request;
    request.on('error', () => undefined);
    // Otherwise the proxy's answer to its CONNECT would look like the API's.
    request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode === 200) return;
      attempt.refusedWith = statusCode;
      stream.destroy(new Error('the proxy did not open a tunnel'));
    });
    // Node leaves such a connection open for the caller, but ldctl never asks for another protocol.
    request.once('upgrade', (_answer, socket: Socket) => {
      socket.destroy();
      stream.destroy(new Error('the server switched to another protocol'));
    });
    request.once('socket', (socket: Socket) => {
      const send = () => {
        attempt.isLate = !mayBeSent();
        if (attempt.isLate) stream.destroy(new Error('it is too late to send it'));
        else attempt.sent = 'maybe';
      };
      // Node writes nothing before the connection is made, and nothing to one that was destroyed.
      if (request.reusedSocket || !(isSecure || socket.connecting)) send();
      else socket.once(isSecure ? 'secureConnect' : 'connect', send);
    });
  });
  return attempt;
}

/** Node's code, the code of the TransportError, and its message. */
const FAULTS: ReadonlyArray<readonly [node: RegExp, code: string, message: string]> = [
  [/^ECONNREFUSED$/, 'connection_refused', 'connection refused by PEER'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'name_not_found', 'name not found: PEER'],
  [/^(ECONNRESET|ECONNABORTED|EPIPE)$/, 'connection_lost', 'connection lost with PEER'],
  // The codes of OpenSSL's and Node's certificate checks.
  [
    /CERT|^UNABLE_TO|_CA$|^HOSTNAME_M|_PURPOSE|CRL/,
    'certificate',
    'the certificate of PEER does not verify',
  ],
  [/^EPROTO$|^ERR_(SSL|TLS)_/, 'tls', 'no secure connection with PEER, which may not speak https'],
];
const UNKNOWN = [null, 'network', 'connection failed with PEER'] as const;

/** @param from what gave the URL */
const hintOfPeer = (from?: string) =>
  `Check the URL${from ? ` (from ${from})` : ''}, the network, and that the service is up.`;

const HINTS = {
  proxy: 'Check HTTPS_PROXY (http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT), and NO_PROXY.',
  certificate:
    'If that server uses a certificate authority of your own, name its file in NODE_EXTRA_CA_CERTS.',
};

/**
 * Only Node's code is kept, and no cause: a got error carries the request's headers, and with them
 * the key.
 */
export function transportError(
  error: unknown,
  attempt: Attempt,
  url: URL,
  { proxy: configured, urlFrom }: { proxy: URL | null; urlFrom?: string | undefined },
): TransportError {
  const { sent, refusedWith, timedOutAfterMs, isLate } = attempt;
  const isConnected = sent === 'maybe';
  const { host } = url;
  const proxy = isConnected ? null : configured;
  const [peer, through, usualHint] = proxy
    ? [`the proxy ${proxy.host}`, ` through the proxy ${proxy.host}`, HINTS.proxy]
    : [host, '', hintOfPeer(urlFrom)];
  const fault = (code: string, message: string, transient: boolean, hint = usualHint) =>
    new TransportError(code, message, { sent, transient }, { hint });

  if (timedOutAfterMs !== undefined) {
    const message = isConnected
      ? `no complete answer from ${host}`
      : `no connection to ${host}${through}`;
    return fault('timeout', `${message} within ${formatDuration(timedOutAfterMs)}`, true);
  }
  if (isLate) {
    const message = `it took so long to connect to ${host} that the log has to be read again`;
    return fault('connected_late', message, true);
  }
  if (refusedWith !== undefined) {
    const message = `${peer} refused to connect to ${host} (it answered ${refusedWith || 'no HTTP'})`;
    return fault('proxy_refused', message, RETRYABLE_STATUSES.has(refusedWith));
  }
  const node = codeOf(error);
  const [, code, message] = FAULTS.find(([pattern]) => pattern.test(node)) ?? UNKNOWN;
  const when = isConnected ? ' before the answer was complete' : '';
  const suffix = `${when}${node && ` (${node})`}`;
  if (code === 'certificate') {
    return fault(code, message.replace('PEER', host) + suffix, false, HINTS.certificate);
  }
  return fault(code, message.replace('PEER', peer) + suffix, code !== 'tls');
}

/** Node's code; got keeps what Node threw as the cause. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.cause instanceof Error) return codeOf(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
