/**
 * Which faults a story has: at which of its choices, and which option. Everything else goes well.
 */
export type Plan = ReadonlyArray<readonly [at: number, option: number]>;

export interface Choice {
  /** How many options it had. */
  options: number;
  /** How often something had happened before, or been shown for the first time. */
  changes: number;
}

/**
 * Makes the choices of one story, in order. The first option of each is what goes well; every other
 * one is a fault. How many faults a story may hold is its budget.
 */
export class Choices {
  readonly made: Choice[] = [];
  /** What went wrong. */
  readonly faults: unknown[] = [];
  #used = 0;
  #changes = 0;

  /** Whether there may be more than one. */
  get isDeep(): boolean {
    return this.budget > 1;
  }

  /** Whether there may be three or more. */
  get isDeepest(): boolean {
    return this.budget > 2;
  }

  /** Whether something has gone wrong already. */
  get isLater(): boolean {
    return this.#used > 0;
  }

  constructor(
    private readonly plan: Plan,
    private readonly budget: number,
  ) {}

  of<T>(options: readonly [T, ...T[]]): T {
    const planned = this.plan[this.#used];
    const at = this.made.length;
    const isFree = this.#used < this.budget;
    this.made.push({ options: isFree ? options.length : 1, changes: this.#changes });
    if (planned?.[0] !== at) return options[0];
    this.#used += 1;
    const fault = options[planned[1]] ?? options[0];
    this.faults.push(fault);
    return fault;
  }

  /** Something has happened, or is shown for the first time. */
  change(): void {
    this.#changes += 1;
  }

  /** Whether the fault of this name happens. */
  is(fault: string): boolean {
    return this.of(['', fault]) === fault;
  }
}
