import { formatDuration } from '../base/durations.js';
import { RETRYABLE_STATUSES, TransportError } from '../base/errors.js';
import { ProxyConnectError } from './tunnel.js';

/** How far a request got before it failed. Until a connection stands, nothing of it has left this machine. */
export type Phase = 'connecting' | 'sent' | 'answering';

export interface FailedAttempt {
  method: string;
  url: URL;
  /** The proxy in between; null for none. */
  proxy: URL | null;
  phase: Phase;
  /** The time limit that ended it, in milliseconds; null when something else did. */
  timedOutAfterMs: number | null;
}

interface ErrorDetail {
  code: string;
  /** Said after `METHOD /path: `. */
  message: string;
  hint?: string;
  transient?: boolean;
}

const CHECK_URL = 'Check the URL, and that the service is up.';
const CHECK_NETWORK = 'Check the network between here and there, and try again.';
const CHECK_PROXY = 'Check HTTPS_PROXY, and whether NO_PROXY should name this host.';
const GIVE_PASSWORD = 'It asks for a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.';
const TRUST = 'If an own certificate authority is used there, name its file in NODE_EXTRA_CA_CERTS.';

/** What OpenSSL says of a certificate, for people. */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here',
  CERT_UNTRUSTED: 'its authority is not trusted here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet (or the clock here is wrong)',
  CERT_REVOKED: 'it was revoked',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it belongs to another host name',
  HOSTNAME_MISMATCH: 'it belongs to another host name',
  INVALID_CA: 'its chain is not valid',
  INVALID_PURPOSE: 'its chain is not valid',
  PATH_LENGTH_EXCEEDED: 'its chain is not valid',
  CERT_CHAIN_TOO_LONG: 'its chain is not valid',
  CERT_REJECTED: 'it was rejected',
};

/**
 * Turns what got or Node threw into a `TransportError`. Nothing of the original is kept, not even as its cause: a got
 * error carries the request's headers, and with them the key.
 */
export function transportError(error: unknown, attempt: FailedAttempt): TransportError {
  const detail = detailOf(rootOf(error), attempt);
  return new TransportError(
    detail.code,
    `${attempt.method} ${attempt.url.pathname}: ${detail.message}`,
    { sent: attempt.phase === 'connecting' ? 'no' : 'maybe', transient: detail.transient },
    { hint: detail.hint },
  );
}

function detailOf(error: unknown, attempt: FailedAttempt): ErrorDetail {
  if (attempt.timedOutAfterMs !== null) return timeout(attempt, formatDuration(attempt.timedOutAfterMs));
  if (error instanceof ProxyConnectError) return proxyRefused(error, attempt);
  return systemFault(codeOf(error), attempt.url.host, attempt.phase, CHECK_URL);
}

function timeout({ phase, url, proxy }: FailedAttempt, limit: string): ErrorDetail {
  const message = {
    connecting: `no connection to ${url.host}${proxy ? ` through the proxy ${proxy.host}` : ''} within ${limit}`,
    sent: `no answer from ${url.host} within ${limit}`,
    answering: `the answer from ${url.host} was not complete within ${limit}`,
  };
  const hint = proxy && phase === 'connecting' ? CHECK_PROXY : CHECK_NETWORK;
  return { code: 'timeout', message: message[phase], hint };
}

function proxyRefused(fault: ProxyConnectError, { url, proxy }: FailedAttempt): ErrorDetail {
  const name = `the proxy ${proxy?.host ?? ''}`;
  if (fault.status === null) return systemFault(fault.code, name, 'connecting', CHECK_PROXY);
  const answer = Number.isNaN(fault.status) ? 'its answer is not HTTP' : `it answered ${fault.status}`;
  return {
    code: 'proxy_refused',
    message: `${name} refused to connect to ${url.host} (${answer})`,
    hint: fault.status === 407 ? GIVE_PASSWORD : CHECK_PROXY,
    transient: fault.status >= 500 || RETRYABLE_STATUSES.has(fault.status),
  };
}

/** @param peer whom the connection was with, as it is to be named */
function systemFault(code: string | undefined, peer: string, phase: Phase, hint: string): ErrorDetail {
  const reason = CERTIFICATE_FAULTS[code ?? ''];
  if (reason) {
    const message = `the certificate of ${peer} does not verify: ${reason} (${code})`;
    return { code: 'certificate', message, hint: TRUST, transient: false };
  }
  switch (code) {
    case 'ECONNREFUSED':
      return { code: 'connection_refused', message: `connection refused by ${peer}`, hint };
    case 'ENOTFOUND':
      return { code: 'name_not_found', message: `name not found: ${peer}`, hint };
    case 'EAI_AGAIN':
      return { code: 'name_not_found', message: `the name server gave no answer for ${peer}`, hint: CHECK_NETWORK };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return { code: 'no_route', message: `no route to ${peer}`, hint: CHECK_NETWORK };
    case 'ETIMEDOUT':
      return { code: 'timeout', message: `${peer} did not respond`, hint: CHECK_NETWORK };
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return { code: 'connection_lost', message: connectionLost(peer, phase), hint: CHECK_NETWORK };
    default:
      return otherFault(code, peer, hint);
  }
}

function otherFault(code: string | undefined, peer: string, hint: string): ErrorDetail {
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_TLS_')) {
    const message = `no secure connection with ${peer} (${code}): does it speak https?`;
    return { code: 'tls', message, hint, transient: false };
  }
  if (code?.startsWith('HPE_'))
    return { code: 'not_http', message: `what ${peer} answered is not HTTP (${code})`, hint };
  return { code: 'network', message: `the connection with ${peer} failed${code ? ` (${code})` : ''}`, hint };
}

function connectionLost(peer: string, phase: Phase): string {
  const when = {
    connecting: 'before it was set up',
    sent: 'before an answer came',
    answering: 'in the middle of the answer',
  };
  return `the connection with ${peer} was lost ${when[phase]}`;
}

/** got wraps what Node threw, and keeps it as the cause. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
