import type { Action, Activity, Runtime } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { Mark } from '../base/journal.js';
import { MISSING, type Outcome } from '../base/outcome.js';
import type { Accepted } from '../base/supervisor.js';
import type { LogRead } from '../log/log.js';
import { Entries, nodesOf, notOurs, type ExpectedTenant, type Wanted } from './entries.js';
import { warning, type JobEvent } from './events.js';
import type { Step } from './job.js';
import { failedRead, goodRead, MINUTE, newPace, quicken, SECOND, type Pace } from './pace.js';

/**
 * So long after the first POST it may be sent again, and while its fate is uncertain failing reads
 * are tolerated.
 */
const TRIES = 120 * SECOND;
/** A read that began so long after a lost POST shows what came of it. */
const READ_AFTER = 5 * SECOND;
const NO_TRACE = 'a run with this key was not answered, and the log shows nothing of it';

interface Limits {
  deploymentId: Id;
  /** For all that comes after the dispatch, ms. */
  timeoutMs: number;
  /** How long an entry may take to show up in the log, ms. */
  appearMs: number;
}

export interface RunPlan extends Limits {
  runtime: Runtime;
  action: Action;
  /** Null: every node. Never empty. */
  nodes: readonly Id[] | null;
  /** How many nodes an every-node run must reach; null when the log decides. */
  expect: number | null;
  idempotencyKey: string;
  /** Whether a later run with the key follows this one: a caller's own key, or a roll's. */
  kept: boolean;
  /** False: it ends when it was accepted. */
  wait: boolean;
  ifBusy: 'ignore' | 'wait' | 'fail';
  tenant: ExpectedTenant | null;
}

/** Following without sending. */
export interface WaitPlan extends Limits {
  wanted: Wanted;
  /** Entries above it count; of ids, it is below the lowest. */
  after: Id;
}

/** What a run sends. */
export type Trigger = RunPlan & { wireKey: string };

/**
 * One run: plain data, changed by `nextOfRun` and `takeOfRun` only. Times are ms of the job's
 * clock.
 */
export class Run {
  phase: 'ready' | 'uncertain' | 'following' = 'ready';
  /** The log's highest id right before the POST; null before it was read. */
  baseline: Id | null = null;
  baselineAt = -Infinity;
  /** What keeps its nodes busy, and is waited for. */
  blockedBy: Entries | null = null;
  /** The record that it goes on from, its own or that of another run; 0 for none. */
  generation = 0;
  /** To be written to the journal, beside the record. */
  marks: Step[] = [];
  firstPost: number | null = null;
  /** The wall clock of it, ms UTC. */
  postedAt: number | null = null;
  resendUntil = TRIES;
  maybeSent = false;
  /** Maybe sent by this run, or by the one that has left a record: a replay is of that. */
  sentHere = false;
  lostAt = -Infinity;
  tries = 0;
  waitUntil = -Infinity;
  redirected = false;
  lastError = new LdctlError('unconfirmed', 'fate_unknown', NO_TRACE);
  earlier: { ageMs: number } | null = null;
  accepted: Accepted | null = null;
  /** Known from the log or a record, not from a `202`. */
  recovered = false;
  /** The time limits count from it; null before. */
  acceptedAt: number | null = null;
  deadline = Infinity;
  /**
   * A replay of what someone else has sent: how long before the next read its entries can have been
   * created, ms. That read tells from when to when that was (server's clock, ms UTC), and above
   * which id they are.
   */
  replay: { reach: number; from: number; to: number; floor: Id | null } | null = null;
  readonly entries: Entries;
  readonly pace: Pace;
  /**
   * Where all entries are final: from when on a read says how it ended, since one more may show up.
   */
  decidesAt: number | null = null;
  /** Without an outcome, nothing was sent, because of this error. An interrupt is an error, too. */
  end: { outcome: Outcome | null; error: LdctlError | null } | null = null;
  /** Whether there is something new about its targets. */
  moved = false;
  news: JobEvent[] = [];

  /** @param trigger null where nothing is ever sent */
  constructor(
    readonly plan: Limits,
    readonly trigger: Trigger | null,
    wanted: Wanted,
    now: number,
  ) {
    this.entries = new Entries(wanted, plan.appearMs);
    this.pace = newPace(now);
  }

  /**
   * Nothing may be sent again: the server may have forgotten the key, so that it would be carried
   * out twice.
   */
  isTooLate(now: number): boolean {
    return now - (this.firstPost ?? now) > this.resendUntil;
  }

  mark(mark: Mark): void {
    const { generation } = this;
    if (this.trigger && generation > 0) {
      this.marks.push({ do: 'note', key: this.trigger.wireKey, generation, mark });
    }
  }

  accept(now: number, recovered = false): void {
    this.recovered = recovered;
    this.moved = true;
    this.follow(now);
    const { accepted, earlier, trigger } = this;
    const { requestId = null, replayed = false } = accepted ?? {};
    const known = earlier && (recovered || replayed) && { earlier };
    this.news.push({ event: 'dispatched', request_id: requestId, replayed, recovered, ...known });
    if (trigger?.wait === false) this.end = { outcome: 'accepted', error: null };
  }

