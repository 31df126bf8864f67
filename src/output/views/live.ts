import { createLogUpdate } from 'log-update';
import type { Activity } from '../../base/activity.js';
import { compareIds, type Id } from '../../base/ids.js';
import type { NodeProgress, RunStep } from '../../job/events.js';
import { count, wrapWords } from '../../base/text.js';
import { elapsedText, selectColumns, timeText, type Selection } from '../columns.js';
import { sentence, warningText } from '../error.js';
import { layOut } from '../formats/table.js';
import { activityColumns, nodeColumns, rankOf, standingOf } from '../rows.js';
import { eventText, headlineText } from '../run-text.js';
import { painter, type Sink } from '../streams.js';
import {
  tally,
  type RunView,
  type RunViewOptions,
  type ViewOptions,
  type WatchEvent,
  type WatchView,
  type WatchViewOptions,
} from './plain.js';

interface Frame<T> {
  rows: readonly T[];
  /** With those that are no longer held. */
  total: number;
  foot: string;
  isBad?: boolean;
}

interface LiveTableOptions<T> extends Pick<ViewOptions, 'clock'> {
  sink: Sink;
  selection: Selection<T>;
  utc: boolean;
  /** A screen that is too small shows the rows of the lowest rank. */
  rank?: (row: T) => number;
  /** Called every second and at every event. */
  frame: (elapsed: number) => Frame<T>;
}

function liveTable<T>({ sink, selection, utc, rank = () => 0, frame, clock }: LiveTableOptions<T>) {
  const paint = painter(sink.colour);
  // Of a stream, log-update needs only what a sink has: write, isTTY and the size.
  const log = createLogUpdate(sink as unknown as NodeJS.WritableStream, { showCursor: true });
  const widths = new Map<string, number>();
  /** The time of day when the log was last read; null while it can be. */
  let outage: string | null = null;
  let isStopped = false;

  const lines = (): string[] => {
    const elapsed = clock.elapsed();
    const { rows, total, foot, isBad = false } = frame(elapsed);
    const [below = ''] = wrapWords(
      outage ? `the log has been out of reach since ${outage}` : foot,
      sink.columns,
    );
    const last = paint(outage || isBad ? 'bad' : 'dim', below);
    // Without the header, the last line, and that of the cursor.
    const height = sink.rows - 3;
    if (rows.length === 0 || height < 2) return [last];
    const visible =
      total <= height ? rows : [...rows].sort((a, b) => rank(a) - rank(b)).slice(0, height - 1);
    const look = {
      view: { utc, now: clock.now(), elapsed, names: sink.names, isTTY: true },
      paint,
      header: true,
      width: sink.columns,
    };
    const table = layOut(selection, visible, look, widths);
    const more = total > visible.length ? [`… and ${total - visible.length} more`] : [];
    return [table.header, ...table.rows(visible), ...more, last];
  };
  const redraw = (): void => log(lines().join('\n'));
  /** Lines that stay, above the table. */
  const print = (text: string): void => {
    log.clear();
    sink.write(text);
    redraw();
  };
  // After Ctrl-Z the shell has written on the screen: the next frame goes below that.
  const resumed = (): void => {
    log.done();
    redraw();
  };
  process.on('SIGCONT', resumed);
  const timer = setInterval(redraw, 1000).unref();
  return {
    print,
    on: (event: RunStep | WatchEvent): void => {
      // The last line tells it already.
      if (event.event === 'warning' && event.code !== 'log_unreadable') {
        print(warningText(sink, event.message));
      }
      if (event.event === 'outage') {
        const { ageMs } = event;
        outage =
          ageMs === null
            ? null
            : timeText(new Date(clock.now() - ageMs).toISOString(), utc).slice(11);
      }
      redraw();
    },
    /** Removes the table, unless its last frame is to stay. */
    stop: ({ keep = false } = {}): void => {
      if (isStopped) return;
      isStopped = true;
      clearInterval(timer);
      process.off('SIGCONT', resumed);
      // Also where the last frame stays: it removes the ^C that the terminal may have added.
      log.clear();
      if (keep) redraw();
    },
  };
}

