import { Writable } from 'node:stream';
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { isFinal, type Activity } from '../../base/activity.js';
import { compareIds, type Id } from '../../base/ids.js';
import { type NodeProgress } from '../../base/progress.js';
import { count } from '../../base/text.js';
import { activityColumns } from '../activity-columns.js';
import { elapsedText, selectColumns, timeText, type Selection } from '../columns.js';
import { warningText } from '../error.js';
import { TableLayout } from '../formats/table.js';
import { baselineText, eventText, headlineText, waitingText } from '../run-text.js';
import { hasFailed, isOver, progressColumns, progressRank, SPINNER_FRAME_MS } from '../status.js';
import { painter, type Paint, type Sink } from '../streams.js';
import {
  Tally,
  type RunView,
  type RunViewOptions,
  type ViewTools,
  type WatchView,
  type WatchViewOptions,
} from './plain.js';

/** One picture of what is going on: a table, and a line below it. */
interface Frame<T> {
  /** In the order they are shown. */
  rows: readonly T[];
  /** How many rows there are beside these. */
  forgotten?: number;
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
        () => this.#leave('suspended'),
        () => {
          if (this.#state === 'drawn') this.#leave('drawn');
          this.#state = 'drawn';
          this.redraw();
        },
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

  /** What stands on the screen is the shell's from now on, with the cursor: the next frame comes below it. */
  #leave(state: 'drawn' | 'suspended'): void {
    this.#state = state;
    this.#log.done();
    this.#drawn = [];
  }

  #clear(): void {
    this.#log.clear();
    this.#drawn = [];
  }

  #lines(): string[] {
    const { sink, selection, clock, utc, frame } = this.#options;
    const elapsed = clock.elapsed();
    const { rows, forgotten = 0, foot, isBad } = frame(elapsed);
    const below = this.#outage === null ? foot : `the log has been out of reach since ${this.#outage}`;
    const last = this.paint(this.#outage !== null || isBad ? 'bad' : 'dim', cut(below, sink.columns));
    const height = sink.rows - ['header', 'last', 'cursor'].length;
    if (rows.length === 0 || height < 2) return [last];
    const { visible, hidden } = this.#choose(rows, height, forgotten);
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

/** A run at a terminal: a first line that stays, and a table of the targets that is gone when the result follows. */
export function liveRunView(sink: Sink, { title, debug = false, ...tools }: RunViewOptions): RunView {
  const started = tools.clock.elapsed();
  let nodes: readonly NodeProgress[] = [];
  let expected = title.nodes ?? 0;
  let settlesAt: number | undefined;
  let isBegun = false;

  const frame = (now: number): Frame<NodeProgress> => {
    const failed = nodes.filter(hasFailed).length;
    const over = nodes.filter(isOver).length;
    const elapsed = elapsedText(now - started);
    const waiting = over === nodes.length ? waitingText({ settlesAt }, now) : null;
    const state = [`${over - failed} of ${nodes.length} done`, ...(failed > 0 ? [`${failed} failed`] : []), elapsed];
    const foot = nodes.length === 0 ? `waiting for the first entry, ${elapsed}` : (waiting ?? state.join(', '));
    return { rows: nodes, foot, isBad: failed > 0 };
  };
  const selection = { columns: progressColumns, chosen: false };
  const table = new LiveTable({ ...tools, sink, selection, utc: false, frame, rank: progressRank });
  /** What is refused was not begun. */
  const begin = (): void => {
    if (!isBegun) table.print(`${table.paint('bold', headlineText(title, Math.max(expected, nodes.length)))}\n`);
    isBegun = true;
  };
  return {
    on: (event) => {
      if (event.event === 'warning') table.print(warningText(event.message, table.paint));
      if (event.event === 'outage') table.outage(event.ageMs);
      if (event.event === 'baseline') {
        expected ||= event.expects?.count ?? 0;
        if (debug) table.print(`${table.paint('dim', baselineText(event))}\n`);
      }
      if (event.event === 'progress') ({ nodes, settlesAt } = event);
      if (event.event === 'dispatched' || (event.event === 'progress' && nodes.length > 0)) begin();
      const text = eventText(event);
      const isRoutine = event.event === 'dispatched' && !event.replayed && !event.recovered && !event.earlier;
      if (text !== null && (debug || !isRoutine)) table.print(`${text}\n`);
      table.redraw();
    },
    stop: () => table.stop(),
  };
}

/** More rows than any screen has; older ones that are final are then forgotten, and only counted. */
const KEPT = 500;

/**
 * A followed log at a terminal: a table, newest first. What was followed for ever stays on the screen; otherwise the list
 * that follows says it all.
 */
export function liveWatchView(sink: Sink, options: WatchViewOptions): WatchView {
  const started = options.clock.elapsed();
  const tally = new Tally();
  let newestFirst: readonly Activity[] = [];

  const frame = (now: number): Frame<Activity> => {
    const { total } = tally.counts();
    const open = tally.open();
    const processing = open > 0 ? [`${open} processing`] : [];
    const foot = [count(total, 'entry', 'entries'), ...processing, elapsedText(now - started)].join(', ');
    return { rows: newestFirst, forgotten: total - newestFirst.length, foot };
  };
  const add = (activities: readonly Activity[]): void => {
    const byId = new Map<Id, Activity>([...newestFirst, ...activities].map((activity) => [activity.id, activity]));
    for (const activity of activities) tally.add(activity);
    newestFirst = [...byId.values()]
      .sort((a, b) => compareIds(b.id, a.id))
      .filter((activity, index) => index < KEPT || !isFinal(activity.status));
    table.redraw();
  };
  const selection = selectColumns(activityColumns, options.columns);
  const table = new LiveTable({ ...options, sink, selection, frame, rank: () => 0 });
  table.print(`${table.paint('bold', `Activities of ${options.place}`)}\n`);
  return {
    on: (event) => {
      if (event.event === 'warning') table.print(warningText(event.message, table.paint));
      if (event.event === 'outage') table.outage(event.ageMs);
      if (event.event === 'listing') add(event.activities);
      if (event.event === 'activity') add([event.activity]);
    },
    stop: () => table.stop({ keep: options.follow }),
  };
}
