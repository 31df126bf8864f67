interface Turn<Manner> {
  manner: Manner;
  end: Promise<void>;
}

/**
 * Work that is done once at a time. Whoever asks gets a turn that begins after they asked; all that ask before it has
 * begun share it.
 */
export class Turns<Manner> {
  readonly #work: (manner: Manner) => Promise<void>;
  readonly #stricter: (a: Manner, b: Manner) => Manner;
  #last: Promise<unknown> = Promise.resolve();
  #next: Turn<Manner> | null = null;

  /** @param stricter which of two manners does for both who share a turn */
  constructor(work: (manner: Manner) => Promise<void>, stricter: (a: Manner, b: Manner) => Manner) {
    this.#work = work;
    this.#stricter = stricter;
  }

  /** @throws whatever the work throws */
  take(manner: Manner): Promise<void> {
    if (this.#next) {
      this.#next.manner = this.#stricter(this.#next.manner, manner);
      return this.#next.end;
    }
    const turn: Turn<Manner> = { manner, end: this.#last.then(() => this.#begin(turn)) };
    this.#next = turn;
    // Its failure is for those who asked.
    this.#last = turn.end.catch(() => undefined);
    return turn.end;
  }

  #begin(turn: Turn<Manner>): Promise<void> {
    this.#next = null;
    return this.#work(turn.manner);
  }
}
