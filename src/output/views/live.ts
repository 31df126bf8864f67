import { createLogUpdate } from 'log-update';
import { verbOf, type Activity } from '../../base/activity.js';
import { elapsedText } from '../../base/durations.js';
import { compareIds, type Id } from '../../base/ids.js';
import type { NodeProgress, JobEvent } from '../../job/events.js';
import type { FollowEvent } from '../../job/watch.js';
import { isFailedGate } from '../../base/outcome.js';
import { count, plainText, wrapWords } from '../../base/text.js';
import type { Selection } from '../columns.js';
import { select } from '../list.js';
import { sentence, warningText } from '../sentence.js';
import { cutTo, layOut } from '../formats/table.js';
import { activityColumns, countProgress, gateColumn, resultColumns, progressOf } from '../rows.js';
import { eventText, awaitedText } from '../event-text.js';
import type { Output, Sink } from '../streams.js';
import {
  countOpen,
  keyOf,
  type RunView,
  type RunViewOptions,
  type ViewOptions,
  type WatchView,
  type WatchViewOptions,
} from './plain.js';

interface Foot {
  foot: string;
  /** What Ctrl-C does, or when it ends: left out where not all of it fits, and in the last frame. */
  ending?: string;
}

interface Frame<T> extends Foot {
  rows: readonly T[];
  selection: Selection<T>;
  /** Lines below the rows. */
  notes?: ReadonlyArray<{ text: string; isBad?: boolean }>;
  isBad?: boolean;
}

interface LiveTableOptions<T> extends ViewOptions {
  output: Output;
  /** Where not all rows fit, those of the lowest rank are shown, and first. */
  rank?: (row: T) => number;
  /** Those that are shown keep their places. */
  inPlace?: boolean;
  /** Called every second and at every event. */
  frame: (elapsed: number) => Frame<T>;
}

/** How long after a drawing a line of a gate is drawn at the earliest: it may write far faster. */
const REDRAW_MS = 100;

/** A table that is drawn anew in place, below lines that stay. */
export function liveTable<T>(table: LiveTableOptions<T>) {
  const { stderr: sink } = table.output;
  // Of a stream, log-update needs only what a sink has: write, isTTY and the size.
  const log = createLogUpdate(sink as unknown as NodeJS.WritableStream, { showCursor: true });
  const widths = new Map<string, number>();
  let height = 0;
  let drawnAt = -Infinity;
  const draw = (isLast: boolean) => {
    drawnAt = table.clock.elapsed();
    const lines = frameLines(table, widths, isLast);
    // log-update loses lines where two frames of different heights end in the same one.
    if (lines.length !== height) log.clear();
    height = lines.length;
    // It may break a line within a key, where the sink would not find it.
    log(sink.masked(lines.join('\n')));
  };
  const redraw = () => draw(false);
  // After Ctrl-Z the shell has written on the screen: the next frame goes below that.
  const resumed = () => {
    log.done();
    redraw();
  };
  process.on('SIGCONT', resumed);
  const rest = table.clock.every(1000, redraw);
  /** Prints lines that stay, above the table. */
  const print = (text: string) => {
    log.clear();
    sink.write(text);
    redraw();
  };
  return {
    print,
    redraw,
    on: (event: JobEvent | FollowEvent) => {
      const isSoon = table.clock.elapsed() - drawnAt < REDRAW_MS;
      if (event.event === 'warning') print(warningText(sink, event.message));
      else if (event.event !== 'gate_output' || !isSoon) redraw();
    },
    /** Removes the table, unless its last frame is to stay. */
    stop: ({ keep = false } = {}) => {
      rest();
      process.off('SIGCONT', resumed);
      // Also where the last frame stays: it removes the ^C that the terminal may have added.
      log.clear();
      if (keep) draw(true);
    },
  };
}

