import { isFinal, isSameAction, type Action, type Activity } from '../base/activity.js';
import { InvalidAnswerError, LdctlError } from '../base/errors.js';
import { compareIds, sortedUnique, type Id } from '../base/ids.js';
import { emptyNodeResult, MISSING, type NodeResult, type TargetKind } from '../base/outcome.js';
import type { LogRead } from '../log/log.js';
import { warning, type JobEvent, type NodeProgress } from './events.js';

/** What is followed: what a trigger did to nodes, or activities that are known by their ids. */
export type Wanted =
  | { ids: readonly Id[] }
  | { runtime: string; action: Action; nodes: readonly Id[] | null; expect: number | null };

/** One entry of the log that counts for a run. Times are ms of the job's clock. */
interface Entry {
  activity: Activity;
  /** Since when the work goes on, as far as is known. */
  since: number;
  /** Since when good reads no longer show it, although it was not final; null while they do. */
  goneSince: number | null;
}

const DOUBLED =
  'has more than one entry of this action, and they cannot be told apart; the worse one counts';

/** The entries of one run. */
export class Entries {
  readonly targets: TargetKind;
  /** The set of `wanted.nodes`, or of `wanted.ids`; null for every node. */
  readonly only: ReadonlySet<Id> | null;
  /** The nodes that the log named, where it decides which there are; null before that was read. */
  known: readonly Id[] | null = null;
  readonly byId = new Map<Id, Entry>();
  newAt = -Infinity;
  readAt = -Infinity;
  /** How many nodes must have one; 0 where that is not said. */
  readonly #expect: number;

  /** @param appearMs how long an entry may take to show up, and be gone */
  constructor(
    readonly wanted: Wanted,
    private readonly appearMs: number,
  ) {
    const only = 'ids' in wanted ? wanted.ids : wanted.nodes;
    this.only = only && new Set(only);
    this.#expect = 'ids' in wanted ? 0 : (wanted.expect ?? 0);
    this.targets = only ? 'named' : this.#expect > 0 ? 'expected' : 'observed';
  }

  /**
   * The same runtime and action, on a node that was asked for; whether it came after the trigger is
   * for the caller to say.
   */
  wants(activity: Activity): boolean {
    const { wanted, only } = this;
    if ('ids' in wanted) return only?.has(activity.id) ?? false;
    if (activity.runtime !== wanted.runtime || !isSameAction(wanted.action, activity.action)) {
      return false;
    }
    return only?.has(activity.node_id) ?? true;
  }

  /**
   * Takes in those entries of a good read that count. A final status never goes back, and of two
   * final ones the worse stays.
   * @returns what changed by it
   */
  take(counted: readonly Activity[], { serverTime, startedAt }: LogRead, now: number): JobEvent[] {
    const { wanted, byId } = this;
    const news: JobEvent[] = [];
    this.readAt = startedAt;
    for (const activity of counted) {
      const { id, node_id: node, status } = activity;
      const before = byId.get(id);
      if (!before) {
        const age =
          serverTime === null
            ? 0
            : Math.max(serverTime + 1000 - Date.parse(activity.created_at), 0) || 0;
        const isDoubled =
          !('ids' in wanted) && [...byId.values()].some((one) => one.activity.node_id === node);
        byId.set(id, { activity, since: now - age, goneSince: null });
        this.newAt = now;
        news.push({ event: 'activity', activity });
        if (isDoubled) news.push(warning('ambiguous', `node ${node} ${DOUBLED}`));
        continue;
      }
      before.goneSince = null;
      const was = before.activity.status;
      const isWorse = isFinal(status) && severity(status) > severity(was);
      if (was === status || (isFinal(was) && !isWorse)) continue;
      before.activity = activity;
      news.push({ event: 'activity', activity });
    }
    const shown = new Set(counted.map(({ id }) => id));
    for (const entry of byId.values()) {
      if (!shown.has(entry.activity.id) && !isFinal(entry.activity.status)) entry.goneSince ??= now;
    }
    return news;
  }

