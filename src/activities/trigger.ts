import { formatAction, type Action, type Runtime } from '../core/activity.js';
import { LdctlError } from '../core/errors.js';
import { sortedUnique, type Id } from '../core/ids.js';
import type { RunRecord } from '../core/journal.js';
import type { NodeResult } from '../core/outcome.js';
import type { RunEvent } from '../core/progress.js';
import { ActivityLog } from './activity-log.js';
import type { Baseline } from './baseline.js';
import { dispatch, type DispatchEnd } from './dispatch.js';
import type { FollowLimits, JobReport, JobTools, Resume } from './job.js';
import { LogTail } from './log-tail.js';
import { PastDurations } from './past-durations.js';
import { findReplayed } from './replay.js';
import { failedVerdict, interruptedVerdict, verdictOf, type Verdict } from './report.js';
import { RunMemory } from './run-memory.js';
import { followRun, reportOf, workOf, type RunFacts } from './run.js';
import { ownSight, type Sight } from './sight.js';
import { above, targetsOf, withLongSettle, type Correlation, type Targets } from './targets.js';
import { wireKey } from './wire-key.js';

export interface TriggerPlan {
  deploymentId: Id;
  runtime: Runtime;
  action: Action;
  /** Null: every node. Never empty. */
  nodes: readonly Id[] | null;
  /** How many nodes an every-node trigger must reach; null when the log is to tell. */
  expectNodes: number | null;
  idempotencyKey: string;
  /** The key is the caller's own: a later run with it is the same trigger, and the journal remembers it. */
  callersKey: boolean;
  wait: boolean;
  limits: FollowLimits;
}

/**
 * Triggers an action and follows it to its end (design, "Sequence"). Once something may have been sent, the end is a
 * report; before that, a failure is thrown.
 *
 * @param sight how the log is looked at, when not on one's own
 * @throws ApiError, TransportError, … when nothing was carried out; Interrupted when nothing was sent
 */
export function trigger(
  plan: TriggerPlan,
  tools: JobTools,
  sight?: Sight,
): AsyncGenerator<RunEvent, JobReport> {
  return new Trigger(plan, tools, sight).run();
}

/** Where a trigger's entries are to be looked for. */
interface Scope {
  baseline: Baseline;
  targets: Targets;
}

/** Whoever does the same on the same node within this time of the baseline cannot be told apart (ms). */
const FRESH_MS = 2000;

class Trigger {
  readonly #plan: TriggerPlan;
  readonly #tools: JobTools;
  readonly #log: ActivityLog;
  readonly #sight: Sight;
  readonly #wireKey: string;
  readonly #memory: RunMemory;

  constructor(plan: TriggerPlan, tools: JobTools, sight?: Sight) {
    this.#plan = plan;
    this.#tools = tools;
    this.#log = new ActivityLog(tools.supervisor, plan.deploymentId, new PastDurations());
    this.#sight = sight ?? ownSight(this.#log);
    this.#wireKey = wireKey(plan.idempotencyKey, plan);
    this.#memory = new RunMemory(plan.callersKey ? tools.journal : null, this.#wireKey, tools.clock);
  }

