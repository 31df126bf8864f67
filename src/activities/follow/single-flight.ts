import type { CallOptions } from '../../base/supervisor.js';

export type Tries = NonNullable<CallOptions['tries']>;

interface Flight {
  tries: Tries;
  end: Promise<void>;
}

/**
 * A read that is made once at a time. Whoever asks gets one that begins after they asked; all that ask before it has
 * begun share it.
 */
export class SingleFlight {
  readonly #read: (tries: Tries) => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #next: Flight | null = null;

  constructor(read: (tries: Tries) => Promise<void>) {
    this.#read = read;
  }

  /** @param tries of those who share one, the one that wants several is served @throws whatever the read throws */
  join(tries: Tries): Promise<void> {
    if (this.#next) {
      if (tries === 'several') this.#next.tries = tries;
      return this.#next.end;
    }
    const flight: Flight = { tries, end: this.#last.then(() => this.#begin(flight)) };
    this.#next = flight;
    // Its failure is for those who asked.
    this.#last = flight.end.catch(() => undefined);
    return flight.end;
  }

  #begin(flight: Flight): Promise<void> {
    this.#next = null;
    return this.#read(flight.tries);
  }
}