function frameLines<T>(
  { output, clock, rank = () => 0, inPlace, frame }: LiveTableOptions<T>,
  widths: Map<string, number>,
  isLast: boolean,
) {
  const { options, people, stderr } = output;
  const { names, paint, columns: width } = stderr;
  const elapsed = clock.elapsed();
  const { rows, selection, notes = [], isBad, foot, ending = '' } = frame(elapsed);
  const colour = (bad?: boolean) => (bad ? 'bad' : 'dim');
  const noted = notes.flatMap(({ text, isBad: bad }) =>
    wrapWords(plainText(text), width).map((line) => paint(colour(bad), line)),
  );
  const whole = isLast ? foot : foot + ending;
  const [below = ''] = wrapWords(whole.length > width ? foot : whole, width);
  const last = [...noted, paint(colour(isBad), below)];
  // Without the header, the last lines, and that of the cursor.
  const height = stderr.rows - 2 - last.length;
  if (rows.length === 0 || height < 2) return last;
  const isAll = rows.length <= height;
  const ranked = isAll ? rows : [...rows].sort((a, b) => rank(a) - rank(b)).slice(0, height - 1);
  const visible = inPlace ? rows.filter((row) => ranked.includes(row)) : ranked;
  const now = clock.now();
  const { utc } = options;
  const look = { header: true, utc, now, elapsed, isTTY: true, names, people, paint, width };
  const layout = layOut(selection, visible, look, widths);
  const left = rows.length - visible.length;
  const more = left > 0 ? [`… and ${left} more`] : [];
  return [layout.header, ...layout.rows(visible), ...more, ...last];
}

/** What the foot of a run shows, beside its nodes: kept from the events as they come. */
interface RunFacts {
  /** On the monotonic clock, ms. */
  since: number;
  /** `waiting for the first entry` */
  waiting: string;
  /** The nodes of a roll that this process has started; of any other run, null alone. */
  started: Set<Id | null>;
  /** All is final, and until then one more node may report. */
  decidesAt?: number;
  /** What Ctrl-C does to a run that is no roll: `. Ctrl-C stops watching; the restart continues`. */
  stopsWatching: string;
  /** Of a roll, once it starts no more nodes: what Ctrl-C does. */
  ending?: string | undefined;
}

/** What Ctrl-C does once a roll starts no more nodes, by the warning that says so. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['halted', ''],
  ['stopping', '. Ctrl-C: exit at once'],
]);

type GateOutput = Extract<JobEvent, { event: 'gate_output' }>;

/** How many lines of a gate stay on the screen if it has not passed. */
const MOST_LINES = 20;

/** What gates print: the last line stands in the row of its node. */
function gateLines(sink: Sink) {
  // By node, unless its gate has passed.
  const kept = new Map<Id | null, readonly GateOutput[]>();
  const lastLine: typeof gateColumn = {
    ...gateColumn,
    value: (row, view) => {
      // Half a key would not be found.
      const line = plainText(sink.masked(kept.get(row.node_id)?.at(-1)?.line ?? ''));
      return cutTo(line, Math.floor(sink.columns / 2)) || gateColumn.value(row, view);
    },
  };
  return {
    columns: () => (kept.size > 0 ? [...resultColumns, lastLine] : resultColumns),
    note: (event: JobEvent) => {
      if (event.event === 'gate' && !isFailedGate(event.gate)) kept.set(event.node_id, []);
      if (event.event !== 'gate_output') return;
      kept.set(event.node_id, [...(kept.get(event.node_id) ?? []), event].slice(-MOST_LINES));
    },
    /** Why one failed, or hung. */
    rest: () => [...kept.values()].flat(),
  };
}

/** How far a run is. */
function footOf(nodes: readonly NodeProgress[], facts: RunFacts, now: number): Foot {
  const { since, waiting, decidesAt, stopsWatching } = facts;
  const time = elapsedText(now - since);
  if (nodes.length === 0) return { foot: `${waiting}, ${time}` };
  const { open, done, failed } = countProgress(nodes);
  if (decidesAt !== undefined && open === 0) {
    if (decidesAt === Infinity) return { foot: `waiting for the number of nodes, ${time}` };
    // Rounded up: while it waits, it never says 0 s.
    return {
      foot: `waiting ${elapsedText(decidesAt - now + 999)} for nodes that may still report`,
    };
  }
  const rejected = nodes.filter(({ status }) => status === 'rejected').length;
  const word = failed === rejected ? 'rejected' : 'failed';
  const far = `${done} of ${nodes.length} done${failed ? `, ${failed} ${word}` : ''}, ${time}`;
  const foot = far + restText(nodes, facts, now);
  if (open === 0) return { foot };
  const isRoll = nodes.some(({ stage }) => stage !== undefined);
  const { ending = isRoll ? '. Ctrl-C: finish these, then stop' : stopsWatching } = facts;
  return { foot, ending };
}

/** `, 6 to go, about 36s`: of a roll that starts more nodes. */
function restText(
  nodes: readonly NodeProgress[],
  { since, started, ending }: RunFacts,
  now: number,
) {
  const ahead = nodes.filter(({ stage }) => stage === 'waiting').length;
  if (ending !== undefined || ahead === 0) return '';
  // What an earlier process has done says nothing about the pace of this one.
  const { done: own } = countProgress(nodes.filter((node) => started.has(node.node_id)));
  const about = own < 2 ? '' : `, about ${elapsedText(((now - since) / own) * ahead)}`;
  return `, ${ahead} to go${about}`;
}

