import { type Runtime, type Verb } from '../base/activity.js';
import { type Id } from '../base/ids.js';

/**
 * What can be wrong with a node: it rejects every action, its activity never ends (it is unreachable), or its entry
 * never shows up in the log.
 */
export type Trouble = 'reject' | 'stuck' | 'missing';

/** How long one activity takes, in ms: from the trigger to its entry in the log, and from there to its end. */
export interface Timing {
  appearMs: number;
  workMs: number;
}

/** What becomes of one activity, decided when it is dispatched. Times in ms UTC; Infinity is never. */
export interface ActivityPlan {
  appearsAt: number;
  finishesAt: number;
  result: 'completed' | 'rejected';
}

/** What runs on every node. */
export const RUNTIMES: readonly Runtime[] = ['iggy', 'connectors'];

type RuntimeState = 'started' | 'stopped';

/** What an action asks the runtime to be, and leaves it as. Asked of any other state, it is rejected. */
const EFFECTS: Record<Verb, { needs: RuntimeState; leaves: RuntimeState }> = {
  start: { needs: 'stopped', leaves: 'started' },
  stop: { needs: 'started', leaves: 'stopped' },
  // Neither brings a stopped runtime up: whoever stopped it may have had a reason.
  restart: { needs: 'started', leaves: 'started' },
  reconfigure: { needs: 'started', leaves: 'started' },
};

/**
 * A node and its runtimes, all started at first. Its agent takes the activities of a runtime one after the other, so
 * what becomes of each is settled by the queue before it, and no timer is needed.
 */
export class SandboxNode {
  readonly id: Id;
  trouble: Trouble | undefined;
  /** Each runtime as it will be when its queue is done, and when that is. */
  readonly #runtimes: Record<Runtime, { state: RuntimeState; freeAt: number }> = {
    iggy: { state: 'started', freeAt: 0 },
    connectors: { state: 'started', freeAt: 0 },
  };

  constructor(id: Id) {
    this.id = id;
  }

  /** Queues an action that was triggered at `at` (ms UTC), and says what becomes of it. */
  take(runtime: Runtime, verb: Verb, at: number, timing: Timing): ActivityPlan {
    const appearsAt = at + timing.appearMs;
    if (this.trouble === 'missing') return { appearsAt: Infinity, finishesAt: Infinity, result: 'completed' };
    if (this.trouble === 'stuck') return { appearsAt, finishesAt: Infinity, result: 'completed' };

    const queue = this.#runtimes[runtime];
    const { needs, leaves } = EFFECTS[verb];
    const completes = this.trouble !== 'reject' && queue.state === needs;
    queue.freeAt = Math.max(appearsAt, queue.freeAt) + timing.workMs;
    if (completes) queue.state = leaves;
    return { appearsAt, finishesAt: queue.freeAt, result: completes ? 'completed' : 'rejected' };
  }
}
