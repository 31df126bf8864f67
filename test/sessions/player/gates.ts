import { setMaxListeners } from 'node:events';
import { type runGate } from '../../../src/cli/acting/gate.js';

/** How a gate goes: what it writes, and what it exits with. */
export interface GatePlan {
  /** Null: any command. */
  command: string | null;
  /** Infinity: never. */
  afterMs: number;
  exitCode: number;
  says: string | null;
}

/** The gates of a session, in place of a shell that runs them. */
export class Gates {
  readonly #next: GatePlan[] = [];
  /** For those after these. */
  every: GatePlan | null = null;

  add(plan: GatePlan): void {
    this.#next.push(plan);
  }

  get unused(): string[] {
    return this.#next.length > 0 ? [`${this.#next.length} gates did not run`] : [];
  }

  /** @param fail ends the session: a gate that nothing was said of */
  runner(fail: (error: Error) => void): typeof runGate {
    return async (command, _facts, { clock, signal, onLine }) => {
      const plan = this.#next.shift() ?? this.every;
      if (!plan) {
        fail(new Error(`a gate runs (${command}), and no line says how it ends`));
        return null;
      }
      if (plan.command !== null && plan.command !== command) {
        fail(new Error(`the gate that runs is ${command}, not ${plan.command}`));
      }
      if (plan.says !== null) await onLine(plan.says);
      setMaxListeners(0, signal);
      const isOver = await clock.sleep(plan.afterMs, signal).then(
        () => true,
        () => false,
      );
      return isOver ? plan.exitCode : null;
    };
  }
}
