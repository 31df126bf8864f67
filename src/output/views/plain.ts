import { isFinal, STATUSES, type Activity, type Status } from '../../base/activity.js';
import { type Clock } from '../../base/clock.js';
import { errorDocument, type LdctlError } from '../../base/errors.js';
import { type Id } from '../../base/ids.js';
import { MISSING } from '../../base/outcome.js';
import { shownStep, type NodeProgress, type RunStep } from '../../base/progress.js';
import { count } from '../../base/text.js';
import { activityColumns } from '../activity-columns.js';
import { elapsedText } from '../columns.js';
import { warningText } from '../error.js';
import { formatOf } from '../formats.js';
import { jsonText } from '../formats/json.js';
import { listWriter, type PrintOptions } from '../list.js';
import { activityText, baselineText, changeText, eventText, headlineText, type RunTitle } from '../run-text.js';
import { isOver } from '../status.js';
import { painter, type Output, type Sink } from '../streams.js';

/** Calls `run` every `ms` milliseconds, until the returned function is called. Injected, as the clock is. */
export type Every = (ms: number, run: () => void) => () => void;
/** Calls `pause` before Ctrl-Z stops the process, and `resume` when it goes on, until the returned function is called. */
export type OnSuspend = (pause: () => void, resume: () => void) => () => void;

export interface ViewTools {
  clock: Pick<Clock, 'now' | 'elapsed'>;
  every: Every;
  onSuspend: OnSuspend;
}

/** A display, from its first event to its end. */
interface View<Event> {
  on(event: Event): void;
  /**
   * Ends it and everything it started, on every way out; harmless when repeated.
   * @param error why the following of a log was given up
   */
  stop(error?: LdctlError): void;
}

export type RunView = View<RunStep>;

export interface RunViewOptions extends Pick<PrintOptions, 'format' | 'numberIds'>, ViewTools {
  /** Nothing on stderr but warnings. */
  quiet: boolean;
  /** The idempotency key, the baseline and the id of the request, at a terminal too. */
  debug?: boolean;
  title: RunTitle;
}

/** What happens in a log that is followed. */
export type WatchEvent =
  /** The first listing, newest first. */
  | { event: 'listing'; activities: readonly Activity[] }
  /** An entry appeared after that, or its status changed. */
  | { event: 'activity'; activity: Activity }
  | { event: 'warning'; code: string; message: string }
  /** The log cannot be read, and was last read so many ms ago; or, with null, it can again. */
  | { event: 'outage'; ageMs: number | null };

export type WatchView = View<WatchEvent>;

export interface WatchViewOptions extends PrintOptions, ViewTools {
  /** Followed for ever: then the changes are the data, and nothing else comes to stdout after them. */
  follow: boolean;
  /** Nothing on stderr but warnings. */
  quiet: boolean;
  /** The deployment by the best name that is known. */
  place: string;
}

/** How much goes to stderr: everything; what must be seen although stdout has the events; warnings alone. */
type Verbosity = 'all' | 'essentials' | 'warnings';

/** CI systems kill a step that says nothing for long. */
const SILENCE_MS = 30_000;

/** Lines that stay, each with its time of day in UTC, and a heartbeat when there was none for a while. */
class LineLog {
  readonly stop: () => void;
  readonly #sink: Sink;
  readonly #clock: ViewTools['clock'];
  #spokeAt: number;

