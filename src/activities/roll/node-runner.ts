import { onAbort, linkedController } from '../../base/abort.js';
import { formatAction } from '../../base/activity.js';
import { Interrupted, LdctlError } from '../../base/errors.js';
import type { JobEvent } from '../../base/progress.js';
import type { Gate } from '../../base/roll.js';
import { CALLED_OFF } from '../dispatch.js';
import { BUSY, triggerIfNotBusy } from '../if-busy.js';
import { asLdctlError } from '../run-outcome.js';
import { memoryOf, type TriggerPlan } from '../trigger-plan.js';
import type { RollContext } from './context.js';
import type { RollNode } from './roll-node.js';

/** Takes one node through a roll: its trigger to the end, then the pause, then the gate. */
export class NodeRunner {
  readonly #node: RollNode;
  readonly #roll: RollContext;

  constructor(node: RollNode, roll: RollContext) {
    this.#node = node;
    this.#roll = roll;
  }

  /** Never throws: what goes wrong is kept with the node. */
  async run(): Promise<void> {
    const node = this.#node;
    const roll = this.#roll;
    try {
      // One that an earlier run began; the others have waited for their turn before.
      if (node.record !== null && !node.isKnownSent) await roll.beginnings.acquire(roll.tools.signal);
      if (node.record === null && roll.isOver()) return;
      await this.#trigger();
      if (node.isCompleted) await this.#pauseAndAsk();
    } catch (error) {
      if (!(error instanceof Interrupted)) node.failure = { error };
    }
    this.#haltIfFailed();
    node.stage = node.isStarted || node.failure !== null ? 'done' : 'waiting';
    roll.emitProgress();
  }

  /** What the API refuses for one node it will hardly do for the next; other trouble may be a node's own. */
  #haltIfFailed(): void {
    const { nodeId, result, failure, isHeldByGate, isCompleted } = this.#node;
    const roll = this.#roll;
    if (failure !== null) roll.halt(`node ${nodeId}: ${asLdctlError(failure.error).message}`);
    else if (isHeldByGate) roll.halt(`the gate after node ${nodeId} has failed`);
    else if (result !== null && !isCompleted && !roll.plan.continueOnError)
      roll.halt(`node ${nodeId} has not completed`);
  }

  async #trigger(): Promise<void> {
    const node = this.#node;
    const { plan, tools, log, mayPost } = this.#roll;
    node.startedAt ??= tools.clock.now();
    node.stage = 'running';
    this.#roll.emitProgress();
    try {
      for await (const event of triggerIfNotBusy(this.#plan(), plan.ifBusy, { ...tools, mayPost }, log))
        this.#take(event);
    } catch (error) {
      node.withdraw();
      if (!this.#isCalledOff(error)) throw error;
    }
  }

  /** Not begun because the roll is over: halted in the last moment, or out of time while the node was busy. */
  #isCalledOff(error: unknown): boolean {
    if (!(error instanceof LdctlError)) return false;
    return error.code === CALLED_OFF || (error.code === BUSY && this.#roll.isLate());
  }

  #plan(): TriggerPlan {
    const { limits, nodeTimeoutMs, ...plan } = this.#roll.plan;
    return {
      ...plan,
      nodes: [this.#node.nodeId],
      expectNodes: null,
      wait: true,
      limits: { ...limits, timeoutMs: nodeTimeoutMs },
    };
  }

  /** Hands on what the node's own run emits, as part of the whole. */
  #take(event: JobEvent): void {
    const { events } = this.#roll;
    switch (event.event) {
      case 'baseline':
        // That of the whole roll was emitted, and is what a person needs.
        return;
      case 'progress':
        this.#node.progressed(event.nodes[0]);
        this.#roll.emitProgress();
        return;
      case 'dispatched':
        events.push({ ...event, node_id: this.#node.nodeId });
        return;
      case 'result':
        this.#node.result = event;
        return;
      default:
        events.push(event);
    }
  }

  /** What comes between the completion of a node and the next one: a pause, and the gate. */
  async #pauseAndAsk(): Promise<void> {
    const node = this.#node;
    const roll = this.#roll;
    const { gate, pauseMs } = roll.plan;
    if (node.record?.state === 'passed' || roll.isOver()) return;
    const isLast = roll.nodes.every(({ stage }) => stage !== 'waiting');
    if (pauseMs > 0 && (gate !== null || !isLast)) await this.#pause(pauseMs);
    if (roll.isOver()) return;
    if (gate !== null) await this.#ask(gate);
    if (!node.isPassed) return;
    const memory = memoryOf({ ...roll.plan, nodes: [node.nodeId] }, roll.tools);
    for await (const event of memory.passed(node.gate)) roll.events.push(event);
  }

  /** Ends early when nothing more is started. */
  async #pause(pauseMs: number): Promise<void> {
    const { tools, deadline } = this.#roll;
    this.#node.stage = 'pause';
    this.#roll.emitProgress();
    const { controller, release } = linkedController(tools.signal);
    const releaseStop = onAbort(tools.stopping, () => controller.abort(tools.stopping.reason));
    try {
      await tools.clock.sleep(Math.min(pauseMs, deadline - tools.clock.elapsed()), controller.signal);
    } finally {
      releaseStop();
      release();
    }
  }

  async #ask(gate: Gate): Promise<void> {
    const node = this.#node;
    const { plan, tools, events, deadline } = this.#roll;
    const { deploymentId, runtime, action } = plan;
    node.stage = 'gate';
    this.#roll.emitProgress();
    const activityId = node.row().activity_id;
    const facts = { nodeId: node.nodeId, activityId, deploymentId, runtime, action: formatAction(action) };
    node.gate = await gate(facts, {
      signal: tools.signal,
      timeLeftMs: deadline - tools.clock.elapsed(),
      onLine: (line) => events.offer({ event: 'gate_output', node_id: node.nodeId, line }),
    });
    events.push({ event: 'gate', node_id: node.nodeId, gate: node.gate });
  }
}
