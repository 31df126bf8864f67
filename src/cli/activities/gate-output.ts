import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../base/clock.js';

/** Whoever writes no line break must not fill the memory. In characters. */
const LONGEST_LINE = 8192;
/** What a program wrote last may come after its end … */
const QUIET_MS = 200;
/** … but what it left running in the background is not listened to for long. */
const MOST_WAITS = 10;

/** What a program says, line by line, no faster than it is taken. */
export class GateOutput {
  readonly #streams: readonly Readable[];
  readonly #end: Promise<unknown>;
  #lines = 0;

  /** @param onLine waited for before the next line */
  constructor(streams: readonly Readable[], onLine: (line: string) => Promise<void>) {
    this.#streams = streams;
    this.#end = Promise.allSettled(streams.map((stream) => this.#hear(stream, onLine)));
  }

  /** Once the program has ended: waits until all of it was heard, or nothing more comes. */
  async lastWords(clock: Clock): Promise<void> {
    for (let waits = 0, heard = -1; waits < MOST_WAITS && heard !== this.#lines; waits++) {
      heard = this.#lines;
      const quiet = new AbortController();
      const ended = await Promise.race([
        this.#end.then(() => true),
        clock.sleep(QUIET_MS, quiet.signal).then(
          () => false,
          () => true,
        ),
      ]);
      quiet.abort();
      if (ended) return;
    }
  }

  /** A process that keeps the other end open must not keep this one alive. */
  close(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #hear(stream: Readable, onLine: (line: string) => Promise<void>): Promise<void> {
    for await (const line of linesOf(stream)) {
      this.#lines += 1;
      await onLine(line);
      // Somebody who writes without end must not keep the clock from ticking.
      await nextTurn();
    }
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LONGEST_LINE) {
      yield rest;
      rest = '';
    }
  }
  if (rest !== '') yield rest;
}
