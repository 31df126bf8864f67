import { type ClientRequest } from 'node:http';
import { type Socket } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/** The proxy did not open a tunnel. `status` is its answer to CONNECT, NaN where that is not HTTP; without one, `code` is the system's. */
export class ProxyConnectError extends Error {
  readonly status: number | null;
  readonly code: string | undefined;

  constructor(status: number | null, code?: string) {
    super('the proxy did not open a tunnel');
    this.status = status;
    this.code = code;
  }
}

/**
 * Connections through an HTTP proxy's CONNECT. It mends four things of the agent it extends: a proxy that refuses is
 * an error of the connection, not an answer that looks as if the API had given it; the proxy's password stays out of
 * what `DEBUG=*` and `NODE_DEBUG` print; an attempt can be abandoned while the proxy keeps it waiting; and the
 * certificate of a host that is given as an address is checked against that address, not the proxy's.
 */
export class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #opening = new Map<ClientRequest, AbortController>();

  constructor(proxy: URL, options: { keepAlive: boolean }) {
    // `rejectUnauthorized` is for a proxy that is itself spoken to over TLS.
    const headers = proxyAuthorization(proxy);
    // Made when they are sent: Node prints the agent's fields with NODE_DEBUG.
    super(withoutCredentials(proxy), { ...options, rejectUnauthorized: true, headers: () => ({ ...headers }) });
  }

  /** @throws ProxyConnectError */
  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const abandoned = new AbortController();
    this.#opening.set(request, abandoned);
    const answer: { status: number | null } = { status: null };
    request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      answer.status = statusCode;
    });
    // Read by `super.connect` before it first waits, so that attempts at the same time each get their own.
    this.connectOpts = { ...this.connectOpts, signal: abandoned.signal };
    try {
      const socket = await super.connect(request, checkedByHost(options));
      if (answer.status === 200) return socket;
      socket.destroy();
    } catch (error) {
      throw new ProxyConnectError(null, (error as NodeJS.ErrnoException).code);
    } finally {
      this.#opening.delete(request);
    }
    throw new ProxyConnectError(answer.status);
  }

  /**
   * Gives up a request whose tunnel is not open yet. Node does not let go of a destroyed request before its agent has
   * answered, and a proxy may never answer.
   */
  abandon(request: ClientRequest): void {
    this.#opening.get(request)?.abort();
  }
}

function checkedByHost(options: ConnectOptions): ConnectOptions {
  if (!options.secureEndpoint) return options;
  const host = options.host ?? '';
  return {
    ...options,
    checkServerIdentity: (_name: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
}

function withoutCredentials(proxy: URL): URL {
  const bare = new URL(proxy);
  bare.username = '';
  bare.password = '';
  return bare;
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
