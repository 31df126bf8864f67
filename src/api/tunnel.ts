import type { Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** Connections through a proxy's CONNECT; in a file of its own, to be loaded only where there is a proxy. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(proxy: URL, options: { keepAlive: boolean; rejectUnauthorized: boolean }) {
    const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    // Not in the URL, and made when it is sent: DEBUG and NODE_DEBUG print the agent's fields.
    const headers = (): Record<string, string> => (credentials === ':' ? {} : { 'proxy-authorization': authorization });
    super(proxy.origin, { ...options, headers });
  }

  /** Node does not let go of a request before its agent has answered, and a proxy may never do so: the process would not end. */
  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>): Promise<Socket> {
    const ended = new AbortController();
    const end = (): void => ended.abort();
    request.once('ldctl-abandoned', end);
    // Read before `super.connect` first waits, so that attempts at the same time each get their own.
    this.connectOpts = { ...this.connectOpts, signal: ended.signal };
    try {
      return await super.connect(request, options);
    } finally {
      request.off('ldctl-abandoned', end);
    }
  }
}
