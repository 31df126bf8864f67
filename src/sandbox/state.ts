import type { ActionName, Activity, Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { nodeIds, type Settings, type Trouble } from './options.js';
import {
  MAIN_DEPLOYMENT_ID,
  makeKeys,
  OPERATORS,
  tenantStructure,
  type Deployment,
  type RandomSource,
} from './tenant.js';

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
export class SandboxNode {
  /** The state of each runtime after its queue, and when that is done. */
  readonly #runtimes = { iggy: { isUp: true, freeAt: 0 }, connectors: { isUp: true, freeAt: 0 } };

  constructor(
    public trouble: Trouble | undefined,
    public appearMs: number,
    public workMs: number,
  ) {}

  /**
   * Queues an action that was triggered at `at` (ms UTC).
   * @param pace how much longer the work takes than it usually does
   */
  take(runtime: Runtime, action: ActionName, at: number, pace: number): Fate {
    const appears_at = at + this.appearMs;
    if (this.trouble === 'missing') return { appears_at: null, finishes_at: null, result: null };
    if (this.trouble === 'stuck') return { appears_at, finishes_at: null, result: null };
    const queue = this.#runtimes[runtime];
    // Of a stopped runtime only a start completes: it may have been stopped for a reason.
    const completes = this.trouble !== 'reject' && queue.isUp === (action !== 'start');
    if (completes) queue.isUp = action !== 'stop';
    queue.freeAt = Math.max(appears_at, queue.freeAt) + Math.round(this.workMs * pace);
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
type LogEntry = DispatchedActivity &
  Pick<Activity, 'author_id' | 'runtime' | 'action' | 'created_at'>;

/** A deployment: its nodes and its activity log. */
export class SandboxDeployment {
  readonly nodes: ReadonlyMap<Id, SandboxNode>;
  readonly #order: Settings['order'];
  /** The log, ascending by id. */
  readonly entries: LogEntry[] = [];

  constructor(
    readonly summary: Deployment,
    readonly where: { tenant_id: Id; division_id: Id; environment_id: Id },
    { nodes, troubles, appearMs, workMs, order }: Settings,
  ) {
    this.nodes = new Map(
      nodes.map((id) => [id, new SandboxNode(troubles.get(id), appearMs, workMs)]),
    );
    this.#order = order;
  }

  /** Where Core has it. */
  get path(): string {
    const { tenant_id, division_id, environment_id } = this.where;
    return `/tenants/${tenant_id}/divisions/${division_id}/environments/${environment_id}/deployments/${this.summary.id}`;
  }

  /** As Core describes it. */
  get details(): Record<string, unknown> {
    return {
      ...this.summary,
      nodes_count: this.nodes.size,
      runtimes: ['iggy', 'connectors'],
      cluster: this.nodes.size > 1 ? 'cluster' : 'standalone',
      protected: false,
    };
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

  #item({ id, appears_at: _, finishes_at, result, ...shown }: LogEntry, at: number): Activity {
    const endedAt = finishes_at !== null && finishes_at <= at ? finishes_at : null;
    return {
      // Node 20 takes fifty times as long for an object that starts with a spread.
      id,
      ...shown,
      ...this.where,
      deployment_id: this.summary.id,
      status: endedAt === null || result === null ? 'processing' : result,
      finished_at: endedAt === null ? null : new Date(endedAt).toISOString(),
    };
  }
}

const HOUR = 3_600_000;
/** Beyond 2^53 like every id of the API. */
const FIRST_ACTIVITY_ID: Id = 7301845022003200257n;
const SHORTEST_DEFAULT_HISTORY = 5;
/** How far back the history reaches. */
const HISTORY_SPAN = 96 * HOUR;

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
  readonly keys: ReturnType<typeof makeKeys>;
  /** The deployment that the options are for. */
  readonly main: SandboxDeployment;
  readonly deployments: readonly SandboxDeployment[];
  readonly #random: RandomSource;
  #lastActivityId = FIRST_ACTIVITY_ID;

  constructor(settings: Settings, url: string, random: RandomSource) {
    this.#random = random;
    const now = settings.now();
    this.keys = makeKeys(now, settings.seed);
    this.structure = tenantStructure(url);
    const { id: tenant_id, divisions } = this.structure;
    this.deployments = divisions.flatMap(({ id: division_id, environments }) =>
      environments.flatMap(({ id: environment_id, deployments }) =>
        deployments.map((summary) => {
          const isMain = summary.id === MAIN_DEPLOYMENT_ID;
          const own = isMain ? settings : { ...settings, nodes: nodeIds(2, summary.id * 2n) };
          return new SandboxDeployment(summary, { tenant_id, division_id, environment_id }, own);
        }),
      ),
    );
    // The first in the structure.
    [this.main] = this.deployments as readonly [SandboxDeployment];
    this.#addHistory(now, settings.history);
  }

  /** Carries an action out: one activity a node. */
  dispatch(deployment: SandboxDeployment, wanted: ActionRequest): LogEntry[] {
    const { runtime, action, authorId: author_id, at, nodes } = wanted;
    const acting = [...deployment.nodes].filter(([id]) => nodes === null || nodes.includes(id));
    const created_at = new Date(at).toISOString();
    const entries = acting.map(([node_id, node]) => {
      // Give or take a quarter.
      const fate = node.take(runtime, action, at, 0.75 + this.#random() / 2);
      return {
        id: this.nextActivityId(),
        node_id,
        runtime,
        action,
        author_id,
        created_at,
        ...fate,
      };
    });
    deployment.entries.push(...entries);
    return entries;
  }

  /** The newest an hour before `now` (ms UTC), of one node after the other. */
  #addHistory(now: number, wanted: number | undefined) {
    const nodes = [...this.main.nodes.keys()];
    const count = wanted ?? Math.max(SHORTEST_DEFAULT_HISTORY, 2 * nodes.length);
    for (let index = 0; index < count; index += 1) {
      const turn = index % nodes.length;
      const round = Math.floor(index / nodes.length);
      const past = PAST_ACTIONS[(turn + round) % PAST_ACTIONS.length];
      const node_id = nodes[turn];
      if (!past || node_id === undefined) return;
      const [runtime, action, author_id, result, tookMs] = past;
      const appears_at = Math.floor(now - HOUR - ((count - 1 - index) / count) * HISTORY_SPAN);
      this.main.entries.push({
        id: this.nextActivityId(),
        node_id,
        runtime,
        action,
        author_id,
        result,
        appears_at,
        created_at: new Date(appears_at).toISOString(),
        finishes_at: appears_at + tookMs,
      });
    }
  }

  /** Above every other in the log. */
  nextActivityId(): Id {
    this.#lastActivityId += 101n;
    return this.#lastActivityId;
  }
}
