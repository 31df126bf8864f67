import { type Action, type Runtime } from '../base/activity.js';
import { type Id } from '../base/ids.js';
import { postRecord, render } from './answers.js';
import { Api } from './api.js';
import { Cloud } from './cloud.js';
import { newTrace, type Exchange, type Reply, type Stamp } from './exchange.js';
import { type KeyRing } from './keys.js';
import { type SandboxAnswer, type SandboxRequest } from './message.js';
import { type Trouble } from './nodes.js';
import { type SandboxOptions } from './options.js';
import { Refusal } from './problems.js';
import { fork, randomText, type RandomSource } from './random.js';
import { type DispatchRecord, type SandboxRecord } from './record.js';
import { OPERATORS } from './tenant.js';

/** A fault of the server's own, before or after it has carried out what it was asked. */
export interface Failure {
  when: 'before' | 'after';
  status: 500 | 503;
}

/** An action of another operator's, carried out past the API. */
export interface OthersAction {
  runtime: Runtime;
  action: Action;
  /** Default: every node. */
  nodes?: readonly Id[];
  /** Default: the main deployment. */
  deploymentId?: Id;
  /** Default: an operator other than the admin key's. */
  authorId?: Id;
}

/**
 * A LaserData in miniature: Core and Supervisor per the contract, as one function from request to answer. What the
 * contract does not have it refuses, so that a client's mistake is seen. Nothing in it waits: statuses are derived from
 * the time.
 */
export class Sandbox {
  readonly baseUrl: string;
  readonly tenantId: Id;
  /** The main deployment, which the options speak of. */
  readonly deploymentId: Id;
  /** The main deployment's nodes, by ordinal. */
  readonly nodes: readonly Id[];
  /** Its keys by label; `value` is the secret. */
  readonly keys: KeyRing;
  readonly record: SandboxRecord = { posts: [], dispatches: [], reads: 0 };

  readonly #now: () => number;
  readonly #random: RandomSource;
  readonly #answerMs: number;
  readonly #cloud: Cloud;
  readonly #api: Api;

  constructor(options: SandboxOptions) {
    this.#now = options.now;
    this.#random = fork(options.random);
    this.#answerMs = options.answerMs ?? 0;
    this.#cloud = new Cloud(options);
    this.#api = new Api(this.#cloud, options);
    this.baseUrl = options.baseUrl;
    this.tenantId = this.#cloud.structure.id;
    this.deploymentId = this.#cloud.main.scope.deploymentId;
    this.nodes = [...this.#cloud.main.nodes.keys()];
    this.keys = this.#cloud.keys;
  }

  /**
   * Answers a request at this moment. With a `failure` the answer is that, and `when` says whether the request was
   * carried out all the same.
   */
  handle(request: SandboxRequest, failure?: Failure): SandboxAnswer {
    const exchange = { request, trace: newTrace(), stamp: this.#stamp() };
    if (failure?.when === 'before') return this.#respond(exchange, fault(failure));
    const reply = this.#api.answer(exchange);
    return failure ? this.#respond(exchange, fault(failure)) : this.#respond(exchange, reply, exchange.trace.replayed);
  }

  /** The answer to a request that is not for this server: it is refused unread, and not recorded. */
  refuse(refusal: Refusal): SandboxAnswer {
    return { ...render(refusal, this.#stamp()), holdMs: 0 };
  }

  /** Another operator acts: entries in the log that no client asked for. @throws RangeError for an unknown node */
  dispatchAsOther(others: OthersAction): DispatchRecord {
    const deployment = this.#cloud.deployment(others.deploymentId ?? this.deploymentId);
    const wanted = {
      runtime: others.runtime,
      action: others.action,
      nodes: others.nodes ?? null,
      authorId: others.authorId ?? OPERATORS.bo,
      at: this.#now(),
    };
    const dispatch = this.#cloud.dispatch(deployment, wanted, null);
    this.record.dispatches.push(dispatch);
    return dispatch;
  }

  /** What is wrong with a node of the main deployment from now on; undefined heals it. @throws RangeError */
  setTrouble(node: Id, trouble: Trouble | undefined): void {
    this.#cloud.main.node(node).trouble = trouble;
  }

  #stamp(): Stamp {
    return { at: this.#now(), requestId: randomText(this.#random, '0123456789abcdef', 32) };
  }

  #respond(exchange: Exchange, reply: Reply, replayed = false): SandboxAnswer {
    const { request, trace, stamp } = exchange;
    if (trace.dispatch) this.record.dispatches.push(trace.dispatch);
    if (request.method === 'POST') this.record.posts.push(postRecord(exchange, reply));
    else this.record.reads += 1;
    return { ...render(reply, stamp, replayed), holdMs: trace.dispatch ? this.#answerMs : 0 };
  }
}

function fault({ status }: Failure): Refusal {
  return status === 500
    ? new Refusal('internal_error', 'Something went wrong here (the sandbox was told so).')
    : new Refusal('service_unavailable', 'Not now (the sandbox was told so).', { headers: { 'retry-after': '1' } });
}