/**
 * A run at a terminal: a headline that stays, and a table that is removed before the result is
 * printed.
 */
export function liveRunView(output: Output, { headline, action, clock }: RunViewOptions): RunView {
  const { stderr: sink, options } = output;
  const continues = action === null ? '' : `; the ${verbOf(action)} continues`;
  const facts: RunFacts = {
    since: clock.elapsed(),
    waiting: 'waiting',
    started: new Set(),
    stopsWatching: `. Ctrl-C stops watching${continues}`,
  };
  let nodes: readonly NodeProgress[] = [];
  let hasHeadline = false;
  const gates = gateLines(sink);

  const frame = (now: number): Frame<NodeProgress> => ({
    rows: nodes,
    selection: { columns: gates.columns(), chosen: false },
    ...footOf(nodes, facts, now),
    isBad: countProgress(nodes).failed > 0,
  });
  const rank = (node: NodeProgress) => ['failed', 'open', 'done'].indexOf(progressOf(node));
  const table = liveTable({ clock, output, rank, frame });
  const note = (event: JobEvent) => {
    facts.waiting = awaitedText(event) ?? facts.waiting;
    if (event.event === 'progress') {
      nodes = event.nodes;
      facts.decidesAt = event.decidesAt;
    }
    if (event.event === 'dispatched' && !event.earlier) facts.started.add(event.node_id ?? null);
    // What comes before there is a row stands above the table.
    if (nodes.length > 0 && !options.debug) gates.note(event);
    if (event.event === 'warning') facts.ending = ENDINGS.get(event.code) ?? facts.ending;
  };
  return {
    on: (event) => {
      note(event);
      // Not before: a run that is refused has no headline.
      if (!hasHeadline && (event.event === 'dispatched' || nodes.length > 0)) {
        hasHeadline = true;
        table.print(sentence(sink, headline, 'bold'));
      }
      const text = isSaid(event, nodes.length > 0, options.debug) ? eventText(event, sink) : null;
      if (text !== null) table.print(sentence(sink, text));
      table.on(event);
    },
    stop: () => {
      table.stop();
      for (const event of gates.rest()) sink.write(sentence(sink, eventText(event, sink) ?? ''));
    },
  };
}

/** Whether an event is printed, too: what the table does not show; with --debug all. */
function isSaid(event: JobEvent, hasRows: boolean, debug: boolean) {
  if (event.event === 'activity') return false;
  if (debug) return true;
  if (event.event === 'gate_output') return !hasRows;
  if (event.event !== 'dispatched') return false;
  // The rows of a roll show what an earlier run has done.
  return event.earlier ? event.node_id === undefined : event.replayed || event.recovered;
}

/**
 * A followed log at a terminal: a table, newest first. With `--follow` it stays at the end,
 * otherwise the list follows.
 */
export function liveWatchView(output: Output, shown: WatchViewOptions): WatchView {
  const { clock, follow, place } = shown;
  const ending = follow ? ', until Ctrl-C' : ', ends when all are completed or rejected';
  const started = clock.elapsed();
  const byId = new Map<string, Activity>();
  const selection = select(output, activityColumns);
  let rows: readonly Activity[] = [];

  const frame = (elapsed: number): Frame<Activity> => {
    const open = countOpen(byId);
    const foot = `${count(byId.size, 'entry', 'entries')}${open > 0 ? `, ${open} processing` : ''}, ${elapsedText(elapsed - started)}`;
    return { rows, selection, foot, ending };
  };
  const add = (activities: readonly Activity[]) => {
    for (const activity of activities) byId.set(keyOf(activity), activity);
    // Ids of different deployments say nothing of one another.
    const isOne = output.places.size === 0;
    const time = ({ created_at: at }: Activity) => (isOne ? 0 : Date.parse(at));
    rows = [...byId.values()].sort((a, b) => time(b) - time(a) || compareIds(b.id, a.id));
  };
  const table = liveTable({ clock, output, frame });
  table.print(sentence(output.stderr, `Activities of ${place}`, 'bold'));
  return {
    on: (event) => {
      if (event.event === 'listing') add(event.activities);
      if (event.event === 'activity') add([event.activity]);
      table.on(event);
    },
    stop: () => table.stop({ keep: follow }),
  };
}
