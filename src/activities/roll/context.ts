import { formatAction } from '../../base/activity.js';
import { warning, type RunStep } from '../../base/progress.js';
import { estimate } from '../estimate.js';
import { EventQueue } from '../follow/event-queue.js';
import type { RollPlan, RollTools } from './plan.js';
import { RateLimiter } from './rate-limiter.js';
import type { RollLog } from './roll-log.js';
import type { RollNode } from './roll-node.js';

/** At most two POSTs a second (design, "Rolling"). */
const POST_GAP_MS = 500;

/** What the nodes of a roll share while it goes on: whether it goes on, how fast, and the events of all of them. */
export class RollContext {
  readonly plan: RollPlan;
  readonly tools: RollTools;
  readonly nodes: readonly RollNode[];
  readonly log: RollLog;
  readonly events = new EventQueue<RunStep>();
  /** Of the whole roll; monotonic clock, ms, `Infinity` for none. */
  readonly deadline: number;
  /** Nodes begin one after the other, so that a baseline is read right before its POST … */
  readonly beginnings: RateLimiter;
  /** … and POSTs are made no faster than that, those that are made again too. */
  readonly #posts: RateLimiter;
  #isHalted = false;
  #isBegun: boolean;

  constructor(
    plan: RollPlan,
    tools: RollTools,
    { nodes, log, deadline }: Pick<RollContext, 'nodes' | 'log' | 'deadline'>,
  ) {
    this.plan = plan;
    this.tools = tools;
    this.nodes = nodes;
    this.log = log;
    this.deadline = deadline;
    this.beginnings = new RateLimiter(tools.clock, POST_GAP_MS);
    this.#posts = new RateLimiter(tools.clock, POST_GAP_MS);
    this.#isBegun = nodes.some(({ record }) => record !== null);
  }

  /** Whether nothing more is started, and nothing more is sent. */
  isOver(): boolean {
    const { stopping, signal } = this.tools;
    return this.#isHalted || stopping.aborted || signal.aborted || this.isLate();
  }

  /** Its time is up. A deadline is for what comes after the first POST (design, "trigger"). */
  isLate(): boolean {
    return this.#isBegun && this.tools.clock.elapsed() >= this.deadline;
  }

  /** Starts nothing more; those underway are seen out. */
  halt(because: string): void {
    if (!this.isOver() && this.nodes.some(({ stage }) => stage === 'waiting')) {
      this.events.push(warning('halted', `${because}: no more nodes are started`));
    }
    this.#isHalted = true;
  }

  /** Waits until the next POST may be made. @returns false when the roll is over @throws the signal's reason */
  readonly mayPost = async (signal: AbortSignal): Promise<boolean> => {
    await this.#posts.acquire(signal);
    if (this.isOver()) return false;
    this.#isBegun = true;
    return true;
  };

  /** Emits how all nodes stand, and when the roll may be over. */
  emitProgress(): void {
    const { runtime, action, maxUnavailable, pauseMs } = this.plan;
    const nodes = this.nodes.map((node) => node.progress());
    const usualMs = this.log.past.usualMs({ runtime, action: formatAction(action) });
    const ahead = { window: maxUnavailable, pauseMs, goesOn: !this.isOver() };
    this.events.push({ event: 'progress', nodes, ...estimate(nodes, usualMs, this.tools.clock.elapsed(), ahead) });
  }
}
