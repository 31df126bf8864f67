import { type Id } from '../base/ids.js';
import { type TenantStructure } from '../base/wire.js';
import { actionName, SandboxDeployment, type DeploymentForm, type ActionRequest } from './deployment.js';
import { pastActivities } from './history.js';
import { makeKeys, type KeyRing } from './keys.js';
import { type Timing } from './nodes.js';
import { type SandboxOptions } from './options.js';
import { fork, type RandomSource } from './random.js';
import { type DispatchRecord } from './record.js';
import { listDeployments, MAIN_DEPLOYMENT_ID, nodeIds, tenantStructure } from './tenant.js';

export const DEFAULT_NODES = 3;
/** By default the log begins with an entry for each node, and has at least this many. */
const SHORTEST_DEFAULT_HISTORY = 5;
export const DEFAULT_TIMING: Timing = { appearMs: 200, workMs: 1_500 };

/** Beyond 2^53 like every id of the API, and so close to each other that a JavaScript number folds them. */
const FIRST_ACTIVITY_ID: Id = 7301845022003200257n;
const WIDEST_GAP = 200;

/** The other deployments have nodes of their own, this many each. */
const OTHER_NODES = { count: 2, first: 611500000000000001n, apart: 1_000_000n } as const;

/** What there is behind the API: a tenant's keys and structure, its deployments and their activities. */
export class Cloud {
  readonly structure: TenantStructure;
  readonly keys: KeyRing;
  /** The deployment that the options speak of. */
  readonly main: SandboxDeployment;
  readonly #deployments: ReadonlyMap<Id, SandboxDeployment>;
  readonly #timing: (node: Id) => Timing;
  readonly #random: RandomSource;
  #lastActivityId = FIRST_ACTIVITY_ID;

  constructor(options: SandboxOptions) {
    const now = options.now();
    this.keys = makeKeys(now, fork(options.random));
    this.structure = tenantStructure(options.baseUrl);
    this.#random = fork(options.random);
    this.#timing = options.timing ?? (() => DEFAULT_TIMING);

    const form: DeploymentForm = {
      order: options.order ?? 'desc',
      unfinished: options.unfinished ?? 'null',
      storedReconfigure: options.storedReconfigure ?? 'with_config',
    };
    const deployments = listDeployments(this.structure).map((listed, index) => {
      const others = nodeIds(OTHER_NODES.count, OTHER_NODES.first + BigInt(index) * OTHER_NODES.apart);
      const isMain = listed.summary.id === MAIN_DEPLOYMENT_ID;
      return new SandboxDeployment(listed, isMain ? (options.nodes ?? nodeIds(DEFAULT_NODES)) : others, form);
    });
    this.#deployments = new Map(deployments.map((deployment) => [deployment.scope.deploymentId, deployment]));
    this.main = this.deployment(MAIN_DEPLOYMENT_ID);
    const nodes = [...this.main.nodes.keys()];
    const history = options.history ?? Math.max(SHORTEST_DEFAULT_HISTORY, nodes.length);
    for (const activity of pastActivities(history, nodes, now)) this.main.remember(activity, this.#nextActivityId());
    for (const [node, trouble] of options.troubles ?? []) this.main.node(node).trouble = trouble;
  }

  find(deploymentId: Id): SandboxDeployment | undefined {
    return this.#deployments.get(deploymentId);
  }

  /** @throws RangeError when there is no such deployment */
  deployment(id: Id): SandboxDeployment {
    const deployment = this.find(id);
    if (deployment) return deployment;
    throw new RangeError(`no deployment ${id}`);
  }

  /** Carries an action out, and returns what it did. */
  dispatch(deployment: SandboxDeployment, wanted: ActionRequest, idempotencyKey: string | null): DispatchRecord {
    const entries = deployment.carryOut(wanted, this.#timing, () => this.#nextActivityId());
    return {
      at: wanted.at,
      idempotency_key: idempotencyKey,
      author_id: wanted.authorId,
      deployment_id: deployment.scope.deploymentId,
      runtime: wanted.runtime,
      action: actionName(wanted.action),
      activities: entries.map((entry) => ({
        id: entry.id,
        node_id: entry.nodeId,
        appears_at: finite(entry.appearsAt),
        finishes_at: finite(entry.finishesAt),
        result: entry.finishesAt === Infinity ? null : entry.result,
      })),
    };
  }

  #nextActivityId(): Id {
    this.#lastActivityId += 1n + BigInt(Math.floor(this.#random() * WIDEST_GAP));
    return this.#lastActivityId;
  }
}

function finite(time: number): number | null {
  return time === Infinity ? null : time;
}
