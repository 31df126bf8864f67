import { authenticate, holds, visibleStructure } from './access.js';
import { type Cloud } from './cloud.js';
import { actionName, type SandboxDeployment } from './deployment.js';
import { type Exchange, type Reply, type Success } from './exchange.js';
import { IdempotencyStore } from './idempotency.js';
import { type SandboxKey } from './keys.js';
import { type SandboxOptions } from './options.js';
import { Refusal } from './problems.js';
import { RateLimit } from './rate-limit.js';
import { findRoute, type Route } from './routes.js';
import { readAction, readIdempotencyKey, readNodes, readPageQuery, readPathId, readRuntime } from './validate.js';

/** The calls of the contract, and what every one of them checks first. */
export class Api {
  readonly #cloud: Cloud;
  readonly #options: SandboxOptions;
  readonly #idempotency: IdempotencyStore<Reply>;
  readonly #rateLimit: RateLimit | undefined;

  constructor(cloud: Cloud, options: SandboxOptions) {
    this.#cloud = cloud;
    this.#options = options;
    this.#idempotency = new IdempotencyStore(options.idempotency ?? 'path-and-body');
    this.#rateLimit = options.rateLimit === undefined ? undefined : new RateLimit(options.rateLimit);
  }

  /** Answers a request, noting in its trace what it is about. Refuses by a returned `Refusal`. */
  answer(exchange: Exchange): Reply {
    return refusalAsReply(() => {
      const { request, trace, stamp } = exchange;
      const { at } = stamp;
      const route = findRoute(request.method, request.path);
      const key = authenticate(this.#cloud.keys, request, at);
      trace.key = key.label;
      this.#rateLimit?.take(key.value, at);
      switch (route.name) {
        case 'trigger':
          return this.#triggerOnce(route, key, exchange);
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
   * The first reply per idempotency key is kept and replayed, whichever way it went; without a key the request is
   * carried out (contract, "Shared by both").
   */
  #triggerOnce(route: TriggerRoute, key: SandboxKey, exchange: Exchange): Reply {
    const { request, trace, stamp } = exchange;
    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    trace.idempotencyKey = idempotencyKey;
    if (idempotencyKey === null) return this.#trigger(route, key, exchange);
    const keyed = { apiKey: key.value, idempotencyKey, path: request.path, body: request.body };
    const kept = this.#idempotency.replay(keyed, stamp.at);
    if (kept) {
      trace.replayed = true;
      return kept;
    }
    const reply = refusalAsReply(() => this.#trigger(route, key, exchange));
    this.#idempotency.keep(keyed, reply, stamp.at + (trace.dispatch ? (this.#options.answerMs ?? 0) : 0));
    return reply;
  }

  #trigger(route: TriggerRoute, key: SandboxKey, { request, trace, stamp }: Exchange): Success {
    const runtime = (trace.runtime = readRuntime(route.runtime));
    const action = readAction(route.action);
    trace.action = actionName(action);
    const deployment = this.#visible(route.deployment, key);
    trace.deploymentId = deployment.scope.deploymentId;
    if (!holds(key.context, 'deployment:manage', deployment.scope)) {
      const reason = `This key lacks the permission deployment:manage on deployment ${route.deployment}.`;
      throw new Refusal('forbidden', reason);
    }
    const nodes = readNodes(request.body, deployment.nodes);
    trace.nodes = nodes;
    const wanted = { authorId: key.authorId, runtime, action, nodes, at: stamp.at };
    trace.dispatch = this.#cloud.dispatch(deployment, wanted, trace.idempotencyKey);
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
    const { divisionId, environmentId } = deployment.scope;
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
    if (deployment && holds(key.context, 'deployment:read', deployment.scope)) return deployment;
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

function refusalAsReply(attempt: () => Reply): Reply {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