  /**
   * Whether every target has an entry (those that were named, so many as were expected, or those
   * that the log named), or there are more than were expected; and which entries are not final, and
   * still in the log.
   */
  standing() {
    const all = [...this.byId.values()];
    const seen = new Set(all.map(({ activity }) => this.#keyOf(activity)));
    const open = all.filter((entry) => !isFinal(entry.activity.status) && !this.#isLost(entry));
    return {
      complete:
        seen.size >= Math.max(this.#expect, 1) && this.#required().every((key) => seen.has(key)),
      tooMany: this.#expect > 0 && seen.size > this.#expect,
      open: open.map(({ activity }) => activity),
    };
  }

  /**
   * All targets, in the order in which they were asked for, then by node.
   * @param absent the status of a target that has no entry: null while it is waited for, `missing`
   * at the end
   */
  rows(absent: typeof MISSING | null): NodeProgress[] {
    const byKey = new Map<Id, Entry[]>(this.#required().map((key) => [key, []]));
    const byNode = [...this.byId.values()].sort((a, b) =>
      compareIds(a.activity.node_id, b.activity.node_id),
    );
    for (const entry of byNode) {
      const key = this.#keyOf(entry.activity);
      byKey.set(key, [...(byKey.get(key) ?? []), entry]);
    }
    const empty = (target: { node_id?: Id; activity_id?: Id }) => ({
      ...emptyNodeResult(target, absent),
      since: null,
    });
    const rows = [...byKey].map(([key, [first, ...rest]]) => {
      if (!first) return empty('ids' in this.wanted ? { activity_id: key } : { node_id: key });
      const worst = rest.reduce(
        (a, b) => (severity(b.activity.status) > severity(a.activity.status) ? b : a),
        first,
      );
      const { id: activity_id, node_id, created_at, finished_at = null } = worst.activity;
      const status = this.#isLost(worst) ? MISSING : worst.activity.status;
      const { since } = worst;
      return {
        node_id,
        activity_id,
        status,
        created_at,
        finished_at,
        ambiguous: rest.length > 0,
        since,
      };
    });
    const uncounted = Math.max(this.#expect - byKey.size, 0);
    return [...rows, ...Array.from({ length: uncounted }, () => empty({}))];
  }

  /** The targets that must have an entry. */
  #required(): readonly Id[] {
    if ('ids' in this.wanted) return this.wanted.ids;
    return this.wanted.nodes ?? (this.#expect > 0 ? [] : (this.known ?? []));
  }

  #keyOf(activity: Activity): Id {
    return 'ids' in this.wanted ? activity.id : activity.node_id;
  }

  /** An open entry that is gone from the log is waited for as long as one that never appeared. */
  #isLost({ goneSince }: Entry): boolean {
    return goneSince !== null && this.readAt - goneSince >= this.appearMs;
  }
}

/**
 * The worse counts: a rejection is certain, an open entry is not yet, a completion is what was
 * wanted.
 */
function severity(status: string): number {
  if (status === 'rejected') return 2;
  return isFinal(status) ? 0 : 1;
}

/** The nodes that these entries name, by id. */
export const nodesOf = (entries: readonly Activity[]): Id[] =>
  sortedUnique(entries.map(({ node_id: node }) => node));

/** A row without what only displays need. */
export function resultRow({ since, stage, ...row }: NodeProgress): NodeResult {
  return row;
}

/**
 * Whose nodes are meant to be acted on, and where that comes from, in words: `profile prod`,
 * `LD_TENANT_ID`.
 */
export interface ExpectedTenant {
  tenantId: Id;
  origin: string;
  hint: string;
}

/**
 * Settings that mix the tenant of one with the deployment of another must not restart another
 * tenant's nodes. An entry that does not say whose it is passes.
 * @returns why the log is not this deployment's: exit 5 for another tenant, 6 for another
 * deployment; null when it is
 */
export function notOurs(
  activities: readonly Activity[],
  deploymentId: Id,
  expected: ExpectedTenant | null,
): LdctlError | null {
  for (const { deployment_id: deployment, tenant_id: tenant } of activities) {
    if (isOther(deployment, deploymentId)) {
      return new InvalidAnswerError(
        `the log of deployment ${deploymentId} holds entries of deployment ${deployment}`,
        {
          code: 'wrong_deployment',
          hint: 'Check the supervisor URL, and what is between here and there: a proxy or a cache may answer for another, or cut the digits of its numbers.',
        },
      );
    }
    if (expected && isOther(tenant, expected.tenantId)) {
      const what = `deployment ${deploymentId} belongs to tenant ${tenant}, and ${expected.origin} is for tenant ${expected.tenantId}`;
      return new LdctlError('refused', 'wrong_tenant', what, { hint: expected.hint });
    }
  }
  return null;
}

function isOther(id: Id | null | undefined, ours: Id): id is Id {
  return id !== undefined && id !== null && id !== ours;
}
