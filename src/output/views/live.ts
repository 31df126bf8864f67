import { Writable } from 'node:stream';
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { isFinal, type Activity } from '../../base/activity.js';
import { compareIds, type Id } from '../../base/ids.js';
import { type NodeProgress, type RunStep } from '../../base/progress.js';
import { count } from '../../base/text.js';
import { activityColumns } from '../activity-columns.js';
import { elapsedText, selectColumns, timeText, type Selection } from '../columns.js';
import { warningText } from '../error.js';
import { TableLayout } from '../formats/table.js';
import { baselineText, eventText, headlineText, waitingText } from '../run-text.js';
import { hasFailed, isOver, progressColumns, progressRank, SPINNER_FRAME_MS } from '../status.js';
import { painter, type Paint, type Sink } from '../streams.js';
import {
  type RunView,
  type RunViewOptions,
  type ViewTools,
  type WatchEvent,
  type WatchView,
  type WatchViewOptions,
  Tally,
} from './plain.js';

/** One picture of what is going on: a table, and a line below it. */
interface Frame<T> {
  /** In the order they are shown. */
  rows: readonly T[];
  foot: string;
  isBad?: boolean;
}

interface LiveTableOptions<T> extends ViewTools {
  sink: Sink;
  selection: Selection<T>;
  utc: boolean;
  /** Asked for the current picture at every tick, at every `redraw`, and when the terminal's size changes. */
  frame: (elapsed: number) => Frame<T>;
  /** Where the screen is too small for all rows, those of the lowest rank are shown. */
  rank: (row: T) => number;
  /** How many rows there are that are not even in the frame. */
  forgotten?: () => number;
}

const ERASE_LINE_AND_GO_UP = '\u001B[2K\u001B[1A';

/**
 * A table at the end of a terminal that is replaced by its next frame, at most one screen high. Lines to be kept are
 * printed above it. The cursor is hidden while it is there, and comes back at `stop()` or whatever else ends the
 * process (cli-cursor sees to that).
 */
class LiveTable<T> {
  readonly paint: Paint;
  readonly #options: LiveTableOptions<T>;
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #stops: ReadonlyArray<() => void>;
  readonly #widths = new Map<string, number>();
  #drawn: string[] = [];
  /** The time of day from which on nothing was seen; null while all is well. */
  #outage: string | null = null;
  #state: 'drawn' | 'suspended' | 'stopped' = 'drawn';

  constructor(options: LiveTableOptions<T>) {
    const { sink, every, onSuspend } = options;
    this.#options = options;
    this.paint = painter(sink.colour);
    this.#log = createLogUpdate(new SinkStream(sink), { showCursor: false });
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
    if (this.#state !== 'drawn') return;
    this.#drawn = this.#lines();
    this.#log(this.#drawn.join('\n'));
  }

  /** The log was last read so many ms ago; or, with null, it can be read again. */
  outage(ageMs: number | null): void {
    const { clock, utc } = this.#options;
    this.#outage = ageMs === null ? null : timeText(new Date(clock.now() - ageMs).toISOString(), utc).slice(11);
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
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    for (const stop of this.#stops) stop();
    if (!keep) this.#clear();
    this.#log.done();
  }

  /** Leaves the last frame to the shell, and the cursor. */
  #suspend(): void {
    this.#state = 'suspended';
    this.#log.done();
  }

  /** What stands on the screen now is the shell's: the next frame comes below it. */
  #resume(): void {
    if (this.#state === 'drawn') this.#log.done();
    this.#state = 'drawn';
    this.#drawn = [];
    this.redraw();
  }

  #clear(): void {
    this.#log.clear();
    this.#drawn = [];
  }

  #lines(): string[] {
    const { sink, selection, clock, utc, frame, forgotten = () => 0 } = this.#options;
    const elapsed = clock.elapsed();
    const { rows, foot, isBad } = frame(elapsed);
    const below = this.#outage === null ? foot : `the log has been out of reach since ${this.#outage}`;
    const last = this.paint(this.#outage !== null || isBad ? 'bad' : 'dim', cut(below, sink.columns));
    const height = sink.rows - ['header', 'last', 'cursor'].length;
    if (rows.length === 0 || height < 2) return [last];
    const { visible, hidden } = this.#choose(rows, height, forgotten());
    const look = { view: { utc, now: clock.now(), elapsed }, paint: this.paint, header: true, width: sink.columns };
    const table = new TableLayout(selection, visible, look, this.#widths);
    const more = hidden > 0 ? [cut(`… and ${hidden} more`, sink.columns)] : [];
    return [table.header(), ...table.rows(visible), ...more, last];
  }

  #choose(rows: readonly T[], height: number, forgotten: number): { visible: readonly T[]; hidden: number } {
    if (rows.length + forgotten <= height) return { visible: rows, hidden: 0 };
    const { rank } = this.#options;
    const visible = [...rows].sort((a, b) => rank(a) - rank(b)).slice(0, height - 1);
    return { visible, hidden: rows.length + forgotten - visible.length };
  }

  /** A terminal that became narrower has broken the last frame's lines: more have to go than log-update knows of. */
  #resized(): void {
    const { sink } = this.#options;
    const broken = this.#drawn.reduce(
      (extra, line) => extra + Math.max(1, Math.ceil(stringWidth(line) / sink.columns)) - 1,
      0,
    );
    sink.write(ERASE_LINE_AND_GO_UP.repeat(broken));
    this.#clear();
    this.#widths.clear();
    this.redraw();
  }
}

