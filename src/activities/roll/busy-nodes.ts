import type { Activity } from '../../core/activity.js';
import type { Id } from '../../core/ids.js';
import type { ActivityLog } from '../activity-log.js';
import { findBusy } from '../busy.js';

/**
 * Which nodes of a roll are busy, without reading hundreds of entries before each of them: who was busy when the roll
 * began is read once, what began since was seen, and only a node that either speaks against is looked at closely.
 */
export class BusyNodes {
  readonly #log: ActivityLog;
  #atFirst: Promise<ReadonlySet<Id>> | null = null;

  constructor(log: ActivityLog) {
    this.#log = log;
  }

  /**
   * @param seenBusy whether this node began something since, as far as was seen
   * @throws as `Supervisor.list` does
   */
  async find(
    query: { runtime: string; nodes: readonly Id[] },
    seenBusy: (node: Id) => boolean,
    signal: AbortSignal,
  ): Promise<Activity[]> {
    const atFirst = await this.#nodesAtFirst(query.runtime, signal);
    const nodes = query.nodes.filter((node) => atFirst.has(node) || seenBusy(node));
    return nodes.length === 0 ? [] : findBusy(this.#log, { ...query, nodes }, { signal });
  }

  /** One roll asks about one runtime only. */
  #nodesAtFirst(runtime: string, signal: AbortSignal): Promise<ReadonlySet<Id>> {
    this.#atFirst ??= findBusy(this.#log, { runtime, nodes: null }, { signal })
      .then((busy) => new Set(busy.map(({ node_id: node }) => node)))
      .catch((error: unknown) => {
        this.#atFirst = null;
        throw error;
      });
    return this.#atFirst;
  }
}
