import assert from 'node:assert/strict';
import { type RollPlan, type RollTools } from '../../src/activities/roll/plan.js';
import { roll } from '../../src/activities/roll/roll.js';
import { Interrupted, type StopSignal } from '../../src/base/errors.js';
import { type Id } from '../../src/base/ids.js';
import { type GateResult } from '../../src/base/outcome.js';
import { type NodeProgress, type ResultEvent, type RunStep } from '../../src/base/progress.js';
import { type Gate, type GateFacts, type RollStage } from '../../src/base/roll.js';
import { JobBench } from './run.js';

/** The nodes `1n … count`. */
export function nodesUpTo(count: number): Id[] {
  return Array.from({ length: count }, (_, index) => BigInt(index + 1));
}

/** A rolling restart of iggy on nodes 1 to 9, one at a time, without a limit for the whole. */
export function rollPlan(changes: Partial<RollPlan> = {}): RollPlan {
  return {
    deploymentId: 71n,
    runtime: 'iggy',
    action: { verb: 'restart' },
    nodes: nodesUpTo(9),
    idempotencyKey: 'key',
    callersKey: false,
    claimWindowMs: 2000,
    limits: { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 },
    maxUnavailable: 1,
    pauseMs: 0,
    continueOnError: false,
    nodeTimeoutMs: 600_000,
    ifBusy: 'ignore',
    gate: null,
    options: {},
    ...changes,
  };
}

/** A roll, all of it in virtual time, and the user who may stop it. */
export class RollBench extends JobBench {
  readonly stopping = new AbortController();
  /** The gates that were asked, in order. */
  readonly asked: GateFacts[] = [];

  constructor() {
    super();
    this.supervisor.nodes = nodesUpTo(9);
    this.supervisor.addHistory(9, { createdAt: this.clock.now() - 3_600_000 });
  }

  rollTools(changes: Partial<RollTools> = {}): RollTools {
    return {
      ...this.tools(),
      stopping: this.stopping.signal,
      memory: null,
      sharesRecords: true,
      rollCommand: (nodes) => `roll ${nodes === null ? '--resume' : nodes.join(',')}`,
      ...changes,
    };
  }

  /** Runs a roll to its end. @throws AssertionError when it leaves a timer behind */
  async roll(changes: Partial<RollPlan> = {}, onEvent?: (event: RunStep) => void): Promise<ResultEvent> {
    const { asleep } = this.clock;
    try {
      return await this.run(roll(rollPlan(changes), this.rollTools()), onEvent);
    } finally {
      assert.ok(this.clock.asleep <= asleep, 'a timer was left behind');
    }
  }

  /** The first Ctrl-C. */
  stopSoftly(): void {
    this.stopping.abort(new Interrupted('SIGINT'));
  }

  /** The second Ctrl-C, or SIGTERM. */
  interrupt(signal: StopSignal): void {
    this.stop.abort(new Interrupted(signal));
  }

  /** A gate that takes this long, in virtual time, and ends so. */
  gate(takesMs: number, exitCodeOf: (node: Id) => number = () => 0): Gate {
    return async (facts, { signal, timeLeftMs }) => {
      this.asked.push(facts);
      await this.clock.sleep(Math.min(takesMs, timeLeftMs), signal);
      if (takesMs > timeLeftMs) return gateEnd({ exit_code: null, timed_out: true });
      return gateEnd({ exit_code: exitCodeOf(facts.nodeId) });
    };
  }

  /** The nodes that were posted to, in order. */
  get postedTo(): Id[] {
    return this.supervisor.posts.flatMap(({ nodes }) => nodes ?? []);
  }

  /** How often the action was carried out on each node. */
  get timesActedOn(): Map<Id, number> {
    const times = new Map<Id, number>();
    for (const { activity } of this.ownEntries) times.set(activity.node_id, (times.get(activity.node_id) ?? 0) + 1);
    return times;
  }

  /** The most activities that were underway at once, from the POST to the end, by the server's own account. */
  get mostAtOnce(): number {
    const changes = this.ownEntries.flatMap(({ activity, statuses }) => [
      // It is cut to whole milliseconds, which virtual time is not.
      { at: Date.parse(activity.created_at) + 1, by: 1 },
      { at: statuses.at(-1)?.from ?? Infinity, by: -1 },
    ]);
    // At one moment, what ends does so before the next begins.
    changes.sort((a, b) => a.at - b.at || a.by - b.by);
    let now = 0;
    return Math.max(...changes.map(({ by }) => (now += by)));
  }

  get ownEntries(): typeof this.supervisor.entries {
    return this.supervisor.entries.filter(({ activity }) => activity.action !== 'start');
  }

  /** The stages of a node, each once, in the order they were told. */
  stagesOf(node: Id): RollStage[] {
    const stages = this.rows.flatMap((nodes) => nodes.find(({ node_id: id }) => id === node)?.stage ?? []);
    return stages.filter((stage, index) => stage !== stages[index - 1]);
  }

  /** All pictures of the nodes that were told. */
  get rows(): Array<readonly NodeProgress[]> {
    return this.events.flatMap((event) => (event.event === 'progress' ? [event.nodes] : []));
  }
}

export function gateEnd(fields: Partial<GateResult> = {}): GateResult {
  return { exit_code: 0, timed_out: false, took_ms: 5, ...fields };
}
