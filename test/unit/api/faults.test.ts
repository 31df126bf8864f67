import assert from 'node:assert/strict';
import { type FailedAttempt, transportError } from '../../../src/api/faults.js';
import { ProxyConnectError } from '../../../src/api/tunnel.js';
import { type TransportError } from '../../../src/base/errors.js';

const HOST = 'supervisor.test:8443';
const PROXY = new URL('http://proxy.corp:3128');

const ATTEMPT: FailedAttempt = {
  method: 'POST',
  url: new URL(`https://${HOST}/deployments/7/activities/iggy/restart?x=1`),
  proxy: null,
  phase: 'connecting',
  timedOutAfterMs: null,
};

/** What a failed attempt becomes; without a proxy, and before the connection stood, unless it says otherwise. */
function fault(error: unknown, attempt: Partial<FailedAttempt> = {}): TransportError {
  return transportError(error, { ...ATTEMPT, ...attempt });
}

const withCode = (code: string) => Object.assign(new Error('of the system'), { code });

/** Its message without `METHOD /path: `, which is the same for all. */
function words({ message }: TransportError): string {
  const head = 'POST /deployments/7/activities/iggy/restart: ';
  assert.ok(message.startsWith(head), message);
  return message.slice(head.length);
}

describe('a fault of the network', () => {
  const known: [string[], string, string, RegExp][] = [
    [['ECONNREFUSED'], 'connection_refused', `connection refused by ${HOST}`, /service is up/],
    [['ENOTFOUND'], 'name_not_found', `name not found: ${HOST}`, /Check the URL/],
    [['EAI_AGAIN'], 'name_not_found', `the name server gave no answer for ${HOST}`, /Check the network/],
    [['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'], 'no_route', `no route to ${HOST}`, /Check the network/],
    [['ETIMEDOUT'], 'timeout', `${HOST} did not respond`, /Check the network/],
    [['ECONNRESET', 'ECONNABORTED', 'EPIPE'], 'connection_lost', `${HOST} was lost before it`, /Check the network/],
    [['HPE_INVALID_CONSTANT'], 'not_http', `what ${HOST} answered is not HTTP (HPE_INVALID_CONSTANT)`, /the URL/],
    [['EMFILE'], 'network', `the connection with ${HOST} failed (EMFILE)`, /Check the URL/],
    [['X_ERR_SSL_', 'X_ERR_TLS_', 'X_HPE_'], 'network', `the connection with ${HOST} failed (X_`, /Check the URL/],
  ];
  for (const [codes, code, says, hint] of known) {
    for (const of of codes) {
      it(`${of} is ${code}, and may pass`, () => {
        const error = fault(withCode(of));
        assert.deepEqual([error.code, error.transient, error.exitCode], [code, true, 6]);
        assert.ok(words(error).includes(says), words(error));
        assert.match(error.hint ?? '', hint);
      });
    }
  }

  for (const code of ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_TLS_HANDSHAKE_TIMEOUT']) {
    it(`${code} is one of TLS, and trying again is no use`, () => {
      const error = fault(withCode(code));
      assert.deepEqual([error.code, error.transient], ['tls', false]);
      assert.equal(words(error), `no secure connection with ${HOST} (${code}): does it speak https?`);
    });
  }

  for (const [code, verdict] of [
    ['CERT_HAS_EXPIRED', 'it has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'it belongs to another host name'],
  ] as const) {
    it(`${code} is one of the certificate, and trying again is no use`, () => {
      const error = fault(withCode(code));
      assert.deepEqual([error.code, error.transient, error.sent], ['certificate', false, 'no']);
      assert.equal(words(error), `the certificate of ${HOST} does not verify: ${verdict} (${code})`);
      assert.match(error.hint ?? '', /NODE_EXTRA_CA_CERTS/);
    });
  }

  it('without a code that says anything is told as it is', () => {
    for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 7 }), 'x', { code: 'EPIPE' }, null]) {
      assert.equal(words(fault(error)), `the connection with ${HOST} failed`);
    }
  });

  it('is found under what got wraps around it', () => {
    const wrapped = new Error('by got', { cause: new Error('again', { cause: withCode('ECONNREFUSED') }) });
    assert.equal(fault(wrapped).code, 'connection_refused');
    assert.equal(fault(Object.assign(withCode('ENOTFOUND'), { cause: 'text' })).code, 'name_not_found');
  });

  it('before the connection stood: nothing was sent; later it may have been', () => {
    const lost = (phase: FailedAttempt['phase']) => fault(withCode('ECONNRESET'), { phase });
    assert.deepEqual([lost('connecting').sent, lost('sent').sent, lost('answering').sent], ['no', 'maybe', 'maybe']);
    assert.match(words(lost('connecting')), /lost before it was set up$/);
    assert.match(words(lost('sent')), /lost before an answer came$/);
    assert.match(words(lost('answering')), /lost in the middle of the answer$/);
  });
});

