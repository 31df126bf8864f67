/*
 * The entries of the log that belong to one run: which targets must have one, which have, and a row
 * for each. run/whose.ts says which of a read they are, run/following.ts what they mean for the run.
 */

import {
  hasChanged,
  isFinal,
  isSameAction,
  newestOfEach,
  type ActionName,
  type Activity,
} from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import { emptyNodeResult, MISSING, type NodeResult, type TargetKind } from '../base/outcome.js';
import type { LogRead } from '../log/log.js';
import { lackingOf, NONE_LISTED, type Listed } from './census.js';
import { warning, type JobEvent, type NodeProgress } from './events.js';
import { SECOND } from './pace.js';

/** What is followed: what a trigger did to nodes, or activities that are known by their ids. */
export type Wanted = { ids: readonly Id[] } | WantedNodes;

interface WantedNodes {
  runtime: string;
  action: ActionName;
  nodes?: readonly Id[] | undefined;
  expect?: number | undefined;
}

/** One entry of the log that may be of a run. Times are ms of the job's clock. */
interface Entry {
  activity: Activity;
  /** By the server, UTC. */
  createdAt: number;
  /** When it started, as far as the server's clock tells. */
  since: number;
  /** When good reads stopped showing it, although it was not final; null while they show it. */
  goneSince: number | null;
}

/** What is known of them before the log is read. */
export interface Known {
  /** How long an entry may take to show up, or be gone before it counts as lost, ms. */
  appearTimeoutMs: number;
  /** The nodes that the log lists; if absent, the run finds them in the log. */
  listed?: Listed | undefined;
  /** How many nodes Core counts, where that is known. */
  coreCount?: number | null | undefined;
  /** Core is still counting: `Job.counted` says the number. */
  isCounting?: boolean | undefined;
}

const DOUBLED = 'two entries could be ours, so the worse one counts';

/** The entries of one run, and which targets must have one. */
export abstract class Entries {
  /** The targets that are named; null for every node. */
  readonly only: ReadonlySet<Id> | null;
  /** Null until the log was read for them. Named targets need none. */
  listed: Listed | null;
  /** How many nodes Core counts; null when that is not known. */
  coreCount: number | null;
  /** Whether Core is still counting them. */
  isCounting: boolean;
  /** How many nodes must have an entry; null when that is open. */
  expect: number | null = null;
  /** What was created before this time is not of this trigger, ms UTC; null: time says nothing. */
  createdFrom: number | null = null;
  /** Set at the end: the nodes that had no entry, and needed none. */
  notActedOn: readonly Id[] = [];
  readonly byId = new Map<Id, Entry>();
  /** When an entry that counts last appeared. */
  newAt = -Infinity;
  /** When the last good read started. */
  readAt = -Infinity;

  readonly #appearTimeoutMs: number;

  /** @param target the field of an entry that says which target it is of */
  constructor(
    private readonly target: 'node_id' | 'id',
    private readonly named: readonly Id[] | undefined,
    { appearTimeoutMs, listed, coreCount, isCounting = false }: Known,
  ) {
    this.only = named ? new Set(named) : null;
    this.listed = named ? NONE_LISTED : (listed ?? null);
    this.coreCount = coreCount ?? null;
    this.isCounting = isCounting;
    this.#appearTimeoutMs = appearTimeoutMs;
  }

  /** What they all did; null where they differ. */
  abstract get action(): { runtime: string | null; action: string | null };

  get activities(): Activity[] {
    return [...this.byId.values()].map(({ activity }) => activity);
  }

  get hasBeenRead(): boolean {
    return this.readAt > -Infinity;
  }

  get targets(): TargetKind {
    if (this.only) return 'named';
    return this.expect === null ? 'observed' : 'expected';
  }

  /** Whether it is asked for. Whether it came after the trigger is for the caller to say. */
  wants(activity: Activity): boolean {
    return this.only?.has(activity[this.target]) ?? true;
  }

  /** Core has counted the nodes: in the process of a record, or beside this run. */
  noteCount(core: number | null): void {
    this.coreCount = core ?? this.coreCount;
    this.isCounting &&= this.coreCount === null;
  }

