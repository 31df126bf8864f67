import type { ActionName, Activity, Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { nodeIds, type Settings, type Trouble } from './options.js';
import {
  MAIN_DEPLOYMENT_ID,
  makeKeys,
  OPERATORS,
  tenantStructure,
  type Deployment,
  type KeyLabel,
  type RandomSource,
  type SandboxKey,
} from './tenant.js';

/** What runs on every node. */
export const RUNTIMES: readonly Runtime[] = ['iggy', 'connectors'];

export interface DispatchedActivity {
  id: Id;
  node_id: Id;
  /** When its entry appears, ms UTC; null: never. */
  appears_at: number | null;
  /** Ms UTC; null: never. */
  finishes_at: number | null;
  result: 'completed' | 'rejected' | null;
}

/** How an activity will go, decided when it is dispatched. */
type Fate = Pick<DispatchedActivity, 'appears_at' | 'finishes_at' | 'result'>;

/** A node, its runtimes started. It works on the activities of a runtime one after the other. */
class SandboxNode {
  /** The state of each runtime after its queue, and when that is done. */
  readonly #runtimes = { iggy: { isUp: true, freeAt: 0 }, connectors: { isUp: true, freeAt: 0 } };

  constructor(public trouble: Trouble | undefined) {}

  /** Queues an action that was triggered at `at` (ms UTC). */
  take(
    runtime: Runtime,
    action: ActionName,
    at: number,
    timing: { appearMs: number; workMs: number },
  ): Fate {
    const appears_at = at + timing.appearMs;
    if (this.trouble === 'missing') return { appears_at: null, finishes_at: null, result: null };
    if (this.trouble === 'stuck') return { appears_at, finishes_at: null, result: null };
    const queue = this.#runtimes[runtime];
    // Of a stopped runtime only a start completes: it may have been stopped for a reason.
    const completes = this.trouble !== 'reject' && queue.isUp === (action !== 'start');
    if (completes) queue.isUp = action !== 'stop';
    queue.freeAt = Math.max(appears_at, queue.freeAt) + timing.workMs;
    return { appears_at, finishes_at: queue.freeAt, result: completes ? 'completed' : 'rejected' };
  }
}

export interface ActionRequest {
  authorId: Id;
  runtime: Runtime;
  action: ActionName;
  /** Null for every node. */
  nodes: readonly Id[] | null;
  /** Ms UTC. */
  at: number;
}

/** An activity, and the other fields of its entry. */
interface LogEntry extends DispatchedActivity {
  shown: Pick<Activity, 'author_id' | 'runtime' | 'action' | 'created_at'>;
}

/** A deployment: its nodes and its activity log. */
export class SandboxDeployment {
  readonly id: Id;
  readonly nodes: ReadonlyMap<Id, SandboxNode>;
  readonly #order: Settings['order'];
  /** The log, ascending by id. */
  readonly entries: LogEntry[] = [];

  constructor(
    readonly summary: Deployment,
    readonly where: { tenant_id: Id; division_id: Id; environment_id: Id },
    { nodes, troubles, order }: Pick<Settings, 'nodes' | 'troubles' | 'order'>,
  ) {
    this.id = summary.id;
    this.nodes = new Map(nodes.map((id) => [id, new SandboxNode(troubles.get(id))]));
    this.#order = order;
  }

  /** As Core describes it. */
  get details(): Record<string, unknown> {
    const cluster = this.nodes.size > 1 ? 'cluster' : 'standalone';
    return {
      ...this.summary,
      nodes_count: this.nodes.size,
      runtimes: RUNTIMES,
      cluster,
      protected: false,
    };
  }

  /** @throws RangeError when there is no such node here */
  node(id: Id): SandboxNode {
    const node = this.nodes.get(id);
    if (node) return node;
    throw new RangeError(`no node ${id} in deployment ${this.id}`);
  }

  /** A page of the log at a time (ms UTC); empty past the end. */
  read(page: number, results: number, at: number) {
    const shown = this.entries.filter(({ appears_at }) => appears_at !== null && appears_at <= at);
    if (this.#order === 'desc') shown.reverse();
    const items = shown
      .slice((page - 1) * results, page * results)
      .map((entry) => this.#item(entry, at));
    return {
      items,
      page,
      total_results: shown.length,
      total_pages: Math.ceil(shown.length / results),
    };
  }

  #item({ id, node_id, finishes_at, result, shown }: LogEntry, at: number): Activity {
    const { created_at, ...what } = shown;
    const endedAt = finishes_at !== null && finishes_at <= at ? finishes_at : null;
    return {
      id,
      ...this.where,
      deployment_id: this.id,
      ...what,
      node_id,
      status: endedAt === null || result === null ? 'processing' : result,
      created_at,
      finished_at: endedAt === null ? null : new Date(endedAt).toISOString(),
    };
  }
}

const HOUR = 3_600_000;
/** Beyond 2^53 like every id of the API. */
const FIRST_ACTIVITY_ID: Id = 7301845022003200257n;
const WIDEST_GAP = 200;
const SHORTEST_DEFAULT_HISTORY = 5;
/** How far back the history reaches. */
const HISTORY_SPAN = 96 * HOUR;
/** How much longer or shorter the work on an activity may take, as a fraction. */
const JITTER = 0.25;

/** The history repeats these: the runtimes take turns, and every one is left started. */
const PAST_ACTIONS = [
  ['iggy', 'restart', OPERATORS.ada, 'completed', 4200],
  ['connectors', 'reconfigure:7262600000000000043', OPERATORS.bo, 'completed', 9800],
  ['iggy', 'start', OPERATORS.ada, 'rejected', 700],
  ['connectors', 'restart', OPERATORS.bo, 'completed', 3100],
] as const;

/**
 * What the API gives access to: the keys and the structure of a tenant, its deployments and their
 * activities.
 */
export class Cloud {
  readonly structure: ReturnType<typeof tenantStructure>;
  readonly keys: Readonly<Record<KeyLabel, SandboxKey>>;
  /** The deployment that the options are for. */
  readonly main: SandboxDeployment;
  readonly deployments: ReadonlyMap<Id, SandboxDeployment>;
  readonly #settings: Settings;
  readonly #jitter: RandomSource;
  readonly #gaps: RandomSource;
  #lastActivityId = FIRST_ACTIVITY_ID;

  constructor(
    settings: Settings,
    url: string,
    random: { times: RandomSource; keys: RandomSource; ids: RandomSource },
  ) {
    this.#settings = settings;
    this.#jitter = random.times;
    this.#gaps = random.ids;
    const now = settings.now();
    this.keys = makeKeys(now, random.keys);
    this.structure = tenantStructure(url);
    const { id: tenant_id, divisions } = this.structure;
    const deployments = divisions.flatMap(({ id: division_id, environments }) =>
      environments.flatMap(({ id: environment_id, deployments: listed }) =>
        listed.map((summary) => {
          const isMain = summary.id === MAIN_DEPLOYMENT_ID;
          const own = isMain ? settings : { ...settings, nodes: nodeIds(2, summary.id * 2n) };
          return new SandboxDeployment(summary, { tenant_id, division_id, environment_id }, own);
        }),
      ),
    );
    this.deployments = new Map(deployments.map((deployment) => [deployment.id, deployment]));
    // The first in the structure.
    [this.main] = deployments as [SandboxDeployment];
    this.#addHistory(now);
  }

  /** Carries an action out: one activity a node. */
  dispatch(deployment: SandboxDeployment, wanted: ActionRequest): LogEntry[] {
    const { runtime, action, at, nodes } = wanted;
    const shown = this.#shown(wanted);
    return (nodes ?? [...deployment.nodes.keys()]).map((node_id) => {
      const fate = deployment.node(node_id).take(runtime, action, at, this.#timing(node_id));
      const entry = { id: this.nextActivityId(), node_id, ...fate, shown };
      deployment.entries.push(entry);
      return entry;
    });
  }

  /** The newest an hour before `now` (ms UTC), of one node after the other. */
  #addHistory(now: number) {
    const nodes = [...this.main.nodes.keys()];
    const count = this.#settings.history ?? Math.max(SHORTEST_DEFAULT_HISTORY, 2 * nodes.length);
    for (let index = 0; index < count; index += 1) {
      const turn = index % nodes.length;
      const round = Math.floor(index / nodes.length);
      const past = PAST_ACTIONS[(turn + round) % PAST_ACTIONS.length];
      const node_id = nodes[turn];
      if (!past || node_id === undefined) return;
      const [runtime, action, authorId, result, tookMs] = past;
      const at = Math.floor(now - HOUR - ((count - 1 - index) / count) * HISTORY_SPAN);
      const shown = this.#shown({ authorId, runtime, action, at });
      this.main.entries.push({
        id: this.nextActivityId(),
        node_id,
        appears_at: at,
        finishes_at: at + tookMs,
        result,
        shown,
      });
    }
  }

  #timing(node: Id) {
    const { appearMs, workMs } = this.#settings;
    return {
      appearMs: typeof appearMs === 'number' ? appearMs : appearMs(node),
      workMs:
        typeof workMs === 'number'
          ? Math.round(workMs * (1 + JITTER * (2 * this.#jitter() - 1)))
          : workMs(node),
    };
  }

  #shown({ authorId, runtime, action, at }: Omit<ActionRequest, 'nodes'>): LogEntry['shown'] {
    // The contract leaves open whether a reconfigure is stored with its config.
    const stored = this.#settings.bareReconfigure ? action.replace(/:.*/, '') : action;
    return { author_id: authorId, runtime, action: stored, created_at: new Date(at).toISOString() };
  }

  /** Above every other in the log. */
  nextActivityId(): Id {
    this.#lastActivityId += 1n + BigInt(Math.floor(this.#gaps() * WIDEST_GAP));
    return this.#lastActivityId;
  }
}