describe('a request that takes too long', () => {
  const late = (attempt: Partial<FailedAttempt>) => fault(withCode('EPIPE'), { timedOutAfterMs: 15_000, ...attempt });

  it('says how far it had got, whatever it was that failed at last', () => {
    assert.equal(words(late({})), `no connection to ${HOST} within 15s`);
    assert.equal(words(late({ phase: 'sent' })), `no answer from ${HOST} within 15s`);
    assert.equal(words(late({ phase: 'answering' })), `the answer from ${HOST} was not complete within 15s`);
    assert.deepEqual([late({}).code, late({}).sent, late({ phase: 'sent' }).sent], ['timeout', 'no', 'maybe']);
    assert.match(late({}).hint ?? '', /Check the network/);
  });

  it('suspects the proxy as long as there is no connection', () => {
    const early = words(late({ proxy: PROXY }));
    assert.equal(early, `no connection to ${HOST} through the proxy proxy.corp:3128 within 15s`);
    assert.match(late({ proxy: PROXY }).hint ?? '', /Check HTTPS_PROXY/);
    assert.match(late({ proxy: PROXY, phase: 'sent' }).hint ?? '', /Check the network/);
  });
});

describe('a proxy that opens no tunnel', () => {
  const refused = (status: number | null, code?: string) =>
    fault(new ProxyConnectError(status, code), { proxy: PROXY });

  it('is named, with what it answered; nothing was sent', () => {
    const error = refused(403);
    assert.deepEqual([error.code, error.sent, error.transient], ['proxy_refused', 'no', false]);
    assert.equal(words(error), `the proxy proxy.corp:3128 refused to connect to ${HOST} (it answered 403)`);
    assert.match(error.hint ?? '', /NO_PROXY/);
  });

  it('and answers in no HTTP, such as one for SOCKS, is said to', () => {
    const error = refused(NaN);
    assert.deepEqual([error.code, error.sent, error.transient], ['proxy_refused', 'no', false]);
    assert.equal(words(error), `the proxy proxy.corp:3128 refused to connect to ${HOST} (its answer is not HTTP)`);
  });

  it('may do so at the next try only if it had a fault of its own, or was asked too often', () => {
    assert.deepEqual(
      [500, 503, 408, 429].map((status) => refused(status).transient),
      [true, true, true, true],
    );
    assert.deepEqual(
      [401, 403, 407, 499].map((status) => refused(status).transient),
      [false, false, false, false],
    );
  });

  it('that wants a password is told one', () => {
    assert.match(refused(407).hint ?? '', /HTTPS_PROXY=http:\/\/USER:PASSWORD@HOST:PORT/);
    assert.doesNotMatch(refused(403).hint ?? '', /PASSWORD/);
  });

  it('and does not answer, is what could not be reached', () => {
    const error = refused(null, 'ECONNREFUSED');
    assert.equal(error.code, 'connection_refused');
    assert.equal(words(error), 'connection refused by the proxy proxy.corp:3128');
    assert.match(error.hint ?? '', /HTTPS_PROXY/);
    assert.match(words(refused(null, 'EPIPE')), /the proxy proxy\.corp:3128 was lost before it was set up$/);
  });
});
