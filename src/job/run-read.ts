import { type Action, type Activity, type Runtime } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import type { Mark } from '../base/journal.js';
import { MISSING, type Outcome } from '../base/outcome.js';
import { warning, type JobEvent } from './events.js';
import type { Accepted } from '../base/supervisor.js';
import type { LogRead } from '../log/log.js';
import {
  Entries,
  isObserved,
  isWanted,
  notOurs,
  rowsOf,
  standingOf,
  takeEntries,
  type ExpectedTenant,
  type Wanted,
} from './entries.js';
import { failedRead, goodRead, MINUTE, newPace, quicken, SECOND, type Pace } from './pace.js';

/** So long after the first POST it may be sent again. */
const TRIES = 120 * SECOND;

export interface RunPlan {
  deploymentId: Id;
  /** For all that comes after the dispatch; milliseconds, null for none. */
  timeoutMs: number | null;
  /** How long an entry may take to show up in the log, milliseconds. */
  appearMs: number;
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
export interface WaitPlan extends Pick<RunPlan, 'deploymentId' | 'timeoutMs' | 'appearMs'> {
  wanted: Wanted;
  /** Entries above it count; of ids, it is below the lowest. */
  after: Id;
}

/** One run: plain data, changed by `nextOfRun` and `takeOfRun` only. Times are ms of the job's clock. */
export class Run {
  phase: 'blocked' | 'ready' | 'uncertain' | 'following' = 'ready';
  /** The log's highest id right before the POST; null before it was read. */
  baseline: Id | null = null;
  baselineAt = -Infinity;
  /** The record that it goes on from, its own or that of another run; 0 for none. */
  generation = 0;
  /** What is to be noted of records. */
  marks: Array<{ mark: Mark; generation: number }> = [];
  /** What keeps its nodes busy, and is waited for. */
  blockedBy: Entries | null = null;
  firstPost: number | null = null;
  /** The wall clock of it, ms UTC. */
  postedAt: number | null = null;
  lostAt = -Infinity;
  resendUntil = TRIES;
  maybeSent = false;
  /** By this run, or by the one that has left a record: a replay is of that. */
  sentHere = false;
  tries = 0;
  waitUntil = -Infinity;
  redirected = false;
  lastError: LdctlError | null = null;
  earlier: { ageMs: number } | null = null;
  accepted: Accepted | null = null;
  recovered = false;
  /** Null before; what the limits of the log count from. */
  acceptedAt: number | null = null;
  deadline = Infinity;
  /**
   * A replay without a record: how long before the next read its entries can have been created; so from when to when
   * (server's clock, ms UTC), and above which id.
   */
  replay: { reach: number; from: number; to: number; floor: Id | null } | null = null;
  entries: Entries;
  pace: Pace;
  settlesAt: number | null = null;
  end: { outcome: Outcome | null; error: LdctlError | null; interrupted: Interrupted | null } | null = null;
  /** Whether there is something new about its targets. */
  moved = false;
  news: JobEvent[] = [];

