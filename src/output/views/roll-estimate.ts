import { type Id } from '../../core/ids.js';
import { type NodeProgress } from '../../core/progress.js';
import { isUnderway } from '../node-state.js';

interface Turn {
  from: number;
  to: number | null;
}

/** How long a roll may still take, by the turns of its nodes so far. Times in milliseconds. */
export class RollEstimate {
  readonly #begunAt: number;
  readonly #turns = new Map<Id | null, Turn>();
  #waiting = 0;
  /** The most nodes that were underway at once. */
  #width = 1;
  #isStopping = false;

  constructor(now: number) {
    this.#begunAt = now;
  }

  /** Takes in how the nodes stand now. */
  note(nodes: readonly NodeProgress[], now: number): void {
    const active = nodes.filter((node) => isUnderway(node) && this.#isOwn(node));
    for (const { node_id: id } of active) if (!this.#turns.has(id)) this.#turns.set(id, { from: now, to: null });
    for (const { node_id: id, stage } of nodes) {
      const turn = this.#turns.get(id);
      if (turn && stage === 'done') turn.to ??= now;
    }
    this.#width = Math.max(this.#width, active.length);
    this.#waiting = nodes.filter(({ stage }) => stage === 'waiting').length;
  }

  /** No more nodes are started. */
  stopStarting(): void {
    this.#isStopping = true;
  }

  /** Null as long as nothing can be said: no node has had its turn. */
  toGo(now: number): number | null {
    const turns = [...this.#turns.values()];
    const over = turns.flatMap(({ from, to }) => (to === null ? [] : [to - from]));
    if (over.length === 0) return null;
    const usual = over.reduce((sum, took) => sum + took) / over.length;
    const active = turns.filter(({ to }) => to === null).map(({ from }) => Math.max(usual - (now - from), 0));
    if (this.#isStopping) return Math.max(0, ...active);
    return (active.reduce((sum, left) => sum + left, 0) + this.#waiting * usual) / this.#width;
  }

  /** What an earlier run began is no measure of how long a turn takes. */
  #isOwn({ started_at: startedAt }: NodeProgress): boolean {
    return typeof startedAt === 'string' && Date.parse(startedAt) >= this.#begunAt;
  }
}
