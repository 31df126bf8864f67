interface Place<T> {
  value: T;
  taken: () => void;
}

/** Values put in by several tasks, taken out by one, in the order they came. */
export class EventQueue<T, End> {
  #places: Place<T>[] = [];
  #end: { value: End } | { error: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(value: T): void {
    this.#put({ value, taken: () => undefined });
  }

  /** Puts it in and waits until it was taken out, so that whoever makes many is no faster than who takes them. */
  offer(value: T): Promise<void> {
    return new Promise((resolve) => this.#put({ value, taken: resolve }));
  }

  /** Ends it: what was put in before is still taken out. Only the first end counts. */
  close(value: End): void {
    this.#end ??= { value };
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *drain(): AsyncGenerator<T, End> {
    for (;;) {
      const places = this.#places;
      this.#places = [];
      for (const { value, taken } of places) {
        taken();
        yield value;
      }
      if (this.#places.length > 0) continue;
      if (this.#end) {
        if ('error' in this.#end) throw this.#end.error;
        return this.#end.value;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
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
