import type { ShownStep } from '../base/shown-step.js';
import type { RunEvent } from './run-result.js';

/** Calls a program's `onEvent`, until that throws. */
export class Listener {
  readonly #onEvent: ((event: RunEvent) => unknown) | undefined;
  readonly #onThrow: (thrown: unknown) => void;
  #isHeard = true;

  /** @param onThrow takes what it throws, or a promise of it rejects with; once */
  constructor(onEvent: ((event: RunEvent) => unknown) | undefined, onThrow: (thrown: unknown) => void) {
    this.#onEvent = onEvent;
    this.#onThrow = onThrow;
  }

  emit(event: RunEvent): void {
    if (!this.#isHeard) return;
    try {
      const returned = this.#onEvent?.(event);
      // Of an async function: it is not waited for, but a rejection that nobody handles would end the process.
      if (returned !== undefined) Promise.resolve(returned).catch((thrown: unknown) => this.#threw(thrown));
    } catch (thrown) {
      this.#threw(thrown);
    }
  }

  #threw(thrown: unknown): void {
    if (!this.#isHeard) return;
    this.#isHeard = false;
    this.#onThrow(thrown);
  }
}

/** One that a program may do with as it likes: the job goes on with its own. */
export function copyOf(step: ShownStep): ShownStep {
  switch (step.event) {
    case 'activity':
      return { ...step, activity: { ...step.activity } };
    case 'gate':
      return { ...step, gate: { ...step.gate } };
    case 'dispatched':
    case 'warning':
      return step;
  }
}
