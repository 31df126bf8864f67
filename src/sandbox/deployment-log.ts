import { type Action, type Activity, type Runtime } from '../base/activity.js';
import { type Id } from '../base/ids.js';
import { type ActivityPlan } from './nodes.js';

/** Where a deployment stands in the hierarchy (contract, "Two services"). */
export interface DeploymentScope {
  tenantId: Id;
  divisionId: Id;
  environmentId: Id;
  deploymentId: Id;
}

/** An activity and what becomes of it. */
export interface ActivityDraft extends ActivityPlan {
  authorId: Id;
  runtime: Runtime;
  action: Action;
  nodeId: Id;
  /** Ms UTC. */
  createdAt: number;
}

/** An activity with its id, and its action as the log has it. */
export interface LogEntry extends Omit<ActivityDraft, 'action'> {
  id: Id;
  action: string;
}

export interface LogForm {
  /** Unknown in the contract: which end of the log page 1 is. */
  order: 'asc' | 'desc';
  /** Unknown in the contract: whether `finished_at` is null or absent while processing. */
  unfinished: 'null' | 'absent';
}

export interface DeploymentLogPage {
  items: Activity[];
  page: number;
  total_results: number;
  total_pages: number;
}

/** The log of one deployment. What it shows is derived from the time it is read at. */
export class DeploymentLog {
  readonly #scope: DeploymentScope;
  readonly #form: LogForm;
  /** Ascending by id. */
  readonly #entries: LogEntry[] = [];
  /** As of the last read, at `#readAt` (ms UTC). */
  #appeared = 0;
  #readAt = -Infinity;

  constructor(scope: DeploymentScope, form: LogForm) {
    this.#scope = scope;
    this.#form = form;
  }

  append(entry: LogEntry): void {
    this.#entries.push(entry);
  }

  /** The page as it is at `at` (ms UTC). A page past the end is empty. */
  read(page: number, results: number, at: number): DeploymentLogPage {
    const appeared = this.#countAppeared(at);
    const others = this.#entries.slice(appeared).filter((entry) => entry.appearsAt <= at);
    const total = appeared + others.length;
    const begin = Math.min((page - 1) * results, total);
    const end = Math.min(begin + results, total);
    const [oldest, newest] = this.#form.order === 'asc' ? [begin, end] : [total - end, total - begin];
    const entries = [
      ...this.#entries.slice(oldest, Math.min(newest, appeared)),
      ...others.slice(Math.max(oldest - appeared, 0), Math.max(newest - appeared, 0)),
    ];
    if (this.#form.order === 'desc') entries.reverse();
    return {
      items: entries.map((entry) => this.#item(entry, at)),
      page,
      total_results: total,
      total_pages: Math.ceil(total / results),
    };
  }

  /** How many entries, from the oldest on, have appeared without a gap: a long history is not gone through at each read. */
  #countAppeared(at: number): number {
    if (at < this.#readAt) this.#appeared = 0;
    this.#readAt = at;
    while ((this.#entries[this.#appeared]?.appearsAt ?? Infinity) <= at) this.#appeared += 1;
    return this.#appeared;
  }

  #item(entry: LogEntry, at: number): Activity {
    const final = entry.finishesAt <= at;
    const item: Activity = {
      id: entry.id,
      tenant_id: this.#scope.tenantId,
      division_id: this.#scope.divisionId,
      environment_id: this.#scope.environmentId,
      deployment_id: this.#scope.deploymentId,
      author_id: entry.authorId,
      runtime: entry.runtime,
      action: entry.action,
      node_id: entry.nodeId,
      status: final ? entry.result : 'processing',
      created_at: new Date(entry.createdAt).toISOString(),
    };
    if (final) item.finished_at = new Date(entry.finishesAt).toISOString();
    else if (this.#form.unfinished === 'null') item.finished_at = null;
    return item;
  }
}
