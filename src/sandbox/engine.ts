import type { ActionName, Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { findNode, type NodeRef, type Settings, type Trouble } from './options.js';
import {
  readIdempotencyKey,
  readNodes,
  readPageQuery,
  Refusal,
  writeJson,
  type SandboxHeader,
} from './requests.js';
import {
  Cloud,
  type ActionRequest,
  type DispatchedActivity,
  type SandboxDeployment,
} from './state.js';
import { OPERATORS, seededRandom, type RandomSource, type SandboxKey } from './tenant.js';

/** A request whose body has been read. Header names in lower case. */
export interface SandboxRequest {
  method: string;
  /** Path and query exactly as sent: nothing decoded, nothing normalised. */
  path: string;
  headers: Readonly<Record<string, SandboxHeader>>;
  body: string;
}

export interface SandboxAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** How long the server holds the answer, in milliseconds, after the request ran. */
  holdMs: number;
}

/**
 * What the server was asked and did, also at `GET /sandbox/record`. Times are milliseconds UTC. It
 * holds no API key.
 */
export interface SandboxRecord {
  /** Every POST, in order. */
  posts: PostRecord[];
  /** Every action of a POST or of another operator, in order; without the history. */
  dispatches: DispatchRecord[];
  /** How many other requests there were, without those for this record. */
  reads: number;
}

export interface PostRecord {
  at: number;
  /** Path, query and body exactly as sent. */
  path: string;
  body: string;
  idempotency_key: string | null;
  outcome: 'accepted' | 'replayed' | 'refused';
  status: number;
}

export interface DispatchRecord {
  at: number;
  /** Null also for another operator. */
  idempotency_key: string | null;
  runtime: string;
  action: string;
  activities: DispatchedActivity[];
}

/** An action of another operator, run without a request to this server. */
export interface OthersAction {
  runtime: Runtime;
  action: ActionName;
  /** Default: every node. */
  nodes?: readonly Id[];
}

/** A server error or a lost connection. */
export interface Fault {
  /** Whether the request runs all the same. */
  runs: boolean;
  status: 500 | 503 | 'lost';
}
const FAULTS = [500, 503, 'lost'] as const;

type Reply = Refusal | { status: number; body?: unknown };

// Paths are matched as they were sent: one with a doubled slash, a slash at the end or an encoded
// colon is unknown.
const LOG = /^\/deployments\/(\d+)\/activities$/;
const TRIGGER =
  /^\/deployments\/(\d+)\/activities\/(iggy|connectors)\/(start|stop|restart|reconfigure:\d+)$/;

/** How long the first reply for an idempotency key is kept. */
const KEPT_MS = 10 * 60_000;

/**
 * A LaserData in miniature: Core and Supervisor by the contract, as a function from request to
 * answer. It refuses what the contract does not have, so that a mistake of the client is seen.
 */
export class Sandbox {
  readonly cloud: Cloud;
  readonly record: SandboxRecord = { posts: [], dispatches: [], reads: 0 };
  readonly #settings: Settings;
  readonly #random: RandomSource;
  #postsToDrop: number;
  #answers = 0n;
  readonly #kept = new Map<string, { request: string; reply: Reply; answeredAt: number }>();
  /** For each API key, when its requests would be over at the rate that it has. */
  readonly #busyUntil = new Map<SandboxKey, number>();

  constructor(settings: Settings, url: string, random: RandomSource = seededRandom(settings.seed)) {
    this.#settings = settings;
    this.#random = random;
    this.#postsToDrop = settings.dropPosts;
    this.cloud = new Cloud(settings, url, random);
  }

