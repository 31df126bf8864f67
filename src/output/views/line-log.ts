import { type Clock } from '../../base/clock.js';
import { type Sink } from '../streams.js';
import { clockText } from '../time-text.js';
import { type Every } from '../ticker.js';

/** CI systems kill a step that says nothing for long. */
const SILENCE_MS = 30_000;
const CHECK_MS = 1000;

/** How much goes to stderr: everything; what must be seen although stdout has the events; warnings alone. */
export type Verbosity = 'all' | 'essentials' | 'warnings';

export interface LineLogOptions {
  clock: Pick<Clock, 'now' | 'elapsed'>;
  every: Every;
  /** What to say after 30 s of silence, given the milliseconds since the start; null for nothing. */
  heartbeat: (elapsed: number) => string | null;
}

/** Lines that stay, each with its time of day in UTC, and a heartbeat when there was none for a while. */
export class LineLog {
  readonly #sink: Sink;
  readonly #options: LineLogOptions;
  readonly #started: number;
  readonly #stop: () => void;
  #spokeAt: number;

  constructor(sink: Sink, options: LineLogOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#started = options.clock.elapsed();
    this.#spokeAt = this.#started;
    this.#stop = options.every(CHECK_MS, () => this.#beat());
  }

  line(text: string): void {
    this.raw(`${clockText(this.#options.clock.now())} ${text}\n`);
  }

  /** Writes text as it is. */
  raw(text: string): void {
    this.#spokeAt = this.#options.clock.elapsed();
    this.#sink.write(text);
  }

  stop(): void {
    this.#stop();
  }

  #beat(): void {
    const now = this.#options.clock.elapsed();
    if (now - this.#spokeAt < SILENCE_MS) return;
    const text = this.#options.heartbeat(now - this.#started);
    if (text !== null) this.line(text);
  }
}
