import { type Action, type Runtime } from '../base/activity.js';
import { type Id } from '../base/ids.js';
import { type Deployment } from '../base/wire.js';
import {
  DeploymentLog,
  type LogEntry,
  type LogForm,
  type ActivityDraft,
  type DeploymentScope,
} from './deployment-log.js';
import { RUNTIMES, SandboxNode, type Timing } from './nodes.js';
import { type ListedDeployment } from './tenant.js';

/** What is to be carried out, checked and complete. */
export interface ActionRequest {
  authorId: Id;
  runtime: Runtime;
  action: Action;
  /** Null for every node. */
  nodes: readonly Id[] | null;
  /** Ms UTC. */
  at: number;
}

export interface DeploymentForm extends LogForm {
  /** Unknown in the contract: a reconfigure is stored as `reconfigure:{config_id}` or as `reconfigure` alone. */
  storedReconfigure: 'with_config' | 'bare';
}

/** What Core tells of a deployment besides what the structure says of it. */
interface DeploymentDetails extends Deployment {
  nodes_count: number;
  runtimes: readonly Runtime[];
  cluster: 'standalone' | 'cluster';
  /** Whether it is protected from being deleted. */
  protected: boolean;
}

/** A deployment: its nodes and its activity log. */
export class SandboxDeployment {
  readonly scope: DeploymentScope;
  readonly log: DeploymentLog;
  readonly nodes: ReadonlyMap<Id, SandboxNode>;
  readonly #summary: Deployment;
  readonly #form: DeploymentForm;

  constructor({ scope, summary }: ListedDeployment, nodes: readonly Id[], form: DeploymentForm) {
    this.scope = scope;
    this.#summary = summary;
    this.log = new DeploymentLog(scope, form);
    this.nodes = new Map(nodes.map((id) => [id, new SandboxNode(id)]));
    this.#form = form;
  }

  /** As Core describes it (contract, "Core: how many nodes"). */
  get details(): DeploymentDetails {
    return {
      ...this.#summary,
      nodes_count: this.nodes.size,
      runtimes: RUNTIMES,
      cluster: this.nodes.size > 1 ? 'cluster' : 'standalone',
      protected: false,
    };
  }

  /** @throws RangeError when there is no such node here */
  node(id: Id): SandboxNode {
    const node = this.nodes.get(id);
    if (node) return node;
    throw new RangeError(`no node ${id} in deployment ${this.scope.deploymentId}`);
  }

  /** Dispatches one activity a node, and says what will become of each. */
  carryOut(wanted: ActionRequest, timing: (node: Id) => Timing, nextId: () => Id): LogEntry[] {
    const { nodes, action, at, ...what } = wanted;
    const targets = nodes?.map((id) => this.node(id)) ?? [...this.nodes.values()];
    return targets.map((node) => {
      const plan = node.take(wanted.runtime, action.verb, at, timing(node.id));
      return this.remember({ ...what, ...plan, action, nodeId: node.id, createdAt: at }, nextId());
    });
  }

  /** Puts an activity into the log. Ids are handed in ascending. */
  remember({ action, ...activity }: ActivityDraft, id: Id): LogEntry {
    const entry = { ...activity, id, action: this.#stored(action) };
    this.log.append(entry);
    return entry;
  }

  #stored(action: Action): string {
    return this.#form.storedReconfigure === 'bare' ? action.verb : actionName(action);
  }
}

/** The action as it was asked for: `restart`, `reconfigure:42`. */
export function actionName({ verb, configId }: Action): string {
  return configId === undefined ? verb : `${verb}:${configId}`;
}
