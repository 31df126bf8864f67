import { formatAction } from '../../core/activity.js';
import { Interrupted, LdctlError } from '../../core/errors.js';
import type { RunEvent } from '../../core/progress.js';
import type { Gate } from '../../core/roll.js';
import { CALLED_OFF } from '../dispatch.js';
import { BUSY, triggerIfNotBusy } from '../if-busy.js';
import { linkedController } from '../linked-controller.js';
import { asLdctlError } from '../report.js';
import { RunMemory } from '../run-memory.js';
import type { TriggerPlan } from '../trigger.js';
import { wireKey } from '../wire-key.js';
import type { Course } from './course.js';
import type { RollPlan, RollTools } from './plan.js';
import type { RollNode } from './roll-node.js';

/** The turn of one node: its trigger to the end, then the pause, then the gate. */
export class NodeTurn {
  readonly #node: RollNode;
  readonly #course: Course;

  constructor(node: RollNode, course: Course) {
    this.#node = node;
    this.#course = course;
  }

  /** Never throws: what goes wrong is the node's to tell. */
  async take(): Promise<void> {
    const node = this.#node;
    const course = this.#course;
    try {
      if (!node.isKnownSent) await course.beginnings.turn(course.tools.signal);
      if (node.record === null && course.isOver()) return;
      await this.#trigger();
      if (node.isCompleted) await this.#passOn();
    } catch (error) {
      if (!(error instanceof Interrupted)) node.failure = { error };
    }
    this.#judge();
    node.stage = node.isStarted || node.failure !== null ? 'done' : 'waiting';
    course.tellProgress();
  }

  /** What the API refuses for one node it will hardly do for the next; other trouble may be a node's own. */
  #judge(): void {
    const { nodeId, report, failure, isHeldByGate, isCompleted } = this.#node;
    const { plan } = this.#course;
    if (failure !== null) this.#course.halt(`node ${nodeId}: ${asLdctlError(failure.error).message}`);
    else if (isHeldByGate) this.#course.halt(`the gate after node ${nodeId} has failed`);
    else if (report !== null && !isCompleted && !plan.continueOnError) {
      this.#course.halt(`node ${nodeId} has not completed`);
    }
  }

  async #trigger(): Promise<void> {
    const node = this.#node;
    const { plan, tools, sight, mayPost } = this.#course;
    node.startedAt ??= tools.clock.now();
    node.stage = 'running';
    this.#course.tellProgress();
    const job = triggerIfNotBusy(this.#plan(), plan.ifBusy, { ...tools, mayPost }, sight);
    try {
      for (;;) {
        const next = await job.next();
        if (next.done) {
          node.report = next.value;
          return;
        }
        this.#hear(next.value);
      }
    } catch (error) {
      node.withdraw();
      if (!this.#isCalledOff(error)) throw error;
    }
  }

  /** Not begun because the roll is over: halted in the last moment, or out of time while the node was busy. */
  #isCalledOff(error: unknown): boolean {
    if (!(error instanceof LdctlError)) return false;
    return error.code === CALLED_OFF || (error.code === BUSY && this.#course.isLate());
  }

  #plan(): TriggerPlan {
    const { limits, nodeTimeoutMs, ...plan } = this.#course.plan;
    return {
      ...plan,
      nodes: [this.#node.nodeId],
      expectNodes: null,
      wait: true,
      limits: { ...limits, timeoutMs: nodeTimeoutMs },
    };
  }

  /** Hands on what a node's own run tells, as part of the whole. */
  #hear(event: RunEvent): void {
    const { events } = this.#course;
    this.#node.note(event);
    switch (event.event) {
      case 'baseline':
        // That of the whole roll was told, and is what a person needs.
        return;
      case 'progress':
        this.#course.tellProgress();
        return;
      case 'dispatched':
        events.push({ ...event, node_id: this.#node.nodeId });
        return;
      default:
        events.push(event);
    }
  }

  /** What comes between the completion of a node and the next one: a pause, and the gate. */
  async #passOn(): Promise<void> {
    const node = this.#node;
    const course = this.#course;
    const { gate, pauseMs } = course.plan;
    if (node.record?.state === 'passed' || course.isOver()) return;
    const isLast = course.nodes.every(({ stage }) => stage !== 'waiting');
    if (pauseMs > 0 && (gate !== null || !isLast)) await this.#pause(pauseMs);
    if (course.isOver()) return;
    if (gate !== null) await this.#ask(gate);
    if (!node.isPassed) return;
    for await (const event of memoryOf(course.plan, course.tools, node.nodeId).passed()) course.events.push(event);
  }

  /** Ends early when nothing more is started. */
  async #pause(pauseMs: number): Promise<void> {
    const { tools, deadline } = this.#course;
    this.#node.stage = 'pause';
    this.#course.tellProgress();
    const { controller, release } = linkedController(tools.signal);
    const stop = (): void => controller.abort(tools.stopping.reason);
    tools.stopping.addEventListener('abort', stop, { once: true });
    try {
      await tools.clock.sleep(Math.min(pauseMs, deadline - tools.clock.now()), controller.signal);
    } finally {
      tools.stopping.removeEventListener('abort', stop);
      release();
    }
  }

  async #ask(gate: Gate): Promise<void> {
    const node = this.#node;
    const { plan, tools, events, deadline } = this.#course;
    const { deploymentId, runtime, action } = plan;
    node.stage = 'gate';
    this.#course.tellProgress();
    const activityId = node.row().activity_id;
    const facts = { nodeId: node.nodeId, activityId, deploymentId, runtime, action: formatAction(action) };
    node.gate = await gate(facts, {
      signal: tools.signal,
      timeLeftMs: deadline - tools.clock.now(),
      onLine: (line) => events.offer({ event: 'gate_output', node_id: node.nodeId, line }),
    });
    events.push({ event: 'gate', node_id: node.nodeId, gate: node.gate });
  }
}

/** What an earlier run with the same caller's key has left of a node. */
export function memoryOf(plan: RollPlan, { journal, clock }: RollTools, node: bigint): RunMemory {
  const key = wireKey(plan.idempotencyKey, { ...plan, nodes: [node] });
  return new RunMemory(plan.callersKey ? journal : null, key, clock);
}