  /**
   * Takes in the entries of a good read that may be of this run. A final status never changes. Every
   * read goes down to all open entries (`depthOfFollowing`), so one that it does not show is gone.
   * @returns what changed
   */
  take(shown: readonly Activity[], log: LogRead, now: number): JobEvent[] {
    this.readAt = log.startedAt;
    const seen = this.#seen();
    const before = new Map(this.byId);
    const changes = shown.flatMap((activity): JobEvent[] => {
      const entry = this.byId.get(activity.id);
      if (!entry) return this.#add(activity, seen, log, now);
      before.delete(activity.id);
      entry.goneSince = null;
      if (isFinal(entry.activity) || !hasChanged(entry.activity, activity)) return [];
      entry.activity = activity;
      return [{ event: 'activity', activity }];
    });
    for (const entry of before.values()) {
      if (!isFinal(entry.activity)) entry.goneSince ??= now;
    }
    return changes;
  }

  /** Drops what was taken in, and is not of the run after all. */
  forget(isOther: (activity: Activity) => boolean): void {
    for (const [id, { activity }] of this.byId) {
      if (isOther(activity)) this.byId.delete(id);
    }
  }

  /** @param seen the targets that have an entry: this one's is added */
  #add(activity: Activity, seen: Set<Id>, { serverTime }: LogRead, now: number): JobEvent[] {
    const { id, node_id: node } = activity;
    const createdAt = Date.parse(activity.created_at);
    // The server's time is cut to whole seconds. A time that cannot be parsed says nothing.
    const ageMs = serverTime === null ? 0 : serverTime + SECOND - createdAt;
    const since = now - (Math.max(ageMs, 0) || 0);
    const entry = { activity, createdAt, since, goneSince: null };
    const isEarly = this.isEarly(entry);
    const target = activity[this.target];
    const isDoubled = !isEarly && seen.has(target);
    this.byId.set(id, entry);
    if (!isEarly) {
      this.newAt = now;
      seen.add(target);
    }
    const change: JobEvent = { event: 'activity', activity };
    return isDoubled ? [change, warning('ambiguous', `node ${node}: ${DOUBLED}`)] : [change];
  }

  /** The entries that are neither final nor lost, as far as reads have shown. */
  open(): Activity[] {
    const isOpen = (entry: Entry) => !isFinal(entry.activity) && !this.#isLost(entry);
    return this.#counted()
      .filter(isOpen)
      .map(({ activity }) => activity);
  }

  /** Each that must have an entry has one, as many as are expected (one at least) or Core counts. */
  hasEnough(): boolean {
    const { must, unknown } = this.#lacking();
    return must.length === 0 && unknown === 0 && this.#seen().size >= (this.expect ?? 1);
  }

  /** More nodes have an entry than are expected. */
  hasTooMany(): boolean {
    return this.#seen().size > (this.expect ?? Infinity);
  }

  /** The nodes that have no entry, and need none. */
  mayStillReport(): Id[] {
    return this.#lacking().may;
  }

  /** Nodes that acted, and that neither the log nor Core's count led to expect. */
  unforeseen(): Id[] {
    if (!this.listed?.isWhole || this.targets !== 'observed') return [];
    const known = [...this.listed.here, ...this.listed.elsewhere];
    const seen = [...this.#seen()];
    const isMore = known.length > 0 && seen.length > Math.max(this.coreCount ?? 0, known.length);
    return isMore ? seen.filter((node) => !known.includes(node)) : [];
  }

  #lacking() {
    return lackingOf({
      required: this.#required(),
      elsewhere: this.listed?.elsewhere ?? [],
      seen: this.#seen(),
      coreCount: this.only ? null : this.coreCount,
      expect: this.expect,
    });
  }

  /** Created too long before the trigger to be of it, by the server's clocks. */
  isEarly({ createdAt }: Pick<Entry, 'createdAt'>): boolean {
    return this.createdFrom !== null && createdAt < this.createdFrom;
  }

  /** The newest early entry of each target that has no other. */
  earlyOnly(): Activity[] {
    const counted = new Set(this.#counted().map(({ activity }) => activity.node_id));
    const early = this.activities.filter(({ node_id: node }) => !counted.has(node));
    return [...newestOfEach(early).values()];
  }

  /**
   * All targets, in the order in which they were asked for, then by node.
   * @param emptyStatus of a target that has no entry: null while it is waited for, `missing` at the
   * end
   */
  rows(emptyStatus: typeof MISSING | null): NodeProgress[] {
    const early = new Map(this.earlyOnly().map((activity) => [activity.node_id, activity]));
    const rows = [...this.#byTarget([...early.keys()])].map(([target, entries]) => {
      if (entries.length > 0) return this.#rowOf(entries);
      // Of an early one it is shown, although it does not count.
      const { id = null, created_at = null } = early.get(target) ?? {};
      const known =
        this.target === 'id' ? { activity_id: target } : { node_id: target, activity_id: id };
      return { ...emptyRow(known, emptyStatus), created_at };
    });
    // Of the other nodes that are expected, or that Core counts, nothing but their number is known.
    const nameless = Math.max((this.expect ?? 0) - rows.length, this.#lacking().unknown);
    return [...rows, ...Array.from({ length: nameless }, () => emptyRow({}, emptyStatus))];
  }

  /** Each target's entries that count. @param others targets that are not required */
  #byTarget(others: readonly Id[]): Map<Id, Entry[]> {
    const byTarget = new Map<Id, Entry[]>();
    for (const target of [...this.#required(), ...others]) byTarget.set(target, []);
    for (const target of this.notActedOn) byTarget.delete(target);
    const byNode = this.#counted().sort((a, b) =>
      compareIds(a.activity.node_id, b.activity.node_id),
    );
    for (const entry of byNode) {
      const target = entry.activity[this.target];
      byTarget.set(target, [...(byTarget.get(target) ?? []), entry]);
    }
    return byTarget;
  }

  /** Of several entries of one node, the worst. */
  #rowOf(entries: readonly Entry[]): NodeProgress {
    const { status, activity, since } = entries
      .map((entry) => ({ ...entry, status: this.#isLost(entry) ? MISSING : entry.activity.status }))
      .reduce((a, b) => (severity(b.status) > severity(a.status) ? b : a));
    const { id: activity_id, node_id, created_at, finished_at = null } = activity;
    const known = { node_id, activity_id, status, created_at, finished_at };
    return { ...known, ambiguous: entries.length > 1, since };
  }

  /** The targets that have an entry that counts. */
  #seen(): Set<Id> {
    return new Set(this.#counted().map(({ activity }) => activity[this.target]));
  }

  #counted(): Entry[] {
    return [...this.byId.values()].filter((entry) => !this.isEarly(entry));
  }

  /** The targets that must have an entry. */
  #required(): readonly Id[] {
    return this.named ?? this.listed?.here ?? [];
  }

  /** An open entry that is gone from the log is waited for as long as one that never appeared. */
  #isLost({ goneSince }: Entry): boolean {
    return goneSince !== null && this.readAt - goneSince >= this.#appearTimeoutMs;
  }
}

