import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type Env } from '../base/text.js';
import { proxyFor } from './proxy.js';
import { TunnelAgent } from './tunnel.js';

/** The connections to one API: reads share theirs, and each POST gets one of its own (design, "Network"). */
export class Connections {
  /** Null when the API is spoken to directly. */
  readonly proxy: URL | null;
  readonly #base: URL;
  readonly #shared: HttpAgent;

  /** @throws UsageError when `HTTPS_PROXY` is not usable */
  constructor(base: URL, env: Env) {
    this.#base = base;
    this.proxy = proxyFor(base, env);
    // Node does not let an idle connection keep the process alive.
    this.#shared = this.#open({ keepAlive: true });
  }

  /**
   * The agent for a request. An idle connection that the server has just closed would look like a lost answer, so a
   * POST never takes one.
   */
  agentFor(method: 'GET' | 'POST'): HttpAgent {
    return method === 'POST' ? this.#open({ keepAlive: false }) : this.#shared;
  }

  #open(options: { keepAlive: boolean }): HttpAgent {
    if (this.proxy) return new TunnelAgent(this.proxy, options);
    return this.#base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }
}
