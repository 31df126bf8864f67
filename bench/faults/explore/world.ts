import { readAccepted, readActivityPage } from '../../../src/api/answers.js';
import { type Action } from '../../../src/base/activity.js';
import { type Id } from '../../../src/base/ids.js';
import { type Signal } from '../../../src/base/clock.js';
import { type Accepted, type ActivityPage, type PageQuery, type WireTrigger } from '../../../src/base/supervisor.js';
import { Sandbox, type OthersAction } from '../sandbox.js';
import { type SandboxAnswer, type SandboxRequest } from '../sandbox.js';
import { type Timing } from '../sandbox.js';
import { type DispatchRecord } from '../sandbox.js';
import { type VirtualClock } from '../../../test/helpers/clock.js';
import { type ClientProcess } from '../client.js';
import { type FalseAnswer, falsified } from '../faults.js';
import { lost, Requests } from '../requests.js';
import { readKnownPage } from './known-pages.js';
import { type GetFault, type PostFault, type WorldFault } from './plan.js';
import { type Setting } from './setting.js';

export const RUNTIME = 'iggy';
export const ACTION: Action = { verb: 'restart' };

const HOUR_MS = 3_600_000;
const FORWARD_MS = 10_000;
/** Longer than the server remembers a key. */
export const ABSENCE_MS = 11 * 60_000;

/** One way, ms. */
const ON_THE_WAY_MS = 20;
/** How long the client waits for an answer (design, "Network"). */
const REQUEST_TIMEOUT_MS = 15_000;
const USUAL: Timing = { appearMs: 200, workMs: 1000 };
const AT_ONCE: Timing = { appearMs: 0, workMs: 300 };

/** A server, the wire to it, and another operator. What is sent goes on its way whatever becomes of the client. */
export class World {
  readonly sandbox: Sandbox;
  readonly requests: Requests;
  readonly #setting: Setting;
  readonly #clock: VirtualClock;
  readonly #arrivals = new Set<() => void>();
  #timing: (node: Id) => Timing = () => USUAL;

  constructor(setting: Setting, clock: VirtualClock) {
    this.#setting = setting;
    this.#clock = clock;
    this.sandbox = new Sandbox({
      nodes: setting.nodes,
      history: setting.nodes.length,
      idempotency: setting.idempotency,
      now: () => clock.actual(),
      random: () => 0.5,
      baseUrl: 'https://supervisor.example',
      timing: (node) => this.#timing(node),
    });
    this.requests = new Requests(this.sandbox, clock);
    for (let entry = 0; entry < setting.busyEntries; entry++) {
      this.#dispatchAsOther({ runtime: 'connectors', action: { verb: 'start' }, nodes: [setting.nodes[0]] });
    }
  }

  /** What the client's POSTs made the server carry out. */
  get own(): DispatchRecord[] {
    return this.sandbox.record.dispatches.filter(({ idempotency_key }) => idempotency_key !== null);
  }

  /** What another operator did to the same nodes. */
  get rivals(): DispatchRecord[] {
    return this.sandbox.record.dispatches.filter(
      ({ idempotency_key, runtime }) => idempotency_key === null && runtime === RUNTIME,
    );
  }

