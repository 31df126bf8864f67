import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { ActivityPage } from '../base/supervisor.js';
import type { TenantStructure } from '../base/wire.js';
import { placedDeployments } from '../config/deployments.js';
import type { SeenValues } from '../config/seen.js';

/**
 * Takes note of what answers name on their way to a command, for completion. Only where somebody sits at a terminal: a
 * script presses no Tab.
 */
export class SeenNotes {
  readonly #seen: SeenValues;
  #isWanted: boolean;

  constructor(seen: SeenValues, isInteractive: boolean) {
    this.#seen = seen;
    this.#isWanted = isInteractive;
  }

  /** What the first page names that is read: it is the newest one mostly. */
  async page(deploymentId: Id, page: Promise<ActivityPage>): Promise<ActivityPage> {
    const { items } = await page;
    if (!this.#isWanted || items.length === 0) return page;
    this.#isWanted = false;
    const nodes = [...new Set(items.map(({ node_id }) => String(node_id)))];
    this.#seen.remember(
      'nodes',
      nodes.map((value) => ({ value, note: String(deploymentId) })),
    );
    const about = ({ runtime, action, status }: Activity): string => `${deploymentId} ${action} ${runtime}, ${status}`;
    this.#seen.remember(
      'activities',
      items.map((item) => ({ value: String(item.id), note: about(item) })),
    );
    return page;
  }

  async structure(structure: Promise<TenantStructure>): Promise<TenantStructure> {
    const placed = placedDeployments(await structure);
    const deployments = placed.map(({ deployment: { id, name } }) => ({ value: String(id), note: name }));
    if (this.#isWanted && deployments.length > 0) this.#seen.remember('deployments', deployments);
    return structure;
  }

  /** Whoever types it again is at a terminal, though this run need not be. */
  key(key: string, what: string): void {
    this.#seen.remember('keys', [{ value: key, note: what }]);
  }
}
