import { formatAction } from '../base/activity.js';
import type { RunRecord } from '../base/old-journal.js';
import { emptyNodeResult } from '../base/outcome.js';
import type { ResultEvent, RunStep } from '../base/progress.js';
import type { Supervisor, WireTrigger } from '../base/supervisor.js';
import { Stopwatch } from '../base/stopwatch.js';
import type { Baseline } from './baseline.js';
import { dispatch, type DispatchOutcome } from './dispatch.js';
import type { Job, JobTools, Resume } from './job.js';
import { proofByAnswer, proofByRecord, type Proof } from './proof.js';
import { findReplayed } from './replay.js';
import { openRunLog, type RunLog } from './run-log.js';
import type { RunMemory } from './run-memory.js';
import { failedOutcome, interruptedOutcome, outcomeOf, type RunOutcome } from './run-outcome.js';
import { resultOf, type RunFacts } from './run-result.js';
import { followRun, workOf } from './run.js';
import { StartingPoint, type Clearance, type Tried } from './starting-point.js';
import {
  above,
  targetKindOf,
  targetsOf,
  withLongSettle,
  withProof,
  type Correlation,
  type Targets,
} from './targets.js';
import { memoryOf, requestOf, type TriggerPlan } from './trigger-plan.js';

/**
 * Triggers an action and follows it to its end (design, "Sequence"). Once something may have been sent, it ends with a
 * result; before that, a failure is thrown.
 *
 * @param log how the log is read, when not on one's own
 * @throws ApiError, TransportError, … when nothing was carried out; Interrupted when nothing was sent
 */
