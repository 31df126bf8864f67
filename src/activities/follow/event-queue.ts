interface Place<T> {
  event: T;
  taken: () => void;
}

/** Events put in by several tasks, taken out by one, in the order they came. */
export class EventQueue<T> {
  #places: Place<T>[] = [];
  #end: { error?: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(event: T): void {
    this.#put({ event, taken: () => undefined });
  }

  /** Puts it in and waits until it was taken out, so that whoever makes many is no faster than who takes them. */
  offer(event: T): Promise<void> {
    return new Promise((resolve) => this.#put({ event, taken: resolve }));
  }

  /** Ends it: what was put in before is still taken out. Only the first end counts. */
  close(): void {
    this.#finish({});
  }

  fail(error: unknown): void {
    this.#finish({ error });
  }

  async *drain(): AsyncGenerator<T, void> {
    for (;;) {
      const places = this.#places;
      this.#places = [];
      for (const { event, taken } of places) {
        taken();
        yield event;
      }
      if (this.#places.length > 0) continue;
      if (this.#end) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #finish(end: { error?: unknown }): void {
    this.#end ??= end;
    this.#wake();
  }

  #put(place: Place<T>): void {
    if (this.#end) {
      place.taken();
      return;
    }
    this.#places.push(place);
    this.#wake();
  }
}
