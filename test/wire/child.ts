import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LOADER } from '../helpers/loader.js';

/** One call of the client in another process; `run` restarts NODE in virtual time, to its end. */
export interface ChildCall {
  url: string;
  call: 'trigger' | 'list' | 'run';
  /** Set for this call; the variables that it does not name are empty. */
  env?: Partial<Record<'HTTPS_PROXY' | 'NO_PROXY' | 'NODE_TLS_REJECT_UNAUTHORIZED', string>>;
  requestTimeoutMs?: number;
}

export interface ChildFailure {
  name: string;
  code: string;
  sent?: 'no' | 'maybe';
  transient?: boolean;
  message: string;
  hint?: string;
  /** The error as `inspect` shows all of it. */
  text: string;
}

export type ChildResult = { value: unknown } | { failure: ChildFailure };
/** Lets virtual time pass during a `run`. */
export type Pass = { pass: number };

const MOST_MS_TO_END = 30_000;

/**
 * A process that makes calls. NODE_EXTRA_CA_CERTS is read when Node starts, so it takes one of its
 * own.
 */
export class ChildClient {
  readonly #process: ChildProcess;

  constructor(env: Record<string, string>) {
    const program = fileURLToPath(import.meta.resolve('./child-client.js'));
    this.#process = fork(program, {
      execArgv: [...LOADER, '--no-warnings'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // With bigints.
      serialization: 'advanced',
    });
  }

  async run(call: ChildCall): Promise<ChildResult> {
    this.#process.send(call);
    return this.#told((message) => !('pass' in message)) as Promise<ChildResult>;
  }

  async pass(ms: number): Promise<void> {
    this.#process.send({ pass: ms });
    await this.#told((message) => 'pass' in message);
  }

  async #told(isMeant: (message: object) => boolean): Promise<unknown> {
    for await (const [message] of on(this.#process, 'message', { close: ['exit'] })) {
      if (isMeant(message as object)) return message;
    }
    throw new Error('the process of the client ended');
  }

  /** The failure that a call must end with. */
  async failure(call: ChildCall): Promise<ChildFailure> {
    const result = await this.run(call);
    if ('failure' in result) return result.failure;
    throw new Error('the call succeeded');
  }

  /** Lets it end by itself, as it must when nothing is left open. */
  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    // One that does not would keep the tests from ending.
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), MOST_MS_TO_END);
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) await once(this.#process, 'exit');
    clearTimeout(timer);
    assert.equal(this.#process.signalCode, null, 'something was left open');
  }
}