/**
 * A run at a terminal: a headline that stays, and a table that is removed before the result is
 * printed.
 */
export function liveRunView(sink: Sink, { title, debug = false, clock }: RunViewOptions): RunView {
  const started = clock.elapsed();
  let nodes: readonly NodeProgress[] = [];
  let expected = title.nodes ?? 0;
  let decidesAt: number | undefined;
  let isBegun = false;

  const frame = (elapsed: number): Frame<NodeProgress> => {
    const standings = nodes.map(standingOf);
    const done = standings.filter((standing) => standing === 'done').length;
    const failed = standings.filter((standing) => standing === 'failed').length;
    const took = elapsedText(elapsed - started);
    let foot = `${done} of ${nodes.length} done${failed ? `, ${failed} failed` : ''}, ${took}`;
    if (nodes.length === 0) foot = `waiting for the first entry, ${took}`;
    else if (decidesAt !== undefined && !standings.includes('open')) {
      const seconds = Math.ceil(Math.max(decidesAt - elapsed, 0) / 1000);
      foot = `waiting ${elapsedText(seconds * 1000)} for nodes that may still report`;
    }
    return { rows: nodes, total: nodes.length, foot, isBad: failed > 0 };
  };
  const selection = { columns: nodeColumns, chosen: false };
  const table = liveTable({ clock, sink, selection, utc: false, rank: rankOf, frame });
  return {
    on: (event) => {
      if (event.event === 'baseline') expected ||= event.expects;
      if (event.event === 'progress') ({ nodes, decidesAt } = event);
      // Not before: a run that is refused has no headline.
      if (
        !isBegun &&
        (event.event === 'dispatched' || (event.event === 'progress' && nodes.length > 0))
      ) {
        isBegun = true;
        table.print(
          sentence(sink, headlineText(title, Math.max(expected, nodes.length)), 'bold', 'all'),
        );
      }
      const text = isSaid(event, debug) ? eventText(event) : null;
      if (text !== null) table.print(sentence(sink, text));
      table.on(event);
    },
    stop: () => table.stop(),
  };
}

/** Whether an event is printed, too: what the table does not show; with --debug all. */
function isSaid(event: RunStep, debug: boolean): boolean {
  if (event.event === 'activity') return false;
  if (debug || event.event === 'gate_output') return true;
  if (event.event !== 'dispatched') return false;
  // The rows of a roll show what an earlier run has done.
  return event.earlier ? event.node_id === undefined : event.replayed || event.recovered;
}

/** More rows than any screen has. Older ones are only counted. */
const KEPT = 500;

/**
 * A followed log at a terminal: a table, newest first. With `--follow` it stays at the end,
 * otherwise the list follows.
 */
export function liveWatchView(sink: Sink, options: WatchViewOptions): WatchView {
  const { clock, utc, follow } = options;
  const ends = follow ? 'until Ctrl-C' : 'ends when all are final';
  const started = clock.elapsed();
  const statuses = new Map<Id, string>();
  let newestFirst: readonly Activity[] = [];

  const frame = (elapsed: number): Frame<Activity> => {
    const { total, processing, other } = tally(statuses);
    const open = processing + other;
    const foot = `${count(total, 'entry', 'entries')}${open > 0 ? `, ${open} processing` : ''}, ${elapsedText(elapsed - started)}, ${ends}`;
    return { rows: newestFirst, total, foot };
  };
  const add = (activities: readonly Activity[]): void => {
    const byId = new Map<Id, Activity>(
      [...newestFirst, ...activities].map((activity) => [activity.id, activity]),
    );
    for (const { id, status } of activities) statuses.set(id, status);
    newestFirst = [...byId.values()].sort((a, b) => compareIds(b.id, a.id)).slice(0, KEPT);
  };
  const table = liveTable({
    clock,
    sink,
    utc,
    selection: selectColumns(activityColumns, options.columns),
    frame,
  });
  table.print(sentence(sink, `Activities of ${options.place}`, 'bold', 'all'));
  return {
    on: (event) => {
      if (event.event === 'listing') add(event.activities);
      if (event.event === 'activity') add([event.activity]);
      table.on(event);
    },
    stop: () => table.stop({ keep: follow }),
  };
}