  follow(now: number): void {
    this.phase = 'following';
    this.maybeSent = true;
    this.acceptedAt = now;
    this.deadline = now + this.plan.timeoutMs;
    quicken(this.pace, now, now + SECOND / 2);
  }

  /** A POST may have been carried out: the log is read before anything is sent again. */
  lose(lostAt: number, now = lostAt): void {
    this.phase = 'uncertain';
    this.maybeSent = true;
    this.lostAt = lostAt;
    quicken(this.pace, now, now + SECOND / 2);
  }

  /**
   * Nothing more is done: what may have been sent is unconfirmed, all else failed by this error.
   */
  giveUp(error: LdctlError): void {
    const isInterrupt = error instanceof Interrupted;
    const isUnread = !this.trigger && this.entries.readAt === -Infinity && !isInterrupt;
    const outcome = isInterrupt ? 'interrupted' : 'unconfirmed';
    this.end = { outcome: this.maybeSent && !isUnread ? outcome : null, error };
  }
}

export function read(run: Run, log: LogRead, now: number): void {
  run.news.push(...goodRead(run.pace, log, now));
  const problem = notOurs(log.entries, run.plan.deploymentId, run.trigger?.tenant ?? null);
  if (problem) return run.giveUp(problem);
  if (run.blockedBy) return readBlocked(run, run.blockedBy, log, now);
  if (run.phase === 'ready') return readBefore(run, log, now);
  const { entries: shown, startedAt } = log;
  const { entries, replay } = run;
  entries.known ??= nodesOf(shown);
  if (replay?.floor === null) {
    const at = log.serverTime ?? run.accepted?.serverTime;
    if (at) [replay.from, replay.to] = [at - replay.reach, at + MINUTE];
    // Below all that is recent: one that shows up late may have a lower id than those that are
    // there.
    const last = shown.findLastIndex((activity) => isRecent(run, activity));
    replay.floor = shown[last + 1]?.id ?? (shown[last]?.id ?? 1n) - 1n;
  }
  const isById = 'ids' in entries.wanted;
  const recent = shown.filter(
    (activity) => entries.wants(activity) && (isById || isRecent(run, activity)),
  );
  const news = entries.take(replay ? dropOlder(run, recent) : recent, log, now);
  if (news.length > 0) {
    quicken(run.pace, now);
    run.news.push(...news);
    run.moved = true;
  }
  if (run.phase === 'uncertain') readUncertain(run, startedAt, now);
  const { decidesAt } = run;
  judge(run, startedAt);
  if (run.decidesAt !== decidesAt) run.moved = true;
}

/** Above the baseline, or, of a replay, created in its time. */
function isRecent({ replay, baseline }: Run, { id, created_at }: Activity): boolean {
  const at = Date.parse(created_at);
  return id > (baseline ?? 0n) || (replay !== null && at >= replay.from && at <= replay.to);
}

/**
 * Of what was created in the time of a replay, only the newest of each node is of it; those that
 * were taken before it showed up are forgotten. What came after the baseline counts all the same,
 * and the worst of it.
 */
function dropOlder({ entries, baseline }: Run, recent: readonly Activity[]): Activity[] {
  const newest = new Map<Id, Id>();
  for (const { id, node_id: node } of recent) {
    if (id > (newest.get(node) ?? -1n)) newest.set(node, id);
  }
  const isOlder = ({ id, node_id: node }: Activity) =>
    id <= (baseline ?? 0n) && (newest.get(node) ?? -1n) > id;
  for (const { activity } of [...entries.byId.values()]) {
    if (isOlder(activity)) entries.byId.delete(activity.id);
  }
  return recent.filter((activity) => !isOlder(activity));
}

function readBefore(run: Run, log: LogRead, now: number): void {
  const { trigger, entries } = run;
  if (!trigger) return;
  const { nodes, expect, ifBusy, idempotencyKey, runtime } = trigger;
  const { entries: shown, above = 0n, startedAt } = log;
  if (entries.known === null) {
    const isEvery = nodes === null && expect === null;
    entries.known = isEvery ? nodesOf(shown) : [];
    const busy = busyOf(shown, runtime, entries.only);
    if (busy.length > 0) {
      if (ifBusy === 'fail') return run.giveUp(busyError(busy));
      run.news.push(
        warning('busy', `${busyText(busy)}${ifBusy === 'wait' ? '; waiting for that to end' : ''}`),
      );
      if (ifBusy === 'wait') return block(run, busy, log, now);
    }
    // Reading so far back takes a while, so the newest page is read again.
    if (log.requests > 1 && (isEvery || ifBusy !== 'ignore')) return;
  }
  // What a roll reads for another node leaves out all up to that node's baseline.
  const baseline = shown[0]?.id ?? above;
  run.baseline = baseline;
  run.baselineAt = startedAt;
  const expects = nodes === null ? (expect ?? entries.known.length) : 0;
  run.news.push({ event: 'baseline', baseline, idempotencyKey, expects });
}