  /** @param key null where nothing is ever sent */
  constructor(
    public plan: RunPlan | WaitPlan,
    readonly key: string | null,
    wanted: Wanted,
    now: number,
  ) {
    this.entries = new Entries(wanted, null);
    this.pace = newPace(now);
  }
}

export const isTrigger = (run: Run): run is Run & { plan: RunPlan; key: string } => run.key !== null;

export function begin(run: Run, now: number): void {
  run.acceptedAt = now;
  run.deadline = run.plan.timeoutMs === null ? Infinity : now + run.plan.timeoutMs;
  quicken(run.pace, now, now + SECOND / 2);
}

export function mark(run: Run, what: Mark): void {
  if (run.generation > 0) run.marks.push({ mark: what, generation: run.generation });
}

export function accept(run: Run, now: number, recovered = false): void {
  Object.assign(run, { phase: 'following', maybeSent: true, recovered, moved: true });
  begin(run, now);
  run.news.push({
    event: 'dispatched',
    request_id: run.accepted?.requestId ?? null,
    replayed: run.accepted?.replayed ?? false,
    recovered,
    ...(run.earlier && (recovered || run.accepted?.replayed === true) && { earlier: run.earlier }),
  });
  if (isTrigger(run) && !run.plan.wait) run.end = { outcome: 'accepted', error: null, interrupted: null };
}

/** A POST may have been carried out: the log is read before anything is sent again. */
export function lose(run: Run, lostAt: number, now = lostAt): void {
  Object.assign(run, { phase: 'uncertain', maybeSent: true, lostAt });
  quicken(run.pace, now, now + SECOND / 2);
}

/** Nothing more is done: what may have been sent is unconfirmed, all else failed by this error. */
export function giveUp(run: Run, error: LdctlError): void {
  if (!run.maybeSent || (!isTrigger(run) && run.entries.readAt === -Infinity)) return refuse(run, error);
  run.end = { outcome: 'unconfirmed', error, interrupted: null };
}

/** Nothing was sent, and nothing will be. */
export function refuse(run: Run, error: LdctlError): void {
  run.end = { outcome: null, error, interrupted: error instanceof Interrupted ? error : null };
}

/** Whether nothing may be sent again: the server may have forgotten the key, so that it would be carried out twice. */
export function isTooLate({ firstPost, resendUntil }: Run, now: number): boolean {
  return now - (firstPost ?? now) > resendUntil;
}

export function lost(): LdctlError {
  const what = 'a run with this key was not answered, and the log shows nothing of it';
  return new LdctlError('unconfirmed', 'fate_unknown', what);
}

/** A read that began so long after a lost POST shows what came of it. */
const READ_AFTER = 5 * SECOND;
/** While a POST is uncertain, failing reads are tolerated as long as it may be sent again. */
const OUTAGE_UNCERTAIN = 120 * SECOND;

export function read(run: Run, log: LogRead, now: number): void {
  const { entries: shown, startedAt, serverTime } = log;
  run.news.push(...goodRead(run.pace, log, now));
  const tenant = 'tenant' in run.plan ? run.plan.tenant : null;
  const problem = notOurs(shown, run.plan.deploymentId, tenant);
  if (problem) return giveUp(run, problem);
  if (run.phase === 'ready') return readBefore(run, log, now);
  if (run.blockedBy) return readBlocked(run, run.blockedBy, log, now);
  run.entries.known ??= nodesOf(shown);
  run.entries.readAt = startedAt;
  if (run.replay && run.replay.floor === null) {
    const at = serverTime ?? run.accepted?.serverTime;
    if (at) Object.assign(run.replay, { from: at - run.replay.reach, to: at + MINUTE });
    // One that shows up late may have a lower id than those that are there.
    const last = shown.findLastIndex((activity) => isRecent(run, activity));
    run.replay.floor = shown[last + 1]?.id ?? (shown[last]?.id ?? 1n) - 1n;
  }
  const counted = countedOf(run, shown);
  const news = takeEntries(run.entries, counted, serverTime, now);
  if (news.length > 0) {
    quicken(run.pace, now);
    run.news.push(...news);
    run.moved = true;
  }
  if (run.phase === 'uncertain') readUncertain(run, startedAt, now);
  const settled = run.settlesAt;
  judge(run, startedAt);
  if (run.settlesAt !== settled) run.moved = true;
}

/** What came after the baseline did, whatever its time. */
function isRecent({ replay, baseline }: Run, { id, created_at }: Activity): boolean {
  const at = Date.parse(created_at);
  return id > (baseline ?? 0n) || (replay !== null && at >= replay.from && at <= replay.to);
}

/** All that says whose an entry is. */
function countedOf(run: Run, shown: readonly Activity[]): Activity[] {
  const { replay, entries } = run;
  if ('ids' in entries.wanted) return shown.filter((activity) => isWanted(entries, activity));
  const baseline = run.baseline ?? 0n;
  if (!replay) return shown.filter((activity) => activity.id > baseline && isWanted(entries, activity));
  const recent = shown.filter((activity) => isWanted(entries, activity) && isRecent(run, activity));
  const newest = new Map<Id, Id>();
  for (const { id, node_id: node } of recent) if (id > (newest.get(node) ?? -1n)) newest.set(node, id);
  // What came after the baseline counts all the same, and the worst of it.
  const isOlder = ({ id, node_id: node }: Activity): boolean => id <= baseline && (newest.get(node) ?? -1n) > id;
  for (const { activity } of [...entries.byId.values()]) if (isOlder(activity)) entries.byId.delete(activity.id);
  return recent.filter((activity) => !isOlder(activity));
}

function readBefore(run: Run, { entries: shown, above, startedAt, requests, serverTime }: LogRead, now: number): void {
  if (!isTrigger(run)) return;
  const { plan, entries } = run;
  if (entries.known === null) {
    const everyNode = plan.nodes === null && plan.expect === null;
    entries.known = everyNode ? nodesOf(shown) : [];
    const busy = busyOf(shown, plan.runtime, entries.only);
    if (busy.length > 0 && plan.ifBusy === 'fail') return refuse(run, busyError(busy));
    if (busy.length > 0) {
      run.news.push(warning('busy', `${busyText(busy)}${plan.ifBusy === 'wait' ? '; waiting for that to end' : ''}`));
    }
    if (busy.length > 0 && plan.ifBusy === 'wait') {
      const deadline = plan.timeoutMs === null ? Infinity : startedAt + plan.timeoutMs;
      const blockedBy = new Entries({ ids: busy.map(({ id }) => id) }, null);
      takeEntries(blockedBy, busy, serverTime, now);
      Object.assign(run, { phase: 'blocked', blockedBy, deadline });
      run.pace.nextRead = run.pace.earliest;
      run.lastError = busyError(busy, 'It did not end in time; a longer --timeout waits longer.');
      return;
    }
    // Reading so far back takes a while, so the newest page is read again.
    if (requests > 1 && (everyNode || plan.ifBusy !== 'ignore')) return;
  }
  // What a roll reads for another node leaves out all up to that node's baseline.
  run.baseline = [highestOf(shown), above ?? 0n].reduce((a, b) => (a > b ? a : b));
  run.baselineAt = startedAt;
  const { baseline } = run;
  const expects = plan.nodes === null ? (plan.expect ?? entries.known.length) : 0;
  run.news.push({ event: 'baseline', baseline, idempotencyKey: plan.idempotencyKey, expects });
}

function readBlocked(run: Run, busy: Entries, { entries: shown, startedAt, serverTime }: LogRead, now: number): void {
  const counted = shown.filter((activity) => isWanted(busy, activity));
  takeEntries(busy, counted, serverTime, now);
  busy.readAt = startedAt;
  if (standingOf(busy, run.plan.appearMs).open.length === 0) {
    Object.assign(run, { phase: 'ready', blockedBy: null, baseline: null, deadline: Infinity, lastError: null });
    return;
  }
  if (startedAt >= run.deadline && run.lastError) refuse(run, run.lastError);
}

function readUncertain(run: Run, startedAt: number, now: number): void {
  if (run.entries.byId.size > 0) {
    mark(run, 'accepted');
    return accept(run, now, true);
  }
  const error = run.lastError ?? lost();
  if (run.redirected) {
    if (startedAt - run.lostAt >= run.plan.appearMs) giveUp(run, error);
    return;
  }
  if (startedAt - run.lostAt < READ_AFTER) return;
  if (isTooLate(run, now)) giveUp(run, error);
  else if (now >= run.waitUntil) run.phase = 'ready';
}

/** Whether a good read that began at this time says how it ended. */
function judge(run: Run, startedAt: number): void {
  const { plan, entries, acceptedAt } = run;
  if (acceptedAt === null || run.end) return;
  const standing = standingOf(entries, plan.appearMs);
  const { wanted } = entries;
  run.settlesAt = null;
  if (standing.open.length === 0) {
    const byLog = isObserved(wanted);
    const grace = 'ids' in wanted ? 0 : run.replay || (byLog && !entries.known?.length) ? 10 : byLog ? 3 : 2;
    // What was accepted by an earlier run has had that time since.
    const since = acceptedAt - (run.earlier?.ageMs ?? 0);
    const quiet = byLog ? entries.newAt + 2 * SECOND : -Infinity;
    const settlesAt = standing.complete ? Math.max(since + grace * SECOND, quiet) : acceptedAt + plan.appearMs;
    if (startedAt >= settlesAt) return finish(run, null);
    run.settlesAt = settlesAt;
  }
  if (startedAt >= run.deadline) finish(run, 'deadline');
}

/** The one word for it all: unconfirmed before rejected before timed out. A run without a single entry is unconfirmed. */
function finish(run: Run, cut: 'deadline' | null): void {
  const rows = rowsOf(run.entries, run.plan.appearMs, MISSING);
  const statuses = rows.map(({ status }) => status);
  const { tooMany } = standingOf(run.entries, run.plan.appearMs);
  let outcome: Outcome = cut === null && statuses.every((status) => status === 'completed') ? 'completed' : 'timed_out';
  if (statuses.includes('rejected')) outcome = 'rejected';
  if (rows.length === 0 || statuses.includes(MISSING) || tooMany) outcome = 'unconfirmed';
  run.end = { outcome, error: null, interrupted: null };
}

export function unreadable(run: Run, failure: { error: LdctlError; startedAt: number }, now: number): void {
  const { error } = failure;
  const tolerated = run.phase === 'uncertain' ? OUTAGE_UNCERTAIN : undefined;
  const { isOver, news } = failedRead(run.pace, failure, now, tolerated);
  if (run.phase === 'ready' && !run.maybeSent) return refuse(run, error);
  const isFirstRead = !isTrigger(run) && run.entries.readAt === -Infinity;
  if (isOver || isFirstRead || now >= run.deadline) return giveUp(run, error);
  run.news.push(...news);
}

export function busyOf(shown: readonly Activity[], runtime: string, only: ReadonlySet<Id> | null): Activity[] {
  return shown.filter(
    (activity) =>
      activity.status === 'processing' && activity.runtime === runtime && (only?.has(activity.node_id) ?? true),
  );
}

const BUSY_HINT = 'Wait for it, or choose what to do with --if-busy wait or ignore.';

export function busyError(busy: readonly Activity[], hint = BUSY_HINT): LdctlError {
  return new LdctlError('refused', 'busy', `${busyText(busy)}; nothing was sent`, { hint });
}

function busyText(busy: readonly Activity[]): string {
  const some = busy.slice(0, 5).map(({ node_id: node, id, action }) => `node ${node} (activity ${id}, ${action})`);
  const more = busy.length > 5 ? [`and ${busy.length - 5} more`] : [];
  return `already processing: ${[...some, ...more].join(', ')}`;
}

function highestOf(activities: readonly Activity[]): Id {
  return activities.reduce((highest, { id }) => (id > highest ? id : highest), 0n);
}

function nodesOf(activities: readonly Activity[]): Id[] {
  return [...new Set(activities.map(({ node_id: node }) => node))].sort(compareIds);
}
