import { type Id } from '../core/ids.js';
import { authenticate, holds, visibleStructure } from './access.js';
import { type Cloud } from './cloud.js';
import { actionName, type SandboxDeployment } from './deployment.js';
import { IdempotencyStore } from './idempotency.js';
import { type KeyLabel, type SandboxKey } from './keys.js';
import { type SandboxRequest } from './message.js';
import { type SandboxOptions } from './options.js';
import { Refusal } from './problems.js';
import { RateLimit } from './rate-limit.js';
import { type DispatchRecord } from './record.js';
import { findRoute, type Route } from './routes.js';
import { readAction, readIdempotencyKey, readNodes, readPageQuery, readPathId, readRuntime } from './validate.js';

/** What is answered when it is not a refusal. */
export interface Success {
  status: number;
  /** None: an empty body. */
  body?: unknown;
}
export type Outcome = Success | Refusal;

/** What was understood of a request, as far as it got; the record of a POST is made from it. */
export interface Trace {
  key: KeyLabel | null;
  idempotencyKey: string | null;
  deploymentId: Id | null;
  runtime: string | null;
  action: string | null;
  nodes: Id[] | null;
  replayed: boolean;
  /** What was carried out. */
  dispatch: DispatchRecord | null;
}

export function newTrace(): Trace {
  return {
    key: null,
    idempotencyKey: null,
    deploymentId: null,
    runtime: null,
    action: null,
    nodes: null,
    replayed: false,
    dispatch: null,
  };
}

/** The calls of the contract, and what every one of them checks first. */
export class Api {
  readonly #cloud: Cloud;
  readonly #options: SandboxOptions;
  readonly #idempotency: IdempotencyStore<Outcome>;
  readonly #rateLimit: RateLimit | undefined;

  constructor(cloud: Cloud, options: SandboxOptions) {
    this.#cloud = cloud;
    this.#options = options;
    this.#idempotency = new IdempotencyStore(options.idempotency ?? 'path-and-body');
    this.#rateLimit = options.rateLimit === undefined ? undefined : new RateLimit(options.rateLimit);
  }

  /** Answers what arrived at `at` (ms UTC), noting in `trace` what it is about. Refuses by a returned `Refusal`. */
  answer(request: SandboxRequest, at: number, trace: Trace): Outcome {
    return refusalAsOutcome(() => {
      const route = findRoute(request.method, request.path);
      const key = authenticate(this.#cloud.keys, request, at);
      trace.key = key.label;
      this.#rateLimit?.take(key.value, at);
      switch (route.name) {
        case 'trigger':
          return this.#triggerOnce(route, request, key, at, trace);
        case 'list':
          return this.#list(route, key, at);
        case 'context':
          return this.#context(route, key);
        case 'structure':
          return this.#structure(route, key);
        case 'deployment':
          return this.#deployment(route, key);
      }
    });
  }

  /**
   * The first outcome per idempotency key is kept and replayed, whichever way it went; without a key the request is
   * carried out (contract, "Shared by both").
   */
  #triggerOnce(route: TriggerRoute, request: SandboxRequest, key: SandboxKey, at: number, trace: Trace): Outcome {
    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    trace.idempotencyKey = idempotencyKey;
    if (idempotencyKey === null) return this.#trigger(route, request, key, at, trace);
    const slot = { apiKey: key.value, idempotencyKey, path: request.path, body: request.body };
    const kept = this.#idempotency.replay(slot, at);
    if (kept) {
      trace.replayed = true;
      return kept;
    }
    const outcome = refusalAsOutcome(() => this.#trigger(route, request, key, at, trace));
    this.#idempotency.keep(slot, outcome, at + (trace.dispatch ? (this.#options.answerMs ?? 0) : 0));
    return outcome;
  }

  #trigger(route: TriggerRoute, request: SandboxRequest, key: SandboxKey, at: number, trace: Trace): Success {
    const runtime = (trace.runtime = readRuntime(route.runtime));
    const action = readAction(route.action);
    trace.action = actionName(action);
    const deployment = this.#visible(route.deployment, key);
    trace.deploymentId = deployment.place.deploymentId;
    if (!holds(key.context, 'deployment:manage', deployment.place)) {
      const reason = `This key lacks the permission deployment:manage on deployment ${route.deployment}.`;
      throw new Refusal('forbidden', reason);
    }
    const nodes = readNodes(request.body, deployment.nodes);
    trace.nodes = nodes;
    const order = { authorId: key.authorId, runtime, action, nodes, at };
    trace.dispatch = this.#cloud.dispatch(deployment, order, trace.idempotencyKey);
    return { status: 202 };
  }

  #list(route: ListRoute, key: SandboxKey, at: number): Success {
    const { page, results } = readPageQuery(route.query);
    return { status: 200, body: this.#visible(route.deployment, key).log.read(page, results, at) };
  }

  #context(route: TenantRoute, { context }: SandboxKey): Success {
    this.#checkTenant(route.tenant);
    if (this.#options.contextShape !== 'nested') return { status: 200, body: context };
    const { permissions, ...key } = context;
    return { status: 200, body: { api_key: key, permissions } };
  }

  #structure(route: TenantRoute, { context }: SandboxKey): Success {
    this.#checkTenant(route.tenant);
    return { status: 200, body: visibleStructure(context, this.#cloud.structure) };
  }

  #deployment(route: DeploymentRoute, key: SandboxKey): Success {
    this.#checkTenant(route.tenant);
    const deployment = this.#visible(route.deployment, key);
    const { divisionId, environmentId } = deployment.place;
    if (
      readPathId(route.division, 'division_id') !== divisionId ||
      readPathId(route.environment, 'environment_id') !== environmentId
    ) {
      throw new Refusal('not_found', `Deployment ${route.deployment} is not in that division and environment.`);
    }
    return { status: 200, body: deployment.details };
  }

  /** Unknown and invisible are the same to the caller (contract, "Shared by both"). */
  #visible(text: string, key: SandboxKey): SandboxDeployment {
    const deployment = this.#cloud.find(readPathId(text, 'deployment_id'));
    if (deployment && holds(key.context, 'deployment:read', deployment.place)) return deployment;
    throw new Refusal('not_found', `There is no deployment ${text}, or this key may not see it.`);
  }

  /** @throws Refusal 403 for a tenant that is not the key's (contract, "Core: which deployments are there") */
  #checkTenant(text: string): void {
    if (readPathId(text, 'tenant_id') === this.#cloud.structure.id) return;
    throw new Refusal('forbidden', `This key is not one of tenant ${text}.`);
  }
}

type TriggerRoute = Extract<Route, { name: 'trigger' }>;
type ListRoute = Extract<Route, { name: 'list' }>;
type DeploymentRoute = Extract<Route, { name: 'deployment' }>;
type TenantRoute = Extract<Route, { name: 'context' | 'structure' }>;

function refusalAsOutcome(attempt: () => Outcome): Outcome {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
