import { type ApiResponse } from '../../src/api/api-response.js';
import { retryDelay } from '../../src/api/retry.js';
import { triggerBody } from '../../src/api/supervisor-api.js';
import { formatAction } from '../../src/base/activity.js';
import { type Clock, type Random } from '../../src/base/clock.js';
import { TransportError } from '../../src/base/errors.js';
import { ApiKey } from '../../src/base/secret.js';
import { type ActivityPage, type CallOptions, type PageQuery, type WireTrigger } from '../../src/base/supervisor.js';
import { type Sandbox } from './sandbox.js';
import { type SandboxAnswer, type SandboxRequest } from './sandbox.js';

export type Reply = Pick<SandboxAnswer, 'status' | 'headers' | 'body'>;

/** The client's requests to a sandbox as they are on the wire, and its answers as the code that reads real ones gets them. */
export class Requests {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  readonly #apiKey: ApiKey;

  constructor(sandbox: Sandbox, clock: Clock) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.#apiKey = new ApiKey(sandbox.keys.admin.value);
  }

  /** The API key itself, as a careless proxy quotes it. */
  get secret(): string {
    return this.#apiKey.reveal();
  }

  list({ page, results }: PageQuery): SandboxRequest {
    return {
      method: 'GET',
      path: `/deployments/${this.#sandbox.deploymentId}/activities?page=${page}&results=${results}`,
      headers: { 'ld-api-key': this.secret },
      body: '',
    };
  }

  trigger({ deploymentId, runtime, action, nodes, wireKey }: WireTrigger): SandboxRequest {
    return {
      method: 'POST',
      path: `/deployments/${deploymentId}/activities/${runtime}/${formatAction(action)}`,
      headers: { 'ld-api-key': this.secret, 'idempotency-key': wireKey, 'content-type': 'application/json' },
      body: triggerBody(nodes),
    };
  }

  received(request: SandboxRequest, { status, headers, body }: Reply): ApiResponse {
    const url = `${this.#sandbox.baseUrl}${request.path}`;
    const receivedAt = this.#clock.now();
    return { method: request.method, url, status, headers, body, receivedAt, apiKey: this.#apiKey };
  }
}

/** A read with as many tries as the real client gives it. */
export async function withTries(
  read: () => Promise<ActivityPage>,
  clock: Clock,
  random: Random,
  { signal, tries = 'several' }: CallOptions,
): Promise<ActivityPage> {
  const began = clock.elapsed();
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      signal?.throwIfAborted();
      const elapsedMs = clock.elapsed() - began;
      const delay = tries === 'one' ? null : retryDelay({ attempt, error, elapsedMs, random: random() });
      if (delay === null) throw error;
      await clock.sleep(delay, signal);
    }
  }
}

export function lost(timeout: boolean): TransportError {
  return timeout
    ? new TransportError('timeout', 'no answer in time', { sent: 'maybe' })
    : new TransportError('reset', 'the connection was lost', { sent: 'maybe' });
}
