import { ReaderGone, type Output, type Scrub, type Sink } from '../../src/output/streams.js';

/** What a sink in memory pretends to be. Off a terminal unless told otherwise; colour goes with `isTTY`. */
export interface Terminal {
  isTTY: boolean;
  colour: boolean;
  columns: number;
  rows: number;
}

/** A sink that keeps what is written to it. */
export class MemorySink implements Sink {
  readonly isTTY: boolean;
  readonly colour: boolean;
  columns: number;
  rows: number;
  text = '';
  readonly #scrub: Scrub;
  readonly #gone = new AbortController();
  readonly #resized = new Set<() => void>();
  #held: Promise<void> | undefined;

  constructor(terminal: Partial<Terminal>, scrub: Scrub) {
    this.isTTY = terminal.isTTY ?? false;
    this.colour = terminal.colour ?? this.isTTY;
    this.columns = terminal.columns ?? 80;
    this.rows = terminal.rows ?? 24;
    this.#scrub = scrub;
  }

  get canRedraw(): boolean {
    return this.isTTY;
  }

  get closed(): boolean {
    return this.#gone.signal.aborted;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  write(text: string): void {
    if (!this.closed) this.text += this.#scrub(text);
  }

  async drained(): Promise<void> {
    await this.#held;
  }

  onResize(callback: () => void): () => void {
    this.#resized.add(callback);
    return () => void this.#resized.delete(callback);
  }

  /** The reader goes away, as `head` does. */
  close(): void {
    this.#gone.abort(new ReaderGone());
  }

  /** The reader stops reading: `drained()` waits until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return release;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    for (const callback of this.#resized) callback();
  }
}

export interface MemoryOutput extends Output {
  readonly stdout: MemorySink;
  readonly stderr: MemorySink;
}

/** An output for tests. What is said of both sinks can be overruled for one. */
export function memoryOutput(
  options: Partial<Terminal> & { stdout?: Partial<Terminal>; stderr?: Partial<Terminal> } = {},
): MemoryOutput {
  const { stdout, stderr, ...both } = options;
  const scrubs: Scrub[] = [];
  const scrub: Scrub = (text) => scrubs.reduce((clean, next) => next(clean), text);
  return {
    stdout: new MemorySink({ ...both, ...stdout }, scrub),
    stderr: new MemorySink({ ...both, ...stderr }, scrub),
    settled: false,
    redact: (next) => void scrubs.push(next),
    hurry: () => undefined,
  };
}