  async *run(): AsyncGenerator<RunEvent, JobReport> {
    const { clock, signal } = this.#tools;
    const startedAt = clock.now();
    const known = await this.#memory.recall();
    const read = known?.baseline ?? (await this.#sight.baseline(signal));
    const firstPostAt = known?.firstPostAt ?? clock.now();
    const earlier = known ?? (await this.#memory.claim(read, firstPostAt));
    const scope = this.#scope(earlier?.baseline ?? read);
    yield { event: 'baseline', baseline: scope.baseline.highestId, idempotencyKey: this.#plan.idempotencyKey };

    const end = yield* this.#dispatch(scope, earlier);
    if (end.kind === 'refused' || (end.kind === 'interrupted' && !end.sent)) {
      await this.#memory.forget();
      throw end.kind === 'refused' ? end.error : end.reason;
    }
    const facts = this.#factsOf(end);
    try {
      if (end.kind === 'interrupted') return this.#unfollowed(facts, scope, interruptedVerdict(end.reason));
      if (end.kind === 'unknown') return this.#unfollowed(facts, scope, verdictOf('unconfirmed', end.error));
      yield this.#dispatched(facts);
      const found = await this.#whereToFollow(end, scope);
      yield* this.#memory.accepted(found.baseline, earlier?.firstPostAt ?? firstPostAt);
      if (!this.#plan.wait) return this.#unfollowed(facts, found, verdictOf('accepted'));
      const isFresh = !earlier && found === scope && clock.now() - startedAt <= FRESH_MS;
      return yield* this.#follow(facts, found, isFresh);
    } catch (error) {
      // It was sent, so whatever fails now ends in a report.
      return this.#unfollowed(facts, scope, failedVerdict(error));
    }
  }

  async *#dispatch(scope: Scope, earlier: RunRecord | null): AsyncGenerator<RunEvent, DispatchEnd> {
    if (earlier && earlier.state !== 'posting') return { kind: 'recovered' };
    const { clock, random, signal, supervisor, mayPost } = this.#tools;
    const { deploymentId, runtime, action, nodes } = this.#plan;
    const tail = new LogTail(this.#log, scope.baseline.highestId);
    const look = async (lookSignal: AbortSignal): Promise<boolean> => {
      const shown = await tail.poll([], { signal: lookSignal, tries: 'one' });
      return shown.some((activity) => scope.targets.owns(activity));
    };
    return yield* dispatch(
      { deploymentId, runtime, action, nodes: nodes && sortedUnique(nodes), wireKey: this.#wireKey },
      { supervisor, clock, random, signal, mayPost, look },
      earlier && { error: killedRun(), resendUntil: this.#memory.resendUntil(earlier) },
    );
  }

  /**
   * Above the baseline, as a rule. A caller's key whose answer is a replay, although this run sent nothing else, was
   * used before, without a record here: those entries may be on either side of the baseline.
   */
  async #whereToFollow(end: DispatchEnd, scope: Scope): Promise<Scope> {
    if (end.kind !== 'accepted' || !end.accepted.replayed || !end.onlyTry || !this.#plan.callersKey) return scope;
    const { serverTime } = end.accepted;
    // Without the server's clock there is no window to look in; what does not show up above the baseline is missing.
    if (serverTime === null) return scope;
    const { after, inWindow } = await findReplayed(this.#log, serverTime, { signal: this.#tools.signal });
    return this.#scope({ ...scope.baseline, highestId: after }, inWindow);
  }

  #dispatched(facts: RunFacts): RunEvent {
    const { requestId, replayed, recovered } = facts;
    const work = workOf(facts);
    const usualMs = (work && this.#sight.past.usualMs(work)) ?? undefined;
    return {
      event: 'dispatched',
      request_id: requestId,
      replayed: replayed === true,
      recovered: recovered === true,
      ...(usualMs !== undefined && { usualMs }),
    };
  }

  #follow(facts: RunFacts, { baseline, targets }: Scope, isFresh: boolean): AsyncGenerator<RunEvent, JobReport> {
    const settled = isFresh ? targets : withLongSettle(targets);
    const from = { after: baseline.highestId, sight: this.#sight, resume: this.#resume(baseline) };
    return followRun({ facts, targets: settled, hasJustBegun: isFresh, ...from }, this.#plan.limits, this.#tools);
  }

  #scope(baseline: Baseline, inWindow: Correlation['inWindow'] = above(baseline.highestId)): Scope {
    const { runtime, action } = this.#plan;
    return { baseline, targets: targetsOf({ runtime, action, inWindow }, this.#plan, baseline.nodes) };
  }

  #factsOf(end: Exclude<DispatchEnd, { kind: 'refused' }>): RunFacts {
    const { deploymentId, runtime, action, idempotencyKey } = this.#plan;
    const asked = { deploymentId, runtime, action: formatAction(action), idempotencyKey };
    switch (end.kind) {
      case 'accepted':
        return { ...asked, replayed: end.accepted.replayed, recovered: false, requestId: end.accepted.requestId };
      case 'recovered':
        return { ...asked, replayed: false, recovered: true, requestId: null };
      case 'unknown':
        return { ...asked, replayed: null, recovered: null, requestId: end.error.requestId ?? null };
      case 'interrupted':
        return { ...asked, replayed: null, recovered: null, requestId: null };
    }
  }

  /** A report without following: what was asked for, and nothing known of how it goes. */
  #unfollowed(facts: RunFacts, scope: Scope, verdict: Verdict): JobReport {
    const nodes = (this.#plan.nodes ?? []).map(unseen);
    const command = this.#tools.resumeCommand(this.#resume(scope.baseline));
    return reportOf(facts, scope.targets.kind, verdict, nodes, command);
  }

  #resume(baseline: Baseline): Resume {
    const { runtime, action, nodes, expectNodes } = this.#plan;
    return { after: baseline.highestId, runtime, action, nodes, expectNodes };
  }
}

function killedRun(): LdctlError {
  const what = 'an earlier run with this key ended before it knew what became of it';
  return new LdctlError('unconfirmed', 'earlier_run', what);
}

function unseen(node: Id): NodeResult {
  return {
    node_id: node,
    activity_id: null,
    status: null,
    created_at: null,
    finished_at: null,
    ambiguous: false,
  };
}
