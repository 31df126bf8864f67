import { setMaxListeners } from 'node:events';
import { onAbort, untilAborted } from '../../base/abort.js';
import { Interrupted } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import { warning, type RunStep } from '../../base/progress.js';
import { ActivityLog } from '../activity-log.js';
import { readHighestId } from '../baseline.js';
import { busyError } from '../if-busy.js';
import type { Job } from '../job.js';
import { PastDurations } from '../past-durations.js';
import { deadlineOf } from '../run.js';
import { memoryOf } from '../trigger-plan.js';
import { RollContext } from './context.js';
import { NodeRunner } from './node-runner.js';
import type { RollPlan, RollTools } from './plan.js';
import { withReadBudget } from './read-budget.js';
import { RollLog } from './roll-log.js';
import { RollNode } from './roll-node.js';
import { resultOfRoll } from './roll-result.js';

/**
 * Acts on one node after the other, a few at once, and stops when it goes wrong (design, "Rolling"). Each node is its
 * own trigger, with its own key and its own record; one follower serves all of them. Once something may have been
 * sent, by this run or an earlier one with the same key, it ends with a result.
 *
 * @throws as `trigger` does, when nothing was carried out on any node
 */
export async function* roll(plan: RollPlan, given: RollTools): Job {
  const { clock, signal, stopping } = given;
  const tools = { ...given, supervisor: withReadBudget(given.supervisor, clock) };
  // Every node underway listens to them.
  setMaxListeners(0, signal, stopping);
  const nodes = await Promise.all(
    plan.nodes.map(async (node) => {
      const record = await memoryOf({ ...plan, nodes: [node] }, tools).recall();
      return new RollNode(node, record, plan.gate !== null);
    }),
  );
  const log = new ActivityLog(tools.supervisor, plan.deploymentId, new PastDurations());
  const floor = lowestBaseline(nodes) ?? (await readHighestId(log, { signal }));
  const deadline = deadlineOf(plan.limits, clock.elapsed());
  const concerned = new Set(plan.nodes);
  const rollLog = new RollLog(
    log,
    {
      floor,
      concerns: ({ node_id: node, runtime }) => runtime === plan.runtime && concerned.has(node),
      deadline,
      intervalMs: plan.limits.intervalMs,
    },
    tools,
  );
  try {
    if (plan.ifBusy === 'fail') await refuseBusy(plan, nodes, rollLog);
    const kept = yield* keep(plan, tools);
    yield { event: 'baseline', baseline: floor, idempotencyKey: plan.idempotencyKey };
    yield* goThrough(new RollContext(kept, tools, { nodes, log: rollLog, deadline }));
    yield resultOfRoll(kept, tools, nodes);
  } finally {
    rollLog.close();
  }
}

/** Where the log stood before the first node of an earlier run; null when there was none. */
function lowestBaseline(nodes: readonly RollNode[]): Id | null {
  const baselines = nodes.flatMap(({ record }) => (record === null ? [] : [record.baseline.highestId]));
  return baselines.reduce<Id | null>((lowest, id) => (lowest === null || id < lowest ? id : lowest), null);
}

/**
 * For all nodes at once, so that nothing is sent at all. Of a roll that an earlier run began, each node is asked about when it
 * is reached.
 * @throws LdctlError (exit 5)
 */
async function refuseBusy(plan: RollPlan, nodes: readonly RollNode[], log: RollLog): Promise<void> {
  if (nodes.some(({ record }) => record !== null)) return;
  const busy = await log.busy(plan);
  if (busy.length > 0) throw busyError(busy, 'Wait for it, or choose what to do with --if-busy wait, join or ignore.');
}

/**
 * Has the roll remembered, and each of its nodes. One with a random key goes without where that cannot be.
 * @throws LdctlError when it cannot be, of a caller's key: a re-run would not know of it
 */
async function* keep(plan: RollPlan, { memory }: RollTools): AsyncGenerator<RunStep, RollPlan> {
  if (memory === null) return plan;
  if (plan.callersKey) await memory.keep(plan.nodes, plan.options);
  else yield* memory.tryToKeep(plan.nodes, plan.options);
  return { ...plan, callersKey: plan.callersKey || memory.isKept };
}

/** Waits until the next node may begin. One waits at a time, so that a roll that is over does not wait for all. @returns false at an interrupt */
async function isTurn({ beginnings, tools }: RollContext): Promise<boolean> {
  try {
    await beginnings.acquire(tools.signal);
    return true;
  } catch (error) {
    if (error instanceof Interrupted) return false;
    throw error;
  }
}

/** Takes the nodes through it, and yields what they emit. */
async function* goThrough(roll: RollContext): AsyncGenerator<RunStep, void> {
  const { events, tools } = roll;
  const release = onAbort(tools.stopping, () => {
    events.push(
      warning('stopping', 'no more nodes are started, and those underway are seen out; Ctrl-C again leaves them'),
    );
    roll.emitProgress();
  });
  roll.emitProgress();
  runNodes(roll).then(
    () => events.close(),
    (error: unknown) => events.fail(error),
  );
  try {
    yield* events.drain();
  } finally {
    release();
  }
}

/** Runs the nodes in their order, so many at a time. */
async function runNodes(roll: RollContext): Promise<void> {
  const { nodes, plan, tools } = roll;
  const underway = new Set<Promise<void>>();
  const begin = (node: RollNode): void => {
    const run = new NodeRunner(node, roll).run().finally(() => underway.delete(run));
    underway.add(run);
  };
  const stopped = untilAborted(tools.stopping);
  // What an earlier run began is underway already, whatever the window says.
  for (const node of nodes) if (node.record !== null) begin(node);
  for (const node of nodes.filter(({ record }) => record === null)) {
    while (underway.size >= plan.maxUnavailable && !roll.isOver()) await Promise.race([...underway, stopped]);
    if (roll.isOver() || !(await isTurn(roll)) || roll.isOver()) break;
    begin(node);
  }
  await Promise.all(underway);
}