/** A text as far as it fits, between characters. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let fitting = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(`${fitting}${segment}…`) > width) break;
    fitting += segment;
  }
  return `${fitting}…`;
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

/** At a terminal: a table of the targets that updates in place. It is gone at the end, when the result follows. */
export class LiveRunView implements RunView {
  readonly #title: RunViewOptions['title'];
  readonly #debug: boolean;
  readonly #table: LiveTable<NodeProgress>;
  readonly #started: number;
  #nodes: readonly NodeProgress[] = [];
  #expected: number;
  #settlesAt: number | undefined;
  #isBegun = false;

  constructor(sink: Sink, { title, debug = false, ...tools }: RunViewOptions) {
    this.#title = title;
    this.#debug = debug;
    this.#expected = title.nodes ?? 0;
    this.#started = tools.clock.elapsed();
    this.#table = new LiveTable({
      ...tools,
      sink,
      selection: { columns: progressColumns, chosen: false },
      utc: false,
      frame: (now) => this.#frame(now),
      rank: progressRank,
    });
  }

  on(event: RunStep): void {
    const table = this.#table;
    if (event.event === 'dispatched') this.#begin();
    if (event.event === 'warning') table.print(warningText(event.message, table.paint));
    if (event.event === 'baseline') {
      this.#expected ||= event.expects?.count ?? 0;
      if (this.#debug) table.print(`${table.paint('dim', baselineText(event))}\n`);
    }
    const text = eventText(event);
    const isRoutine = event.event === 'dispatched' && !event.replayed && !event.recovered && !event.earlier;
    if (text !== null && (this.#debug || !isRoutine)) table.print(`${text}\n`);
    if (event.event === 'outage') table.outage(event.ageMs);
    if (event.event === 'progress') {
      this.#nodes = event.nodes;
      this.#settlesAt = event.settlesAt;
      if (event.nodes.length > 0) this.#begin();
    }
    table.redraw();
  }

  stop(): void {
    this.#table.stop();
  }

  /** The first line, which stays. What is refused was not begun. */
  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    const head = headlineText(this.#title, Math.max(this.#expected, this.#nodes.length));
    this.#table.print(`${this.#table.paint('bold', head)}\n`);
  }

  #frame(now: number): Frame<NodeProgress> {
    const all = this.#nodes.length;
    const failed = this.#nodes.filter(hasFailed).length;
    const over = this.#nodes.filter(isOver).length;
    const elapsed = elapsedText(now - this.#started);
    const waiting = all > 0 && over === all ? waitingText({ settlesAt: this.#settlesAt }, now) : null;
    const progress = [`${over - failed} of ${all} done`, ...(failed > 0 ? [`${failed} failed`] : []), elapsed];
    const foot = all === 0 ? `waiting for the first entry, ${elapsed}` : (waiting ?? progress.join(', '));
    return { rows: this.#nodes, foot, isBad: failed > 0 };
  }
}

/** More rows than any screen has; older ones that are final are then forgotten, and only counted. */
const KEPT = 500;

/** At a terminal: the log as a table that updates in place, newest first. */
export class LiveWatchView implements WatchView {
  readonly #options: WatchViewOptions;
  readonly #table: LiveTable<Activity>;
  readonly #started: number;
  readonly #tally = new Tally();
  #newestFirst: readonly Activity[] = [];

  constructor(sink: Sink, options: WatchViewOptions) {
    this.#options = options;
    this.#started = options.clock.elapsed();
    this.#table = new LiveTable({
      ...options,
      sink,
      selection: selectColumns(activityColumns, options.columns),
      frame: (now) => this.#frame(now),
      rank: () => 0,
      forgotten: () => this.#tally.counts().total - this.#newestFirst.length,
    });
    this.#table.print(`${this.#table.paint('bold', `Activities of ${options.place}`)}\n`);
  }

  on(event: WatchEvent): void {
    if (event.event === 'warning') this.#table.print(warningText(event.message, this.#table.paint));
    if (event.event === 'outage') this.#table.outage(event.ageMs);
    if (event.event === 'listing') this.#add(event.activities);
    if (event.event === 'activity') this.#add([event.activity]);
  }

  /** What was followed for ever stays on the screen; otherwise the list that follows says it all. */
  stop(): void {
    this.#table.stop({ keep: this.#options.follow });
  }

  #add(activities: readonly Activity[]): void {
    const byId = new Map<Id, Activity>(this.#newestFirst.map((activity) => [activity.id, activity]));
    for (const activity of activities) {
      byId.set(activity.id, activity);
      this.#tally.add(activity);
    }
    this.#newestFirst = [...byId.values()]
      .sort((a, b) => compareIds(b.id, a.id))
      .filter((activity, index) => index < KEPT || !isFinal(activity.status));
    this.#table.redraw();
  }

  #frame(now: number): Frame<Activity> {
    const open = this.#tally.open();
    const foot = [
      count(this.#tally.counts().total, 'entry', 'entries'),
      ...(open > 0 ? [`${open} processing`] : []),
      elapsedText(now - this.#started),
    ];
    return { rows: this.#newestFirst, foot: foot.join(', ') };
  }
}