export function trigger(plan: TriggerPlan, tools: JobTools, log: RunLog = openRunLog(plan, tools)): Job {
  return new Trigger(plan, tools, log).run();
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
  readonly #log: RunLog;
  readonly #request: WireTrigger;
  readonly #memory: RunMemory;
  /** Since the last POST was made. */
  #sincePost: Stopwatch;

  constructor(plan: TriggerPlan, tools: JobTools, log: RunLog) {
    this.#plan = plan;
    this.#tools = tools;
    this.#log = log;
    this.#request = requestOf(plan);
    this.#memory = memoryOf(plan, tools);
    this.#sincePost = new Stopwatch(tools.clock);
  }

  async *run(): Job {
    const naming = this.#plan.nodes === null ? 'every node' : 'no node';
    const start = await StartingPoint.find({ memory: this.#memory, log: this.#log, clock: this.#tools.clock, naming });
    yield this.#baselineOf(start);
    const sent = yield* this.#dispatch(start);
    const proof = this.#proofOf(sent, start);
    if (sent.kind === 'refused' || (sent.kind === 'interrupted' && !sent.sent)) {
      await this.#memory.forget();
      throw sent.kind === 'refused' ? sent.error : sent.reason;
    }
    const facts = this.#factsOf(sent);
    const scope = this.#scope(start.baseline);
    try {
      if (sent.kind === 'interrupted' || sent.kind === 'unknown') {
        const outcome =
          sent.kind === 'unknown' ? outcomeOf('unconfirmed', sent.error) : interruptedOutcome(sent.reason);
        yield this.#unfollowed(facts, scope, outcome);
        return;
      }
      yield this.#dispatched(facts, start.earlier);
      const found = await this.#whereToFollow(sent, scope);
      const acceptedAt = sent.kind === 'accepted' && !sent.accepted.replayed ? sent.accepted.serverTime : undefined;
      yield* this.#memory.accepted(found.baseline, start.firstPostAt, acceptedAt);
      const isFresh = !start.earlier && found === scope && start.ageMs <= FRESH_MS;
      const proven = { ...found, targets: withProof(found.targets, proof) };
      if (this.#plan.wait) yield* this.#memory.endOf(this.#follow(facts, proven, isFresh));
      else {
        await this.#memory.ended('accepted');
        yield this.#unfollowed(facts, found, outcomeOf('accepted'));
      }
    } catch (error) {
      // It was sent, so whatever fails now ends in a result.
      yield this.#unfollowed(facts, scope, failedOutcome(error));
    }
  }

  async *#dispatch(start: StartingPoint): AsyncGenerator<RunStep, DispatchOutcome> {
    const { earlier, earlierTry } = start;
    if (earlier && !earlierTry) return { kind: 'recovered' };
    const { clock, random, signal, mayPost } = this.#tools;
    const post: Supervisor['trigger'] = (...args) => {
      this.#sincePost = new Stopwatch(clock);
      return this.#tools.supervisor.trigger(...args);
    };
    const { appearTimeoutMs } = this.#plan.limits;
    const isInLog = async (readSignal: AbortSignal): Promise<boolean> => {
      const { targets } = this.#scope(start.baseline);
      return (await start.tail.poll([], { signal: readSignal, tries: 'one' })).some((activity) =>
        targets.owns(activity),
      );
    };
    const clear = (tried: Tried): AsyncGenerator<RunStep, Clearance> => this.#clear(start, tried);
    const tools = { supervisor: { trigger: post }, clock, random, signal, mayPost, clear, isInLog, appearTimeoutMs };
    return yield* dispatch(this.#request, tools, earlierTry);
  }

  /** A baseline that has changed is emitted before the POST, and since that may take its time, it is asked again. */
  async *#clear(start: StartingPoint, tried: Tried): AsyncGenerator<RunStep, Clearance> {
    for (;;) {
      const { baseline } = start;
      const clearance = await start.clear(tried);
      if (start.baseline === baseline) return clearance;
      yield this.#baselineOf(start);
      if (clearance !== 'go') return clearance;
    }
  }

  #baselineOf({ baseline }: StartingPoint): RunStep {
    const { expectNodes, idempotencyKey } = this.#plan;
    const by = targetKindOf(this.#plan);
    const expects = by === 'named' ? null : { count: expectNodes ?? baseline.nodes.length, by };
    return { event: 'baseline', baseline: baseline.highestId, idempotencyKey, ...(expects && { expects }) };
  }

  /**
   * Above the baseline, as a rule. A caller's key whose answer is a replay, although this run sent nothing else, was
   * used before, without a record here: those entries may be on either side of the baseline.
   */
  async #whereToFollow(sent: DispatchOutcome, scope: Scope): Promise<Scope> {
    if (sent.kind !== 'accepted' || !sent.accepted.replayed || !sent.onlyTry || !this.#plan.callersKey) return scope;
    const found = await findReplayed(this.#log.log, sent.accepted.serverTime, { signal: this.#tools.signal });
    // What does not show up above the baseline is missing then.
    return found ? this.#scope({ ...scope.baseline, highestId: found.after }, found.inWindow) : scope;
  }

  /** By this run's own 202, which has arrived just now, or by that of an earlier one (design, "Sequence" 4). */
  #proofOf(sent: DispatchOutcome, { earlier }: StartingPoint): Proof | null {
    const { claimWindowMs } = this.#plan;
    if (sent.kind !== 'accepted') return proofByRecord(earlier?.acceptedAt, claimWindowMs);
    return proofByAnswer(
      sent.accepted,
      { elapsed: this.#tools.clock.elapsed(), sincePost: this.#sincePost },
      claimWindowMs,
    );
  }

  #dispatched(facts: RunFacts, earlier: RunRecord | null): RunStep {
    const { requestId, replayed, recovered } = facts;
    const work = workOf(facts);
    const usualMs = (work && this.#log.past.usualMs(work)) ?? undefined;
    return {
      event: 'dispatched',
      request_id: requestId,
      replayed: replayed === true,
      recovered: recovered === true,
      // Of an earlier run whose POST was lost, nothing came: this one has dispatched it.
      ...(earlier && (replayed === true || recovered === true) && { earlier: this.#memory.tell(earlier) }),
      ...(usualMs !== undefined && { usualMs }),
    };
  }

  #follow(facts: RunFacts, { baseline, targets }: Scope, isFresh: boolean): Job {
    const settled = isFresh ? targets : withLongSettle(targets);
    const from = { after: baseline.highestId, log: this.#log, resume: this.#resume(baseline) };
    return followRun({ facts, targets: settled, hasJustBegun: isFresh, ...from }, this.#plan.limits, this.#tools);
  }

  #scope(baseline: Baseline, inWindow: Correlation['inWindow'] = above(baseline.highestId)): Scope {
    const { deploymentId, runtime, action } = this.#plan;
    return { baseline, targets: targetsOf({ deploymentId, runtime, action, inWindow }, this.#plan, baseline.nodes) };
  }

  #factsOf(sent: Exclude<DispatchOutcome, { kind: 'refused' }>): RunFacts {
    const { deploymentId, runtime, action, idempotencyKey } = this.#plan;
    const asked = { deploymentId, runtime, action: formatAction(action), idempotencyKey };
    switch (sent.kind) {
      case 'accepted':
        return { ...asked, replayed: sent.accepted.replayed, recovered: false, requestId: sent.accepted.requestId };
      case 'recovered':
        return { ...asked, replayed: false, recovered: true, requestId: null };
      case 'unknown':
        return { ...asked, replayed: null, recovered: null, requestId: sent.error.requestId ?? null };
      case 'interrupted':
        return { ...asked, replayed: null, recovered: null, requestId: null };
    }
  }

  /** A result without following: what was asked for, and nothing known of how it goes. */
  #unfollowed(facts: RunFacts, { baseline, targets }: Scope, outcome: RunOutcome): ResultEvent {
    const nodes = (this.#plan.nodes ?? []).map((node_id) => emptyNodeResult({ node_id }, null));
    const resume = this.#tools.resumeCommand(this.#resume(baseline));
    return resultOf(facts, outcome, { targets: targets.kind, nodes, resume });
  }

  #resume(baseline: Baseline): Resume {
    const { runtime, action, nodes, expectNodes } = this.#plan;
    return { after: baseline.highestId, runtime, action, nodes, expectNodes };
  }
}
