import { Writable } from 'node:stream';
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { type Clock } from '../../base/clock.js';
import { type Now, type Selection } from '../columns.js';
import { TabProgress } from '../desktop.js';
import { SPINNER_FRAME_MS } from '../status.js';
import { painter, type Paint } from '../style.js';
import { type Sink } from '../streams.js';
import { fitColumns, headerLine, rowLines, shown, type WidthMemory } from '../table.js';
import { type Every, type OnSuspend } from '../ticker.js';
import { secondsText } from '../time-text.js';
import { fitHeadline, linesOf, type Headline } from './headline.js';

/** One picture of what is going on. */
export interface LiveFrame<T> extends Headline {
  /** What stands above the headline, dim, and is not yet to be printed for good. */
  note?: string;
  /** How many of how many are done, for the terminal's tab; `all` is null where that says nothing of the end. */
  tab?: { done: number; all: number | null; hasFailed?: boolean };
  /** In the order they are shown. */
  rows: readonly T[];
}

export interface LiveTableOptions<T> {
  sink: Sink;
  selection: Selection<T>;
  utc: boolean;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  every: Every;
  onSuspend: OnSuspend;
  /**
   * Asked for the current picture at every tick, at every `redraw`, and when the terminal's size changes.
   * @param now monotonic clock, ms
   * @param asOf the time of day up to which the rows are true, where nothing newer can be seen
   */
  frame: (now: number, asOf: string | undefined) => LiveFrame<T>;
  /** Where the screen is too small for all rows, those of the lowest rank are shown. */
  rank?: (row: T) => number;
  /** The last line, about the rows that are not shown: `… and 12 more`. */
  more: (hidden: readonly T[]) => string;
}

const ERASE_LINE_AND_GO_UP = '\u001B[2K\u001B[1A';

/**
 * A table at the end of a terminal that is replaced by its next frame, at most one screen high. Lines to be kept are
 * printed above it. The cursor is hidden while it is there, and comes back at `stop()` or whatever else ends the
 * process (cli-cursor sees to that).
 */
export class LiveTable<T> {
  readonly #options: LiveTableOptions<T>;
  readonly #paint: Paint;
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #tab: TabProgress;
  readonly #stops: ReadonlyArray<() => void>;
  /** Its columns only grow, until the terminal's size changes. */
  readonly #widths: WidthMemory = new Map();
  #drawn: string[] = [];
  /** Up to when the rows are true; null while they are up to date. */
  #frozen: Now | null = null;
  #isStopped = false;
  #isSuspended = false;

  constructor(options: LiveTableOptions<T>) {
    const { sink, every, onSuspend } = options;
    this.#options = options;
    this.#paint = painter(sink.colour);
    this.#log = createLogUpdate(new SinkStream(sink), { showCursor: false });
    this.#tab = new TabProgress(sink);
    this.#stops = [
      every(SPINNER_FRAME_MS, () => this.redraw()),
      sink.onResize(() => this.#resized()),
      onSuspend(
        () => this.#suspend(),
        () => this.#resume(),
      ),
    ];
  }

  redraw(): void {
    if (this.#isStopped || this.#isSuspended) return;
    this.#drawn = this.#lines().map((line) => shown(line, this.#options.sink));
    this.#log(this.#drawn.join('\n'));
  }

  /**
   * From now on nothing new can be seen, so that no row counts on; or, with null, it can again.
   * @param ageMs how old the rows are
   */
  freeze(ageMs: number | null): void {
    const { clock } = this.#options;
    this.#frozen = ageMs === null ? null : { wall: clock.now() - ageMs, elapsed: clock.elapsed() - ageMs };
    this.redraw();
  }

  /** Prints lines that stay, above the table. */
  print(text: string): void {
    this.#clear();
    this.#options.sink.write(text);
    this.redraw();
  }

  /** Takes the table away, or leaves its last frame, and gives the cursor back. What was printed stays. */
  stop({ keep = false } = {}): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const stop of this.#stops) stop();
    if (!keep) this.#clear();
    this.#log.done();
    this.#tab.clear();
  }

  /** Leaves the last frame to the shell, and the cursor. */
  #suspend(): void {
    this.#isSuspended = true;
    this.#log.done();
    this.#tab.clear();
  }

  /** What stands on the screen now is the shell's: the next frame comes below it. */
  #resume(): void {
    if (!this.#isSuspended) this.#log.done();
    this.#isSuspended = false;
    this.#drawn = [];
    this.redraw();
  }

  #clear(): void {
    this.#log.clear();
    this.#drawn = [];
  }

  #lines(): string[] {
    const { sink, selection, clock, utc, frame, more } = this.#options;
    const now = { wall: clock.now(), elapsed: clock.elapsed() };
    const asOf = this.#frozen === null ? undefined : secondsText(this.#frozen.wall, utc);
    const { note, rows, tab, ...words } = frame(now.elapsed, asOf);
    if (tab) this.#tab.show(tab);
    const { title, state } = fitHeadline(words, sink.columns, shown('…', sink));
    const notes =
      note === undefined ? [] : linesOf(shown(note, sink), sink.columns).map((line) => this.#paint('dim', line));
    const above = [...notes, `${this.#paint('bold', title)}: ${state}`];
    const height = sink.rows - above.length - ['header', 'cursor'].length;
    if (rows.length === 0 || height < 1) return above;
    const { visible, hidden } = this.#choose(rows, height);
    const look = {
      view: { utc, now: this.#frozen ?? now, asOf },
      paint: this.#paint,
      ascii: sink.ascii,
      header: true,
      width: sink.columns,
      memory: this.#widths,
    };
    const fitted = fitColumns(selection, visible, look);
    const table = [headerLine(fitted, look), ...rowLines(fitted, visible, look)];
    return [...above, ...table, ...(hidden.length > 0 ? [more(hidden)] : [])];
  }

  #choose(rows: readonly T[], height: number): { visible: readonly T[]; hidden: readonly T[] } {
    if (rows.length <= height) return { visible: rows, hidden: [] };
    const { rank = () => 0 } = this.#options;
    const ranked = [...rows].sort((a, b) => rank(a) - rank(b));
    return { visible: ranked.slice(0, height - 1), hidden: ranked.slice(height - 1) };
  }

  /** How many lines of the screen a line takes. */
  #height(line: string): number {
    return Math.max(1, Math.ceil(stringWidth(line) / this.#options.sink.columns));
  }

  /**
   * A terminal that became narrower has broken the lines of the last frame in two, so more lines have to go than
   * log-update knows of.
   */
  #resized(): void {
    const { sink } = this.#options;
    const broken = this.#drawn.reduce((extra, line) => extra + this.#height(line) - 1, 0);
    sink.write(ERASE_LINE_AND_GO_UP.repeat(broken));
    this.#clear();
    this.#widths.clear();
    this.redraw();
  }
}

/** A sink as the stream that log-update asks for. */
class SinkStream extends Writable {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    super({ decodeStrings: false });
    this.#sink = sink;
  }

  get isTTY(): boolean {
    return this.#sink.isTTY;
  }

  get columns(): number {
    return this.#sink.columns;
  }

  get rows(): number {
    return this.#sink.rows;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.#sink.write(chunk);
    done();
  }
}
