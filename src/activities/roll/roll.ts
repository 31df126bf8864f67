import { setMaxListeners } from 'node:events';
import type { Id } from '../../core/ids.js';
import { warning, type RunEvent } from '../../core/progress.js';
import { ActivityLog } from '../activity-log.js';
import { readBaseline } from '../baseline.js';
import { busyError } from '../if-busy.js';
import type { JobReport } from '../job.js';
import { PastDurations } from '../past-durations.js';
import { PollSchedule } from '../poll-schedule.js';
import { Course } from './course.js';
import { memoryOf, NodeTurn } from './node-turn.js';
import type { RollPlan, RollTools } from './plan.js';
import { withReadBudget } from './read-budget.js';
import { RollNode } from './roll-node.js';
import { reportOfRoll } from './roll-report.js';
import { SharedSight } from './shared-sight.js';

/**
 * Acts on one node after the other, a few at once, and stops when it goes wrong (design, "Rolling"). Each node is its
 * own trigger, with its own key and its own record; one follower serves all of them. Once something may have been
 * sent, by this run or an earlier one with the same key, the end is a report.
 *
 * @throws as `trigger` does, when nothing was carried out on any node
 */
export async function* roll(plan: RollPlan, given: RollTools): AsyncGenerator<RunEvent, JobReport> {
  const { clock, signal, stopping, random } = given;
  const tools = { ...given, supervisor: withReadBudget(given.supervisor, clock) };
  // Every node underway listens to them.
  setMaxListeners(0, signal, stopping);
  const nodes = await Promise.all(
    plan.nodes.map(async (node) => new RollNode(node, await memoryOf(plan, tools, node).recall(), plan.gate !== null)),
  );
  const log = new ActivityLog(tools.supervisor, plan.deploymentId, new PastDurations());
  const floor = lowestBaseline(nodes) ?? (await readBaseline(log, { signal })).highestId;
  const deadline = plan.limits.timeoutMs === null ? Infinity : clock.now() + plan.limits.timeoutMs;
  const concerned = new Set(plan.nodes);
  const sight = new SharedSight(log, {
    floor,
    concerns: ({ node_id: node, runtime }) => runtime === plan.runtime && concerned.has(node),
    deadline,
    clock,
    schedule: new PollSchedule(plan.limits.intervalMs, random),
    signal,
  });
  try {
    if (plan.ifBusy === 'fail') await refuseBusy(plan, nodes, sight, signal);
    yield { event: 'baseline', baseline: floor, idempotencyKey: plan.idempotencyKey };
    const course = new Course(plan, tools, { nodes, sight, deadline });
    yield* goThrough(course);
    return reportOfRoll(plan, tools, nodes);
  } finally {
    sight.close();
  }
}

/** Where the log stood before the first node of an earlier run; null when there was none. */
function lowestBaseline(nodes: readonly RollNode[]): Id | null {
  const baselines = nodes.flatMap(({ record }) => (record === null ? [] : [record.baseline.highestId]));
  return baselines.reduce<Id | null>((lowest, id) => (lowest === null || id < lowest ? id : lowest), null);
}

/**
 * For all nodes at once, so that nothing is sent at all. Of a roll that an earlier run began, each node is looked at in
 * its turn.
 * @throws LdctlError (exit 5)
 */
async function refuseBusy(
  plan: RollPlan,
  nodes: readonly RollNode[],
  sight: SharedSight,
  signal: AbortSignal,
): Promise<void> {
  if (nodes.some(({ record }) => record !== null)) return;
  const busy = await sight.busy(plan, signal);
  if (busy.length > 0) throw busyError(busy, 'Wait for it, or choose what to do with --if-busy wait, join or ignore.');
}

/** Goes through the nodes, and tells what happens on the way. */
async function* goThrough(course: Course): AsyncGenerator<RunEvent, void> {
  const { events, tools } = course;
  const stopping = 'no more nodes are started, and those underway are seen out; Ctrl-C again leaves them';
  const tellStop = (): void => {
    events.push(warning('stopping', stopping));
    course.tellProgress();
  };
  tools.stopping.addEventListener('abort', tellStop, { once: true });
  course.tellProgress();
  takeTurns(course).then(
    () => events.close(null),
    (error: unknown) => events.fail(error),
  );
  try {
    yield* events.drain();
  } finally {
    tools.stopping.removeEventListener('abort', tellStop);
  }
}

/** Lets nodes take their turns in their order, so many at a time. */
async function takeTurns(course: Course): Promise<void> {
  const { nodes, plan, tools } = course;
  const underway = new Set<Promise<void>>();
  const begin = (node: RollNode): void => {
    const turn = new NodeTurn(node, course).take().finally(() => underway.delete(turn));
    underway.add(turn);
  };
  const stopped = untilAborted(tools.stopping);
  // What an earlier run began is underway already, whatever the window says.
  for (const node of nodes) if (node.record !== null) begin(node);
  for (const node of nodes.filter(({ record }) => record === null)) {
    while (underway.size >= plan.maxUnavailable && !course.isOver()) await Promise.race([...underway, stopped]);
    if (course.isOver()) break;
    begin(node);
  }
  await Promise.all(underway);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
