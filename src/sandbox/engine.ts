import type { ActionName, Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { Settings } from './options.js';
import {
  readAction,
  readId,
  readIdempotencyKey,
  readNodes,
  readPageQuery,
  readRuntime,
  Refusal,
  writeJson,
} from './requests.js';
import {
  Cloud,
  type ActionRequest,
  type DispatchedActivity,
  type SandboxDeployment,
} from './state.js';
import { fork, OPERATORS, randomText, type RandomSource, type SandboxKey } from './tenant.js';

export { type DispatchedActivity };

/** A request whose body has been read. Header names in lower case. */
export interface SandboxRequest {
  method: string;
  /** Path and query exactly as sent: nothing decoded, nothing normalised. */
  path: string;
  headers: Readonly<Record<string, string | undefined>>;
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

/** A server error or a lost connection, before or after the request runs. */
export interface Fault {
  when: 'before' | 'after';
  status: 500 | 503 | 'lost';
}
const FAULTS = [500, 503, 'lost'] as const;

type Reply = Refusal | { status: number; body?: unknown };

// Paths are matched as they were sent: one with a doubled slash, a slash at the end or an encoded
// colon is unknown.
const ROUTES = [
  {
    name: 'trigger',
    method: 'POST',
    path: /^\/deployments\/([^/]+)\/activities\/([^/]+)\/([^/]+)$/,
  },
  { name: 'list', method: 'GET', path: /^\/deployments\/([^/]+)\/activities$/ },
  { name: 'context', method: 'GET', path: /^\/tenants\/([^/]+)\/api_keys\/context$/ },
  { name: 'structure', method: 'GET', path: /^\/tenants\/([^/]+)\/structure$/ },
  {
    name: 'deployment',
    method: 'GET',
    path: /^\/tenants\/([^/]+)\/divisions\/([^/]+)\/environments\/([^/]+)\/deployments\/([^/]+)$/,
  },
] as const;

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
  readonly #faults: RandomSource;
  readonly #requestIds: RandomSource;
  #postsToDrop: number;
  readonly #kept = new Map<string, { request: string; reply: Reply; answeredAt: number }>();
  /** For each API key, how many requests it could make at once at that time. */
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(settings: Settings, url: string, random: RandomSource) {
    this.#settings = settings;
    this.#postsToDrop = settings.dropPosts;
    const times = fork(random);
    this.#faults = fork(random);
    this.#requestIds = fork(random);
    this.cloud = new Cloud(settings, url, { times, keys: fork(random), ids: fork(random) });
  }

  /** The fault of the next request, drawn by chance. */
  nextFault(method: string): Fault | undefined {
    if (method === 'POST' && this.#postsToDrop > 0) {
      this.#postsToDrop -= 1;
      return { when: 'after', status: 'lost' };
    }
    // Always three draws, so that the fault depends on the number of the request only.
    const [fails, when, status] = [this.#faults(), this.#faults(), this.#faults()];
    if (fails >= this.#settings.failRate) return undefined;
    return {
      when: when < 0.5 ? 'before' : 'after',
      status: FAULTS[Math.floor(status * FAULTS.length)] ?? 'lost',
    };
  }

  /** Answers a request. @returns null where the connection is lost */
  handle(request: SandboxRequest, fault?: Fault): SandboxAnswer | null {
    if (fault?.when === 'before' && fault.status === 'lost') return null;
    const at = this.#settings.now();
    const { path, body } = request;
    const post: PostRecord = {
      at,
      path,
      body,
      idempotency_key: null,
      outcome: 'refused',
      status: 0,
    };
    const reply = this.#reply(request, post, fault);
    post.status = reply.status;
    if (request.method === 'POST') this.record.posts.push(post);
    else this.record.reads += 1;
    if (fault?.status === 'lost') return null;
    const requestId = randomText(this.#requestIds, '0123456789abcdef', 32);
    const answer = render(reply, at, requestId, !fault && post.outcome === 'replayed');
    return { ...answer, holdMs: post.outcome === 'accepted' ? this.#settings.answerMs : 0 };
  }

  /** What the client gets. With a fault after it, the request has had its effect. */
  #reply(request: SandboxRequest, post: PostRecord, fault: Fault | undefined): Reply {
    const done =
      fault?.when === 'before' ? failure(500) : asReply(() => this.#answer(request, post));
    return fault && fault.status !== 'lost' ? failure(fault.status) : done;
  }

  /** @throws RangeError for an unknown node */
  dispatchAsOther({ nodes, ...what }: OthersAction): DispatchRecord {
    const other = { nodes: nodes ?? null, authorId: OPERATORS.bo, at: this.#settings.now() };
    return this.#dispatch(this.cloud.main, { ...what, ...other }, null);
  }

  #answer(request: SandboxRequest, post: PostRecord): Reply {
    const mark = request.path.indexOf('?');
    const path = mark < 0 ? request.path : request.path.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : request.path.slice(mark + 1));
    const route = ROUTES.find((one) => one.method === request.method && one.path.test(path));
    if (!route) throw new Refusal('not_found', `There is nothing at ${request.method} ${path}.`);
    const [, first = '', ...rest] = route.path.exec(path) ?? [];
    const key = this.#authenticate(request.headers['ld-api-key']);
    this.#limit(key.value, post.at);
    if (route.name === 'trigger') return this.#triggerOnce([first, ...rest], key, request, post);
    if (route.name === 'list') {
      const { page, results } = readPageQuery(query);
      return { status: 200, body: this.#deployment(first).read(page, results, post.at) };
    }
    return { status: 200, body: this.#core(route.name, first, rest, key) };
  }

  /** What the Core API says of a tenant. */
  #core(name: string, tenant: string, rest: readonly string[], key: SandboxKey) {
    if (readId(tenant, 'tenant_id') !== this.cloud.structure.id) {
      throw new Refusal('forbidden', `This key is not one of tenant ${tenant}.`);
    }
    if (name === 'context') return key.context;
    if (name === 'structure') {
      if (!may(key, 'tenant', 'info:read')) throw lacks('info:read', `tenant ${tenant}`);
      return this.cloud.structure;
    }
    const [division, environment, id = ''] = rest;
    const deployment = this.#deployment(id);
    const { division_id, environment_id } = deployment.where;
    if (division === String(division_id) && environment === String(environment_id)) {
      return deployment.details;
    }
    throw new Refusal('not_found', `Deployment ${id} is not in that division and environment.`);
  }

  #authenticate(value: string | undefined) {
    if (value === undefined) throw new Refusal('unauthorized', 'The ld-api-key header is missing.');
    const key = Object.values(this.cloud.keys).find((known) => known.value === value);
    if (key) return key;
    throw new Refusal('unauthorized', 'the sandbox does not know this key');
  }

  /** A token bucket for each API key, filled all the time. */
  #limit(apiKey: string, at: number) {
    const { rateLimit } = this.#settings;
    if (rateLimit === undefined) return;
    const most = Math.max(1, rateLimit);
    const bucket = this.#buckets.get(apiKey) ?? { tokens: most, at };
    const tokens = Math.min(most, bucket.tokens + ((at - bucket.at) / 1000) * rateLimit);
    this.#buckets.set(apiKey, { tokens: tokens < 1 ? tokens : tokens - 1, at });
    if (tokens >= 1) return;
    const headers = { 'retry-after': String(Math.ceil((1 - tokens) / rateLimit)) };
    throw new Refusal(
      'rate_limited',
      `More than ${rateLimit} requests a second with this key.`,
      headers,
    );
  }

  #deployment(text: string) {
    const deployment = this.cloud.deployments.get(readId(text, 'deployment_id'));
    if (deployment) return deployment;
    throw new Refusal('not_found', `There is no deployment ${text}.`);
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
    const trigger = (): Reply => this.#trigger(segments, key, request.body, post);
    if (idempotencyKey === null || this.#settings.ignoreIdempotency) return trigger();
    const name = `${key.value}\n${idempotencyKey}`;
    const same = `${request.path}\n${request.body}`;
    const kept = this.#kept.get(name);
    if (kept && post.at < kept.answeredAt + KEPT_MS) {
      if (kept.request !== same) {
        throw new Refusal(
          'idempotency_error',
          `Idempotency key ${idempotencyKey} was used with another request.`,
        );
      }
      if (post.at < kept.answeredAt) {
        throw new Refusal(
          'idempotent_request_in_progress',
          'The first request with this key is still running.',
        );
      }
      post.outcome = 'replayed';
      return kept.reply;
    }
    const reply = asReply(trigger);
    const answeredAt = post.at + (post.outcome === 'accepted' ? this.#settings.answerMs : 0);
    this.#kept.set(name, { request: same, reply, answeredAt });
    return reply;
  }

  #trigger(
    [id = '', runtime = '', verb = '']: readonly string[],
    key: SandboxKey,
    body: string,
    post: PostRecord,
  ) {
    const asked = { runtime: readRuntime(runtime), action: readAction(verb) };
    const deployment = this.#deployment(id);
    if (!may(key, 'environment', 'deployment:manage')) {
      throw lacks('deployment:manage', `deployment ${id}`);
    }
    const wanted = {
      ...asked,
      nodes: readNodes(body, deployment.nodes),
      authorId: key.context.user_id,
      at: post.at,
    };
    this.#dispatch(deployment, wanted, post.idempotency_key);
    post.outcome = 'accepted';
    return { status: 202 };
  }

  #dispatch(
    deployment: SandboxDeployment,
    wanted: ActionRequest,
    idempotencyKey: string | null,
  ): DispatchRecord {
    const entries = this.cloud.dispatch(deployment, wanted);
    const dispatch: DispatchRecord = {
      at: wanted.at,
      idempotency_key: idempotencyKey,
      runtime: wanted.runtime,
      action: wanted.action,
      activities: entries.map(({ shown: _, ...activity }) => activity),
    };
    this.record.dispatches.push(dispatch);
    return dispatch;
  }
}

function render(
  reply: Reply,
  at: number,
  requestId: string,
  replayed: boolean,
): Omit<SandboxAnswer, 'holdMs'> {
  const isRefusal = reply instanceof Refusal;
  const body = isRefusal ? reply.toProblem(requestId) : reply.body;
  const headers = {
    'ld-request': requestId,
    date: new Date(at).toUTCString(),
    ...(replayed && { 'idempotent-replayed': 'true' }),
    ...(isRefusal && reply.headers),
    ...(body !== undefined && {
      'content-type': isRefusal ? 'application/problem+json' : 'application/json',
    }),
  };
  return { status: reply.status, headers, body: body === undefined ? '' : writeJson(body) };
}

function asReply(attempt: () => Reply): Reply {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function failure(status: 500 | 503) {
  return status === 500
    ? new Refusal('internal_error', 'Internal error (the sandbox was asked to fail).')
    : new Refusal('service_unavailable', 'Unavailable (the sandbox was asked to fail).', {
        'retry-after': '1',
      });
}

/** A grant of `x:manage` includes `x:read`. */
function may(
  { context: { permissions } }: SandboxKey,
  level: 'tenant' | 'environment',
  wanted: string,
) {
  return permissions[level].some(
    (granted) => granted === wanted || granted === wanted.replace(':read', ':manage'),
  );
}

function lacks(permission: string, where: string) {
  return new Refusal('forbidden', `This key lacks the permission ${permission} on ${where}.`);
}
