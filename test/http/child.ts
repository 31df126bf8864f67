import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One call of the client in another process. */
export interface ChildCall {
  url: string;
  call: 'trigger' | 'list';
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

/**
 * A process that makes calls. NODE_EXTRA_CA_CERTS is read when Node starts, so it takes one of its
 * own.
 */
export class ChildClient {
  readonly #process: ChildProcess;

  constructor(env: Record<string, string>) {
    const program = fileURLToPath(new URL('child-client.ts', import.meta.url));
    this.#process = fork(program, {
      execArgv: ['--import=tsx', '--no-warnings'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  async run(call: ChildCall): Promise<ChildResult> {
    this.#process.send(call);
    const [result] = (await once(this.#process, 'message')) as [ChildResult];
    return result;
  }

  /** The failure that a call must end with. */
  async failure(call: ChildCall): Promise<ChildFailure> {
    const result = await this.run(call);
    if ('failure' in result) return result.failure;
    throw new Error('the call succeeded');
  }

  /** Lets it end by itself, as it must when nothing is left open. */
  async close(): Promise<void> {
    this.#process.disconnect();
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
  }
}