/** What a trigger did to nodes. */
export class NodeEntries extends Entries {
  constructor(
    readonly wanted: WantedNodes,
    known: Known,
  ) {
    super('node_id', wanted.nodes, known);
    this.expect = wanted.expect ?? null;
  }

  /** The same runtime and action, on a node that was asked for. */
  override wants(activity: Activity): boolean {
    const { runtime, action } = this.wanted;
    const isSame = activity.runtime === runtime && isSameAction(action, activity.action);
    return isSame && super.wants(activity);
  }

  get action() {
    const { runtime, action } = this.wanted;
    return { runtime, action };
  }
}

/** Activities that are known by their ids. */
export class IdEntries extends Entries {
  constructor(
    readonly ids: readonly Id[],
    known: Known,
  ) {
    super('id', ids, known);
  }

  get action() {
    return { runtime: this.#only('runtime'), action: this.#only('action') };
  }

  /** Those that have yet to show up, or to end. */
  get unfinished(): Id[] {
    const unseen = this.ids.filter((id) => !this.byId.has(id));
    return [...idsOf(this.open()), ...unseen];
  }

  #only(field: 'runtime' | 'action'): string | null {
    const [value, ...others] = new Set(this.activities.map((activity) => activity[field]));
    return others.length === 0 ? (value ?? null) : null;
  }
}

/** The worse counts: a rejection, then an entry that is gone, an open one, and a completion. */
function severity(status: string): number {
  if (status === 'rejected') return 3;
  if (status === MISSING) return 2;
  return status === 'completed' ? 0 : 1;
}

export const idsOf = (entries: readonly Activity[]): Id[] => entries.map(({ id }) => id);

/** Far enough to show these entries, and no further. There is always one, or nothing would wait. */
export function belowLowest(ids: readonly Id[]): Id {
  const [lowest = 0n] = ids.toSorted(compareIds);
  return lowest - 1n;
}

/** A row without an entry. */
export const emptyRow = (...known: Parameters<typeof emptyNodeResult>): NodeProgress => ({
  ...emptyNodeResult(...known),
  since: null,
});

/** A row without what only displays need. */
export function resultRow(progress: NodeProgress): NodeResult {
  const { since, stage, stageSince, limitMs, ...row } = progress;
  return row;
}