  /** @param heartbeat what to say after 30 s of silence, given the milliseconds since the start */
  constructor(sink: Sink, { clock, every }: ViewTools, heartbeat: ((elapsed: number) => string) | null) {
    this.#sink = sink;
    this.#clock = clock;
    const started = clock.elapsed();
    this.#spokeAt = started;
    this.stop = every(1000, () => {
      const now = clock.elapsed();
      if (heartbeat && now - this.#spokeAt >= SILENCE_MS) this.line(heartbeat(now - started));
    });
  }

  line(text: string): void {
    this.raw(`${new Date(this.#clock.now()).toISOString().slice(11, 19)}Z ${text}\n`);
  }

  raw(text: string): void {
    this.#spokeAt = this.#clock.elapsed();
    this.#sink.write(text);
  }

  warning(message: string): void {
    this.raw(warningText(message, painter(this.#sink.colour)));
  }
}

/** The display for a run where nothing is redrawn: one line a change. In NDJSON events go to stdout. */
export function plainRunView({ stdout, stderr }: Output, options: RunViewOptions): RunView {
  const isEvents = formatOf(options.format).events;
  const verbosity: Verbosity = options.quiet ? 'warnings' : isEvents ? 'essentials' : 'all';
  let nodes: readonly NodeProgress[] = [];
  let isBegun = verbosity !== 'all';
  const heartbeat = (elapsed: number): string => stillGoing(nodes, elapsed);
  const log = new LineLog(stderr, options, verbosity === 'warnings' ? null : heartbeat);

  const tell = (event: Exclude<RunStep, { event: 'warning' }>): void => {
    if (!isBegun) {
      isBegun = true;
      const expected = event.event === 'baseline' ? (event.expects?.count ?? 0) : 0;
      log.line(headlineText(options.title, options.title.nodes ?? expected));
    }
    const isEssential = event.event === 'baseline' || event.event === 'gate_output';
    const text = isEssential || verbosity === 'all' ? plainEventText(event) : null;
    if (text !== null) log.line(text);
    if (event.event !== 'progress') return;
    const before = nodes;
    nodes = event.nodes;
    // A node that is given up as missing has no activity, and so no event of its own.
    const missing = nodes.filter(({ status }, index) => status === MISSING && before[index]?.status !== MISSING);
    if (verbosity !== 'all') return;
    for (const { node_id: id } of missing) log.line(`${id ?? 'an expected node'} missing: no entry appeared`);
  };
  return {
    on: (event) => {
      const shown = isEvents ? shownStep(event) : null;
      if (shown) stdout.write(`${jsonText(shown, options)}\n`);
      if (event.event === 'warning') log.warning(event.message);
      else if (verbosity !== 'warnings') tell(event);
    },
    stop: () => log.stop(),
  };
}

function plainEventText(event: RunStep): string | null {
  if (event.event === 'baseline') return baselineText(event);
  if (event.event === 'activity') return `${event.activity.node_id} ${activityText(event.activity)}`;
  return eventText(event);
}

function stillGoing(nodes: readonly NodeProgress[], elapsed: number): string {
  if (nodes.length === 0) return `still waiting for the first entry, ${elapsedText(elapsed)}`;
  const open = nodes.filter((node) => !isOver(node));
  const isSeen = open.some(({ status, stage }) => status !== null || stage !== undefined);
  const share = `${open.length} of ${count(nodes.length, 'node')}`;
  return `still ${isSeen ? 'going on' : 'waiting'}: ${share}, ${elapsedText(elapsed)}`;
}

/**
 * The display for a followed log where nothing is redrawn. Of what is followed for ever, and in NDJSON, the changes go to
 * stdout; else to stderr, and of the first listing only what is still going on.
 */
export function plainWatchView(output: Output, options: WatchViewOptions): WatchView {
  const { format, follow, quiet } = options;
  const writer = formatOf(format).events || follow ? changeWriter(output, options) : null;
  const tally = new Tally();
  const heartbeat = (elapsed: number): string => {
    const all = count(tally.counts().total, 'entry', 'entries');
    return `still following: ${tally.open()} of ${all} processing, ${elapsedText(elapsed)}`;
  };
  const log = new LineLog(output.stderr, options, quiet ? null : heartbeat);
  const change = (activity: Activity, isNews: boolean): void => {
    tally.add(activity);
    if (writer) output.stdout.write(writer(activity));
    else if (isNews && !quiet) log.raw(`${changeText(activity)}\n`);
  };
  return {
    on: (event) => {
      if (event.event === 'warning') log.warning(event.message);
      if (event.event === 'activity') change(event.activity, true);
      if (event.event === 'listing') {
        for (const activity of [...event.activities].reverse()) change(activity, !isFinal(activity.status));
      }
    },
    stop: (error) => {
      log.stop();
      if (!writer || output.settled) return;
      output.settled = true;
      const result = { event: 'result', ...tally.counts(), ...(error && { error: errorDocument(error) }) };
      output.stdout.write(formatOf(format).events ? `${jsonText(result, options)}\n` : writer(null));
    },
  };
}

/** How a change is written to stdout, and with null the end: an event, a record of CSV, or a line for people and `grep`. */
function changeWriter({ stdout }: Output, options: WatchViewOptions): (activity: Activity | null) => string {
  if (formatOf(options.format).events) return (activity) => `${jsonText({ event: 'activity', activity }, options)}\n`;
  if (options.format !== 'csv') return (activity) => (activity ? `${changeText(activity)}\n` : '');
  const writer = listWriter(stdout, activityColumns, options);
  return (activity) => (activity ? writer.items([activity]) : writer.end(0));
}

/** Keeps the last status of each entry of a followed log, and counts them. */
export class Tally {
  readonly #statuses = new Map<Id, string>();

  add({ id, status }: Activity): void {
    this.#statuses.set(id, status);
  }

  counts(): { total: number } & Record<Status | 'other', number> {
    const counts = { total: this.#statuses.size, processing: 0, completed: 0, rejected: 0, other: 0 };
    for (const status of this.#statuses.values()) {
      counts[Object.hasOwn(STATUSES, status) ? (status as Status) : 'other'] += 1;
    }
    return counts;
  }

  /** How many may still change. */
  open(): number {
    return [...this.#statuses.values()].filter((status) => !isFinal(status)).length;
  }
}
