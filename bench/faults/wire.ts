import { readAccepted, readActivityPage } from '../../src/api/answers.js';
import { linkedController } from '../../src/base/abort.js';
import type { Signal } from '../../src/base/clock.js';
import { TransportError } from '../../src/base/errors.js';
import { type Id } from '../../src/base/ids.js';
import {
  type Accepted,
  type ActivityPage,
  type CallOptions,
  type PageQuery,
  type Supervisor,
  type WireTrigger,
} from '../../src/base/supervisor.js';
import { type Sandbox } from './sandbox.js';
import { type SandboxAnswer, type SandboxRequest } from './sandbox.js';
import { type VirtualClock } from '../../test/helpers/clock.js';
import { type Dice } from './dice.js';
import { drawPostFault, drawReadFault, falsified, type PostFault, type ReadFault } from './faults.js';
import { lost, Requests, withTries, type Reply } from './requests.js';
import { type Scenario } from './scenario.js';

/** How long the client waits for an answer (design, "Network"). */
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * The wire between one client and the sandbox, in virtual time: it loses, delays, doubles and falsifies. What was sent
 * goes on its way whatever becomes of the client. Answers are read by the code that reads real ones.
 */
export class Wire {
  readonly #sandbox: Sandbox;
  readonly #clock: VirtualClock;
  readonly #scenario: Scenario;
  readonly #posts: Dice;
  readonly #reads: Dice;
  readonly #requests: Requests;
  readonly #began: number;
  /** What happened to each POST, for `--seed`. */
  readonly trail: string[] = [];
  /** Requests that have not reached the server yet. */
  underway = 0;
  /** POSTs that reached the server, of which the client was not told what it did. */
  misled = 0;

