import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Id } from '../../../src/base/ids.js';
import { Sandbox, type SandboxAnswer } from '../../../src/sandbox/engine.js';
import { readOptions, type StartSandboxOptions } from '../../../src/sandbox/options.js';
import { type SandboxDeployment } from '../../../src/sandbox/state.js';
import { LocalAgent, type End } from './connection.js';
import { type SessionTime, type Waits } from './time.js';

/** Nothing listens there. Both APIs are at one URL, as the sandbox has them. */
const PORT = 7400;
const URL = `http://127.0.0.1:${PORT}`;

/**
 * Unless a session says otherwise: ids that a number would round, two of them above 2^63, where a
 * signed one would turn negative. All work takes exactly as long as it says.
 */
const USUAL: StartSandboxOptions = {
  nodes: [610809900976570889n, 17293822569102704640n, 17293822569102704641n],
  seed: 1,
};
const HALF_WAY = (): number => 0.5;

/** What a request asks: a POST, a read of the log, that of one deployment, or a read of Core. */
export type Asked = 'POST' | 'read' | 'read of Core' | `read of ${string}/${string}`;

/** What becomes of a request. */
export interface Fault {
  /** Whether it runs all the same. */
  runs: boolean;
  /** `as it should`: it is only late. */
  answer: 'as it should' | 'lost' | 'refused' | Pick<SandboxAnswer, 'status' | 'headers' | 'body'>;
  /** How long the answer is held, ms; Infinity: forever. */
  holdMs: number;
}

/** What a command has sent: POSTs on their way out, and those that ran. */
export interface Sent {
  posts: number;
  ran: number;
}

/** A request, and what it was answered. */
export interface Exchange {
  method: string;
  path: string;
  body: string;
  idempotencyKey: string | null;
  /** Null: there was no answer. */
  status: number | null;
}

/** The sandbox's engine, and what goes wrong on the way to it. */
export class CloudOfSession {
  readonly sandbox: Sandbox;
  readonly url = URL;
  readonly #faults = new Map<Asked, Fault[]>();

  constructor(
    private readonly time: SessionTime,
    options: StartSandboxOptions,
  ) {
    const settings = readOptions({ ...USUAL, ...options, now: () => time.now() });
    this.sandbox = new Sandbox(settings, URL, HALF_WAY);
  }

  /** From now on, what these requests meet, in this order. */
  addFaults(asked: Asked, ...faults: readonly Fault[]): void {
    this.#faults.set(asked, [...(this.#faults.get(asked) ?? []), ...faults]);
  }

  /** By its path; without one, the deployment that the sandbox's options are for. */
  deployment(place?: string): SandboxDeployment {
    const { deployments, main } = this.sandbox.cloud;
    if (place === undefined) return main;
    const found = deployments.find((one) => this.#placeOf(one.summary.id) === place);
    if (found) return found;
    throw new Error(`there is no deployment ${place}`);
  }

  #placeOf(id: Id): string | null {
    for (const division of this.sandbox.cloud.structure.divisions) {
      for (const { name, deployments } of division.environments) {
        const found = deployments.find((one) => one.id === id);
        if (found) return `${division.name}/${name}/${found.name}`;
      }
    }
    return null;
  }

  #askedBy(method: string, path: string): Asked[] {
    const id = /^\/deployments\/(\d+)/.exec(path)?.[1];
    if (method === 'POST') return ['POST'];
    if (id === undefined) return ['read of Core'];
    return [`read of ${this.#placeOf(BigInt(id)) ?? '/'}` as Asked, 'read'];
  }

  /** The faults that no request has met. */
  get unused(): string[] {
    return [...this.#faults].flatMap(([asked, { length }]) =>
      length > 0 ? [`${length} faults that no ${asked} has met`] : [],
    );
  }

  /** The way to it for one command. */
  connect(waits: Waits, sent: Sent, onExchange: (exchange: Exchange) => void): LocalAgent {
    const server = createServer((request, response) => {
      this.#serve(request, response, waits, sent)
        .then(onExchange)
        .catch((error: unknown) => response.destroy(error as Error));
    });
    return new LocalAgent(
      PORT,
      (end) => server.emit('connection', end),
      () => {
        const first = [...this.#faults.values()].find(([next]) => next?.answer === 'refused');
        return first?.shift() !== undefined;
      },
    );
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    waits: Waits,
    sent: Sent,
  ): Promise<Exchange> {
    const { method = '', url: path = '', headers } = request;
    // The very bytes: what reads JSON on the way may round ids.
    const body = await text(request);
    const { answer, runs, holdMs } = this.#faultFor(method, path);
    const { dispatches } = this.sandbox.record;
    const before = dispatches.length;
    const answered = runs ? this.sandbox.handle({ method, path, headers, body }) : null;
    if (method === 'POST') {
      sent.posts += 1;
      sent.ran += dispatches.length - before;
    }
    const ms = holdMs + (answered?.holdMs ?? 0);
    if (ms > 0) await this.#hold(request.socket as unknown as End, waits, ms);
    const reached = answer === 'lost' ? null : answered;
    const given = typeof answer === 'object' ? answer : reached;
    give(response, given);
    const idempotencyKey = headers['idempotency-key']?.toString() ?? null;
    return { method, path, body, idempotencyKey, status: given === null ? null : given.status };
  }

  #faultFor(method: string, path: string): Fault {
    const faults = this.#askedBy(method, path).map((asked) => this.#faults.get(asked) ?? []);
    return faults.find(({ length }) => length > 0)?.shift() ?? NONE;
  }

  async #hold(end: End, waits: Waits, ms: number): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    end.once('close', leave).isHeld = true;
    const held = (): Promise<void> => this.time.sleep(ms, gone.signal).catch(() => undefined);
    await waits.during(held);
    end.off('close', leave).isHeld = false;
  }
}

const NONE: Fault = { runs: true, answer: 'as it should', holdMs: 0 };

/** @param answer null: the connection ends without one */
function give(
  response: ServerResponse,
  answer: Pick<SandboxAnswer, 'status' | 'headers' | 'body'> | null,
): void {
  response.sendDate = false;
  if (answer) response.writeHead(answer.status, answer.headers).end(answer.body);
  else response.destroy();
}