  /** The fault of the next request, drawn by chance. */
  nextFault(method: string): Fault | undefined {
    if (method === 'POST' && this.#postsToDrop > 0) {
      this.#postsToDrop -= 1;
      return { runs: true, status: 'lost' };
    }
    const { failRate } = this.#settings;
    if (failRate === 0 || this.#random() >= failRate) return undefined;
    const status = FAULTS[Math.floor(this.#random() * FAULTS.length)] ?? 'lost';
    return { runs: this.#random() < 0.5, status };
  }

  /** Answers a request. @returns null where the connection is lost */
  handle(request: SandboxRequest, fault?: Fault): SandboxAnswer | null {
    const { method, path, body } = request;
    const at = this.#settings.now();
    const post: PostRecord = {
      at,
      path,
      body,
      idempotency_key: null,
      outcome: 'refused',
      status: 0,
    };
    const ran = fault?.runs === false ? null : asReply(() => this.#answer(request, post));
    const reply = fault ? failure(fault.status) : ran;
    // Nothing is recorded of a request that neither ran nor got an answer.
    const recorded = reply ?? ran;
    if (!recorded) return null;
    post.status = recorded.status;
    if (method === 'POST') this.record.posts.push(post);
    else this.record.reads += 1;
    return reply && this.#render(reply, post);
  }

  #render(reply: Reply, { at, outcome }: PostRecord): SandboxAnswer {
    this.#answers += 1n;
    const requestId = this.#answers.toString(16).padStart(32, '0');
    const isRefusal = reply instanceof Refusal;
    const body = isRefusal ? reply.toProblem(requestId) : reply.body;
    const headers = {
      'ld-request': requestId,
      date: new Date(at).toUTCString(),
      'content-type': isRefusal ? 'application/problem+json' : 'application/json',
      ...(outcome === 'replayed' && { 'idempotent-replayed': 'true' }),
      ...(isRefusal && reply.headers),
    };
    return {
      status: reply.status,
      headers,
      body: body === undefined ? '' : writeJson(body),
      holdMs: outcome === 'accepted' ? this.#settings.answerMs : 0,
    };
  }

  /** From now on. @throws RangeError for an unknown node */
  setTrouble(ref: NodeRef, trouble: Trouble | undefined): void {
    const node = this.cloud.main.nodes.get(findNode(ref, this.#settings.nodes, 'node'));
    if (node) node.trouble = trouble;
  }

  /** @throws RangeError for an unknown node */
  dispatchAsOther({ nodes, ...what }: OthersAction): DispatchRecord {
    const named = nodes?.map((id) => findNode(id, this.#settings.nodes, 'nodes')) ?? null;
    const other = { nodes: named, authorId: OPERATORS.bo, at: this.#settings.now() };
    return this.#dispatch(this.cloud.main, { ...what, ...other }, null);
  }

  #answer(request: SandboxRequest, post: PostRecord): Reply {
    const [path = '', query] = request.path.split(/\?(.*)/s);
    const key = this.#authenticate(request.headers['ld-api-key']);
    this.#limit(key, post.at);
    if (request.method === 'POST') {
      const trigger = TRIGGER.exec(path);
      if (trigger) return this.#triggerOnce(trigger, key, request, post);
    } else if (request.method === 'GET') {
      const [, id] = LOG.exec(path) ?? [];
      if (id === undefined) return { status: 200, body: this.#core(path, key) };
      const { page, results } = readPageQuery(new URLSearchParams(query));
      return { status: 200, body: this.#deploymentWithId(id).read(page, results, post.at) };
    }
    throw nothingAt(path);
  }

  /** What the Core API says of a tenant. */
  #core(path: string, key: SandboxKey) {
    const { structure, deployments } = this.cloud;
    const [, tenant] = /^\/tenants\/(\d+)\//.exec(path) ?? [];
    if (tenant !== undefined && tenant !== String(structure.id)) {
      throw new Refusal('forbidden', `This key is not one of tenant ${tenant}.`);
    }
    if (path === `/tenants/${structure.id}/api_keys/context`) return key.context;
    if (path === `/tenants/${structure.id}/structure`) {
      const isReadable = key.context.permissions.tenant.some((granted) => /^info:/.test(granted));
      if (!isReadable) throw lacks('info:read', `tenant ${tenant}`);
      return structure;
    }
    const deployment = deployments.find((one) => one.path === path);
    if (deployment) return deployment.details;
    throw nothingAt(path);
  }

  #authenticate(value: SandboxHeader) {
    const key = Object.values(this.cloud.keys).find((known) => known.value === value);
    if (key) return key;
    throw new Refusal('unauthorized', 'the sandbox does not know this key');
  }

  /** Allows each key a burst of one second's requests. */
  #limit(key: SandboxKey, at: number) {
    const { rateLimit } = this.#settings;
    const eachMs = 1000 / rateLimit;
    const begin = Math.max(this.#busyUntil.get(key) ?? 0, at - Math.max(1000, eachMs));
    const waitMs = begin + eachMs - at;
    if (waitMs > 0) {
      const reason = `More than ${rateLimit} requests a second with this key.`;
      throw new Refusal('rate_limited', reason, { 'retry-after': `${Math.ceil(waitMs / 1000)}` });
    }
    this.#busyUntil.set(key, begin + eachMs);
  }

  #deploymentWithId(id: string) {
    const deployment = this.cloud.deployments.find(({ summary }) => summary.id === BigInt(id));
    if (deployment) return deployment;
    throw new Refusal('not_found', `There is no deployment ${id}.`);
  }

  /**
   * The first reply for an idempotency key is kept and replayed, a refusal too. The contract leaves
   * open whether the path belongs to "the same request": here it does.
   */
  #triggerOnce(
    segments: readonly string[],
    key: SandboxKey,
    request: SandboxRequest,
    post: PostRecord,
  ): Reply {
    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    post.idempotency_key = idempotencyKey;
    const trigger = (): Reply => this.#trigger(segments, key, post);
    if (idempotencyKey === null || this.#settings.ignoreIdempotency) return trigger();
    const name = `${key.value}\n${idempotencyKey}`;
    const same = `${request.path}\n${request.body}`;
    const kept = this.#kept.get(name);
    if (kept && post.at < kept.answeredAt + KEPT_MS) {
      if (kept.request !== same) {
        const reason = `Idempotency key ${idempotencyKey} was used with another request.`;
        throw new Refusal('idempotency_error', reason);
      }
      if (post.at < kept.answeredAt) {
        const reason = 'The first request with this key is still running.';
        throw new Refusal('idempotent_request_in_progress', reason);
      }
      post.outcome = 'replayed';
      return kept.reply;
    }
    const reply = asReply(trigger);
    const answeredAt = post.at + (post.outcome === 'accepted' ? this.#settings.answerMs : 0);
    this.#kept.set(name, { request: same, reply, answeredAt });
    return reply;
  }

  #trigger([, id = '', runtime, action]: readonly string[], key: SandboxKey, post: PostRecord) {
    const deployment = this.#deploymentWithId(id);
    const { permissions, user_id: authorId } = key.context;
    if (!permissions.environment.includes('deployment:manage')) {
      throw lacks('deployment:manage', `deployment ${id}`);
    }
    const nodes = readNodes(post.body, deployment.nodes);
    const asked = { runtime: runtime as Runtime, action: action as ActionName, nodes };
    this.#dispatch(deployment, { ...asked, authorId, at: post.at }, post.idempotency_key);
    post.outcome = 'accepted';
    return { status: 202 };
  }

  #dispatch(
    deployment: SandboxDeployment,
    wanted: ActionRequest,
    idempotency_key: string | null,
  ): DispatchRecord {
    const { at, runtime, action } = wanted;
    const activities = this.cloud.dispatch(deployment, wanted);
    const dispatch = { at, idempotency_key, runtime, action, activities };
    this.record.dispatches.push(dispatch);
    return dispatch;
  }
}

function asReply(attempt: () => Reply): Reply {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Null for no answer. */
function failure(status: Fault['status']) {
  if (status === 'lost') return null;
  const code = status === 500 ? 'internal_error' : 'service_unavailable';
  return new Refusal(code, 'The sandbox was asked to fail.', { 'retry-after': '1' });
}

function nothingAt(path: string) {
  return new Refusal('not_found', `There is nothing at ${path}.`);
}

function lacks(permission: string, where: string) {
  return new Refusal('forbidden', `This key lacks the permission ${permission} on ${where}.`);
}