  /** @param began when the first run begins: the spans of the scenario count from there */
  constructor(sandbox: Sandbox, clock: VirtualClock, began: number, scenario: Scenario, dice: Dice) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.#scenario = scenario;
    this.#posts = dice.fork();
    this.#reads = dice.fork();
    this.#requests = new Requests(sandbox, clock);
    this.#began = began;
  }

  /** The wire as one run of the client uses it. `onCarriedOut` is called when a POST of that run is carried out. */
  supervisor(onCarriedOut: () => void): Supervisor {
    return {
      trigger: (request, options) => this.#trigger(request, options?.signal, onCarriedOut),
      list: (_deploymentId, query, options) => this.#list(query, options ?? {}),
    };
  }

  /** The nodes that the newest page of the log names, undisturbed. */
  namedNodes(): Set<Id> {
    const query = { page: 1, results: 100 };
    const request = this.#requests.list(query);
    const page = readActivityPage(this.#requests.received(request, this.#sandbox.handle(request)), query);
    return new Set(page.items.map((item) => item.node_id));
  }

  async #trigger(request: WireTrigger, signal: Signal | undefined, onCarriedOut: () => void): Promise<Accepted> {
    signal?.throwIfAborted();
    const { wire, server } = this.#scenario;
    const elapsedMs = this.#clock.actual() - this.#began;
    const fault: PostFault =
      wire.throttledMs !== null && elapsedMs < wire.throttledMs
        ? { kind: 'answer', status: 429, retryAfterS: Math.ceil((wire.throttledMs - elapsedMs) / 1000) }
        : drawPostFault(this.#posts, wire.postFaults, server.idempotency !== 'off');
    this.#log(`POST ${request.wireKey.slice(-8)} ${JSON.stringify(fault)}`);
    if (fault.kind === 'refused') throw new TransportError('refused', 'connection refused', { sent: 'no' });

    const asSent = this.#requests.trigger(request);
    const up = this.#delay(this.#posts);
    const deliver = (afterMs: number): Promise<SandboxAnswer> => this.#deliver(asSent, afterMs, onCarriedOut);
    const untold = (afterMs: number): Promise<SandboxAnswer> => {
      this.misled++;
      return deliver(afterMs);
    };
    switch (fault.kind) {
      case 'none':
        return readAccepted(this.#requests.received(asSent, await this.#answered(deliver(up), signal)));
      case 'lost':
        if (fault.carriedOut) void untold(up);
        await this.#clock.sleep(fault.timeout ? REQUEST_TIMEOUT_MS : up + 1, signal);
        throw lost(fault.timeout);
      case 'late':
        void untold(up + fault.ms);
        await this.#clock.sleep(up, signal);
        throw lost(false);
      case 'twice': {
        const first = deliver(up);
        const second = deliver(up + fault.apartMs);
        if (fault.answer === 'none') {
          await this.#clock.sleep(up + fault.apartMs, signal);
          throw lost(false);
        }
        const answer = await this.#answered(fault.answer === 'first' ? first : second, signal);
        return readAccepted(this.#requests.received(asSent, answer));
      }
      case 'answer': {
        const reply = falsified(fault, this.#requests.secret, this.#clock.actual() + server.skewMs);
        if (fault.carriedOut) void untold(up);
        await this.#clock.sleep(up + this.#delay(this.#posts), signal);
        return readAccepted(this.#requests.received(asSent, reply));
      }
    }
  }

  #list(query: PageQuery, options: CallOptions): Promise<ActivityPage> {
    return withTries(() => this.#read(query, options.signal), this.#clock, this.#reads.random, options);
  }

  async #read(query: PageQuery, signal: Signal | undefined): Promise<ActivityPage> {
    signal?.throwIfAborted();
    const { wire, server } = this.#scenario;
    const request = this.#requests.list(query);
    const fault = this.#unreadable() ?? drawReadFault(this.#reads, wire.readFaults);
    await this.#clock.sleep(this.#delay(this.#reads), signal);
    if (fault.kind === 'lost') {
      await this.#clock.sleep(fault.timeout ? REQUEST_TIMEOUT_MS : 1, signal);
      throw lost(fault.timeout);
    }
    const reply: Reply =
      fault.kind === 'answer'
        ? falsified(fault, this.#requests.secret, this.#clock.actual() + server.skewMs)
        : spoiled(this.#sandbox.handle(request), fault);
    await this.#clock.sleep(this.#delay(this.#reads), signal);
    return readActivityPage(this.#requests.received(request, reply), query);
  }

  #unreadable(): ReadFault | null {
    const elapsedMs = this.#clock.actual() - this.#began;
    const span = this.#scenario.wire.unreadable.find(({ fromMs, toMs }) => fromMs <= elapsedMs && elapsedMs < toMs);
    if (!span) return null;
    if (span.how === 'lost') return { kind: 'lost', timeout: false };
    return { kind: 'answer', status: span.how === 'denied' ? 403 : 503 };
  }

  /** The request reaches the server after `ms`, whatever the client does by then. */
  async #deliver(request: SandboxRequest, ms: number, onCarriedOut: () => void): Promise<SandboxAnswer> {
    this.underway++;
    await this.#clock.sleep(ms);
    this.underway--;
    const { dispatches } = this.#sandbox.record;
    const before = dispatches.length;
    const answer = this.#sandbox.handle(request);
    if (dispatches.length > before) onCarriedOut();
    this.#log(`  reached the server: ${answer.status}${dispatches.length > before ? ', carried out' : ''}`);
    return answer;
  }

  /** Waits for an answer as a client does: until it comes, the time is over, or the client is stopped. */
  async #answered(delivery: Promise<SandboxAnswer>, signal: Signal | undefined): Promise<SandboxAnswer> {
    const { controller: waited, release } = linkedController(signal);
    const ended = waited.signal;
    const comes = delivery.then(async (answer) => {
      await this.#clock.sleep(answer.holdMs + this.#delay(this.#posts), ended);
      return answer;
    });
    const timeout = this.#clock.sleep(REQUEST_TIMEOUT_MS, ended).then(() => {
      throw lost(true);
    });
    comes.catch(() => undefined);
    timeout.catch(() => undefined);
    try {
      return await Promise.race([comes, timeout]);
    } finally {
      release();
      waited.abort(new Error('no longer awaited'));
    }
  }

  #delay(dice: Dice): number {
    return dice.between(0, this.#scenario.wire.delayMs);
  }

  #log(what: string): void {
    this.trail.push(`${((this.#clock.actual() - this.#began) / 1000).toFixed(1)}s ${what}`);
  }
}

/** A page of the log that was cut off, or whose totals lie. */
function spoiled(answer: SandboxAnswer, fault: ReadFault): Reply {
  if (fault.kind === 'cut') return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length * 0.7)) };
  if (fault.kind === 'lie') return { ...answer, body: answer.body.replace(/"total_pages":\d+/, '"total_pages":9') };
  if (fault.kind === 'null') return { ...answer, body: answer.body.replace(/"items":\[.*\]/s, '"items":null') };
  return answer;
}