function block(run: Run, busy: readonly Activity[], log: LogRead, now: number): void {
  run.blockedBy = new Entries({ ids: busy.map(({ id }) => id) }, run.plan.appearMs);
  run.blockedBy.take(busy, log, now);
  run.deadline = log.startedAt + run.plan.timeoutMs;
  run.pace.nextRead = run.pace.earliest;
}

function readBlocked(run: Run, busy: Entries, log: LogRead, now: number): void {
  const counted = log.entries.filter((activity) => busy.wants(activity));
  busy.take(counted, log, now);
  const { open } = busy.standing();
  if (open.length === 0) [run.blockedBy, run.baseline, run.deadline] = [null, null, Infinity];
  else if (log.startedAt >= run.deadline) {
    run.giveUp(busyError(open, 'It did not end in time; a longer --timeout waits longer.'));
  }
}

function readUncertain(run: Run, startedAt: number, now: number): void {
  const lostFor = startedAt - run.lostAt;
  if (run.entries.byId.size > 0) {
    run.mark('accepted');
    run.accept(now, true);
  } else if (run.redirected) {
    if (lostFor >= run.plan.appearMs) run.giveUp(run.lastError);
  } else if (lostFor >= READ_AFTER) {
    if (run.isTooLate(now)) run.giveUp(run.lastError);
    else if (now >= run.waitUntil) run.phase = 'ready';
  }
}

/** Whether a good read that began at this time says how it ended. */
function judge(run: Run, startedAt: number): void {
  const { plan, entries, acceptedAt } = run;
  if (acceptedAt === null || run.end) return;
  const { complete, open, tooMany } = entries.standing();
  // Of what an earlier run has sent, the grace began then.
  const graceEnd = acceptedAt - (run.earlier?.ageMs ?? 0) + graceOf(run);
  const quietFrom = entries.targets === 'observed' ? entries.newAt + 2 * SECOND : -Infinity;
  const decidesAt = complete ? Math.max(graceEnd, quietFrom) : acceptedAt + plan.appearMs;
  const isDecided = open.length === 0 && startedAt >= decidesAt;
  run.decidesAt = open.length === 0 && !isDecided ? decidesAt : null;
  if (!isDecided && startedAt < run.deadline) return;
  // Unconfirmed before rejected before timed out. A run without a single entry is unconfirmed.
  const statuses = entries.rows(MISSING).map(({ status }) => status);
  let outcome: Outcome =
    isDecided && statuses.every((status) => status === 'completed') ? 'completed' : 'timed_out';
  if (statuses.includes('rejected')) outcome = 'rejected';
  if (statuses.length === 0 || statuses.includes(MISSING) || tooMany) outcome = 'unconfirmed';
  run.end = { outcome, error: null };
}

/** So long after the `202` one more entry may show up, ms. */
function graceOf({ entries, replay }: Run): number {
  // Each id has its one entry.
  if ('ids' in entries.wanted) return 0;
  // Until the newest entry of a node shows up, an older one is taken for it.
  if (replay) return 10 * SECOND;
  // The targets are known: only a second entry of one may come, or one node too many.
  if (entries.targets !== 'observed') return 2 * SECOND;
  // A node that the log did not name may report; where it named none, nothing says how many there
  // are.
  return entries.known?.length ? 3 * SECOND : 10 * SECOND;
}

export function unreadable(
  run: Run,
  failure: { error: LdctlError; startedAt: number },
  now: number,
): void {
  const { givesUp, news } = failedRead(
    run.pace,
    failure,
    now,
    run.phase === 'uncertain' ? TRIES : undefined,
  );
  const isFirst = run.trigger
    ? run.phase === 'ready' && !run.blockedBy
    : run.entries.readAt === -Infinity;
  if (givesUp || isFirst || now >= run.deadline) run.giveUp(failure.error);
  else run.news.push(...news);
}

export function busyOf(
  shown: readonly Activity[],
  runtime: string,
  only: ReadonlySet<Id> | null,
): Activity[] {
  return shown.filter(
    (a) => a.status === 'processing' && a.runtime === runtime && (only?.has(a.node_id) ?? true),
  );
}

const BUSY_HINT = 'Wait for it, or choose what to do with --if-busy wait or ignore.';

export function busyError(busy: readonly Activity[], hint = BUSY_HINT): LdctlError {
  return new LdctlError('refused', 'busy', `${busyText(busy)}; nothing was sent`, { hint });
}

function busyText(busy: readonly Activity[]): string {
  const some = busy
    .slice(0, 5)
    .map(({ node_id: node, id, action }) => `node ${node} (activity ${id}, ${action})`);
  const more = busy.length > 5 ? [`and ${busy.length - 5} more`] : [];
  return `already processing: ${[...some, ...more].join(', ')}`;
}