  /** What happens to a process, or all around it. */
  happen(fault: WorldFault, process: ClientProcess): void {
    switch (fault) {
      case 'rival':
        this.#rival();
        break;
      case 'clock-back':
        this.#clock.jumpWall(-HOUR_MS);
        break;
      case 'clock-forward':
        this.#clock.jumpWall(FORWARD_MS);
        break;
      case 'sleep':
        // What has left the machine arrives meanwhile.
        for (const arrive of this.#arrivals) arrive();
        this.#clock.shut(ABSENCE_MS);
        break;
      case 'stopped':
        process.standStill(ABSENCE_MS);
        break;
      case 'kill':
        process.kill();
    }
  }

  /** @throws as `Supervisor.trigger` does */
  async post(trigger: WireTrigger, fault: PostFault | undefined): Promise<Accepted> {
    const request = this.requests.trigger(trigger);
    const carryOut = (afterMs = ON_THE_WAY_MS): Promise<SandboxAnswer> => this.#deliver(request, afterMs);
    switch (fault) {
      case 'lost-before':
        return this.#lose();
      case 'lost-after':
        void carryOut();
        return this.#lose();
      case 'late':
        void carryOut(this.#setting.lateRequestMs);
        return this.#lose();
      case '503-after':
        return this.#answerFalsely(request, { kind: 'answer', status: 503, html: true }, carryOut());
      case '499-after':
        return this.#answerFalsely(request, { kind: 'answer', status: 499, html: true }, carryOut());
      case 'redirect-after':
        return this.#answerFalsely(request, { kind: 'answer', status: 307 }, carryOut());
      case '429':
        return this.#answerFalsely(request, { kind: 'answer', status: 429, retryAfterS: 3 });
      case '403':
        return this.#answerFalsely(request, { kind: 'answer', status: 403 });
      case 'entry-late':
      case 'entry-never':
      case 'stuck':
      case undefined: {
        const answer = await this.#deliver(request, ON_THE_WAY_MS, fault);
        await this.#clock.sleep(ON_THE_WAY_MS);
        return readAccepted(this.requests.received(request, answer));
      }
    }
  }

  /** @throws as `Supervisor.list` does */
  async read(query: PageQuery, fault: GetFault | undefined, signal: Signal | undefined): Promise<ActivityPage> {
    const request = this.requests.list(query);
    await this.#clock.sleep(ON_THE_WAY_MS, signal);
    const answer = this.sandbox.handle(request);
    await this.#clock.sleep(fault === 'late' ? REQUEST_TIMEOUT_MS : ON_THE_WAY_MS, signal);
    if (fault === 'late' || fault === 'lost') throw lost(fault === 'late');
    if (fault === 'cut') answer.body = answer.body.slice(0, answer.body.length / 2);
    const spoiled = fault === '503' ? { status: 503 } : fault === '429' ? { status: 429, retryAfterS: 3 } : null;
    if (fault) {
      const reply = spoiled ? this.#false({ kind: 'answer', ...spoiled }) : answer;
      return readActivityPage(this.requests.received(request, reply), query);
    }
    return readKnownPage(this.requests.received(request, answer), query);
  }

  /** The node that the faults are about: of all, the one of which the log said something the longest ago. */
  get #victim(): Id {
    return this.#setting.nodes.at(-1) ?? this.#setting.nodes[0];
  }

  /** The node is quick with it, also where the client's own is still on its way to it. */
  #rival(): void {
    const now = this.#clock.actual();
    const ends = this.own.flatMap(({ activities }) =>
      activities.map(({ node_id, finishes_at }) => (node_id === this.#victim ? finishes_at : null)),
    );
    const busyMs = Math.max(0, ...ends.map((end) => (end ?? now) - now));
    this.#dispatchAsOther(
      { runtime: RUNTIME, action: ACTION, nodes: [this.#victim] },
      { ...AT_ONCE, workMs: AT_ONCE.workMs - busyMs },
    );
  }

  async #lose(): Promise<never> {
    await this.#clock.sleep(2 * ON_THE_WAY_MS);
    throw lost(false);
  }

  async #answerFalsely(request: SandboxRequest, fault: FalseAnswer, meanwhile?: Promise<unknown>): Promise<Accepted> {
    await meanwhile;
    await this.#clock.sleep(ON_THE_WAY_MS);
    return readAccepted(this.requests.received(request, this.#false(fault)));
  }

  #false(fault: FalseAnswer): ReturnType<typeof falsified> {
    return falsified(fault, this.requests.secret, this.#clock.actual());
  }

  /** The request reaches the server after `ms`, or as soon as the client's machine is shut. */
  #deliver(
    request: SandboxRequest,
    ms: number,
    fault?: 'entry-late' | 'entry-never' | 'stuck',
  ): Promise<SandboxAnswer> {
    return new Promise((resolve) => {
      const arrive = (): void => {
        if (this.#arrivals.delete(arrive)) resolve(this.#handle(request, fault));
      };
      this.#arrivals.add(arrive);
      void this.#clock.sleep(ms).then(arrive);
    });
  }

  #handle(request: SandboxRequest, fault: 'entry-late' | 'entry-never' | 'stuck' | undefined): SandboxAnswer {
    const late = { ...USUAL, appearMs: this.#setting.lateEntryMs };
    this.#timing = (node) => (fault === 'entry-late' && node === this.#victim ? late : USUAL);
    const trouble = fault === 'entry-never' ? 'missing' : fault === 'stuck' ? 'stuck' : undefined;
    this.sandbox.setTrouble(this.#victim, trouble);
    const answer = this.sandbox.handle(request);
    this.sandbox.setTrouble(this.#victim, undefined);
    return answer;
  }

  #dispatchAsOther(others: OthersAction, timing = AT_ONCE): void {
    this.#timing = () => timing;
    this.sandbox.dispatchAsOther(others);
  }
}
