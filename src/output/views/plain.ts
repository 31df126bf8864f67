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
import {
  activityText,
  baselineText,
  changeText,
  dispatchedText,
  gateOutputText,
  gateText,
  headlineText,
  type RunTitle,
} from '../run-text.js';
import { isOver } from '../status.js';
import { painter, type Output, type Sink } from '../streams.js';

/**
 * Calls `run` again and again, `ms` milliseconds apart, until the returned function is called. Injected, as the clock is.
 */
export type Every = (ms: number, run: () => void) => () => void;

/**
 * Calls `pause` before Ctrl-Z stops the process, and `resume` when it goes on, until the returned function is called.
 * Injected too.
 */
export type OnSuspend = (pause: () => void, resume: () => void) => () => void;

export interface ViewTools {
  clock: Pick<Clock, 'now' | 'elapsed'>;
  every: Every;
  onSuspend: OnSuspend;
}

/** A display of a run, from its first event to its end. */
export interface RunView {
  on(event: RunStep): void;
  /** Ends the display and everything it started. Called on every way out; harmless when repeated. */
  stop(): void;
}

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

/** A display of a log that is followed (`activities list --watch|--follow`). */
export interface WatchView {
  on(event: WatchEvent): void;
  /**
   * Ends the display and everything it started, on every way out; harmless when repeated. In NDJSON this writes the
   * `result` line, with `error` beside the counts where following was given up.
   */
  stop(error?: LdctlError): void;
}

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

/** The display for a run where nothing is redrawn. */
export function plainRunView(output: Output, options: RunViewOptions): RunView {
  const { stdout, stderr } = output;
  if (!formatOf(options.format).events) return new PlainRunView(stderr, options.quiet ? 'warnings' : 'all', options);
  const beside = new PlainRunView(stderr, options.quiet ? 'warnings' : 'essentials', options);
  return {
    on: (event) => {
      const line = shownStep(event);
      if (line) stdout.write(`${jsonText(line, options)}\n`);
      beside.on(event);
    },
    stop: () => beside.stop(),
  };
}

/** CI systems kill a step that says nothing for long. */
const SILENCE_MS = 30_000;

/** Lines that stay, each with its time of day in UTC, and a heartbeat when there was none for a while. */
class LineLog {
  readonly #sink: Sink;
  readonly #clock: ViewTools['clock'];
  readonly stop: () => void;
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
}

/** Off a terminal: one line a change. */
class PlainRunView implements RunView {
  readonly #log: LineLog;
  readonly #sink: Sink;
  readonly #verbosity: Verbosity;
  readonly #title: RunTitle;
  #isBegun = false;
  #nodes: readonly NodeProgress[] = [];

  constructor(sink: Sink, verbosity: Verbosity, options: RunViewOptions) {
    this.#sink = sink;
    this.#verbosity = verbosity;
    this.#title = options.title;
    const heartbeat = (elapsed: number): string => stillGoing(this.#nodes, elapsed);
    this.#log = new LineLog(sink, options, verbosity === 'warnings' ? null : heartbeat);
  }

  on(event: RunStep): void {
    if (event.event === 'warning') this.#log.raw(warningText(event.message, painter(this.#sink.colour)));
    else if (this.#verbosity !== 'warnings') this.#tell(event);
  }

  stop(): void {
    this.#log.stop();
  }

  #tell(event: Exclude<RunStep, { event: 'warning' }>): void {
    const isAll = this.#verbosity === 'all';
    if (!this.#isBegun && isAll) {
      this.#isBegun = true;
      const expected = event.event === 'baseline' ? (event.expects?.count ?? 0) : 0;
      this.#log.line(headlineText(this.#title, this.#title.nodes ?? expected));
    }
    if (event.event === 'progress') this.#progress(event.nodes);
    else if (event.event === 'baseline') this.#log.line(baselineText(event));
    else if (event.event === 'gate_output') this.#log.line(gateOutputText(event));
    else if (isAll && event.event === 'dispatched') this.#log.line(dispatchedText(event));
    else if (isAll && event.event === 'gate') this.#log.line(gateText(event));
    else if (isAll && event.event === 'activity') {
      this.#log.line(`${event.activity.node_id} ${activityText(event.activity)}`);
    }
  }

  /** A node that is given up as missing has no activity, and so no event of its own. */
  #progress(nodes: readonly NodeProgress[]): void {
    const before = this.#nodes;
    this.#nodes = nodes;
    if (this.#verbosity !== 'all') return;
    nodes.forEach((node, index) => {
      if (node.status !== MISSING || before[index]?.status === MISSING) return;
      this.#log.line(`${node.node_id === null ? 'an expected node' : String(node.node_id)} missing: no entry appeared`);
    });
  }
}

function stillGoing(nodes: readonly NodeProgress[], elapsed: number): string {
  if (nodes.length === 0) return `still waiting for the first entry, ${elapsedText(elapsed)}`;
  const open = nodes.filter((node) => !isOver(node));
  const isRoll = nodes.some(({ stage }) => stage !== undefined);
  const isSeen = isRoll || open.some(({ status }) => status !== null);
  const share = `${open.length} of ${count(nodes.length, 'node')}`;
  return `still ${isSeen ? 'going on' : 'waiting'}: ${share}, ${elapsedText(elapsed)}`;
}

/** The display for a followed log where nothing is redrawn. */
export function plainWatchView(output: Output, options: WatchViewOptions): WatchView {
  const { format, follow, quiet } = options;
  const isEvents = formatOf(format).events;
  if (!isEvents && !follow) return new PlainWatchView(output.stderr, quiet ? 'warnings' : 'all', options);
  const beside = new PlainWatchView(output.stderr, quiet ? 'warnings' : 'essentials', options);
  const writer = isEvents ? eventWriter(options) : format === 'csv' ? recordWriter(output, options) : lineWriter;
  const write = (activity: Activity): void => output.stdout.write(writer.change(activity));
  return {
    on: (event) => {
      if (event.event === 'activity') write(event.activity);
      if (event.event === 'listing') [...event.activities].reverse().forEach(write);
      beside.on(event);
    },
    stop: (error) => {
      beside.stop();
      if (output.settled) return;
      output.settled = true;
      output.stdout.write(writer.end(error));
    },
  };
}

/** Off a terminal: one line a change. Of the first listing, only what is still going on. */
class PlainWatchView implements WatchView {
  readonly #log: LineLog;
  readonly #sink: Sink;
  readonly #verbosity: Verbosity;
  readonly #tally = new Tally();

  constructor(sink: Sink, verbosity: Verbosity, options: WatchViewOptions) {
    this.#sink = sink;
    this.#verbosity = verbosity;
    const heartbeat = (elapsed: number): string =>
      `still following: ${this.#tally.open()} of ${count(this.#tally.counts().total, 'entry', 'entries')} processing, ${elapsedText(elapsed)}`;
    this.#log = new LineLog(sink, options, verbosity === 'warnings' ? null : heartbeat);
  }

  on(event: WatchEvent): void {
    if (event.event === 'warning') this.#log.raw(warningText(event.message, painter(this.#sink.colour)));
    if (event.event === 'activity') this.#add([event.activity], [event.activity]);
    if (event.event === 'listing') {
      this.#add(event.activities, event.activities.filter(({ status }) => !isFinal(status)).reverse());
    }
  }

  stop(): void {
    this.#log.stop();
  }

  #add(activities: readonly Activity[], told: readonly Activity[]): void {
    for (const activity of activities) this.#tally.add(activity);
    if (this.#verbosity === 'all') for (const activity of told) this.#log.raw(`${changeText(activity)}\n`);
  }
}

/** How changes are written to stdout: each one, and the end. */
interface ChangeWriter {
  change(activity: Activity): string;
  end(error: LdctlError | undefined): string;
}

/** `{"event":"activity","activity":{…}}` lines, the last one `{"event":"result",…}` with counts only. */
function eventWriter(options: WatchViewOptions): ChangeWriter {
  const tally = new Tally();
  return {
    change: (activity) => {
      tally.add(activity);
      return `${jsonText({ event: 'activity', activity }, options)}\n`;
    },
    end: (error) => {
      const result = { event: 'result', ...tally.counts(), ...(error && { error: errorDocument(error) }) };
      return `${jsonText(result, options)}\n`;
    },
  };
}

/** A CSV record a change. */
function recordWriter({ stdout }: Output, options: WatchViewOptions): ChangeWriter {
  const writer = listWriter(stdout, { noun: 'activities', columns: activityColumns }, options);
  return { change: (activity) => writer.items([activity]), end: () => writer.end(0) };
}

/** A line a change, for people and `grep`. */
const lineWriter: ChangeWriter = { change: (activity) => `${changeText(activity)}\n`, end: () => '' };

/** The counts of a followed log: all of its entries, and how many of each known status. */
type Counts = { total: number } & Record<Status | 'other', number>;

/** Keeps the last status of each entry. */
export class Tally {
  readonly #statuses = new Map<Id, string>();

  add({ id, status }: Activity): void {
    this.#statuses.set(id, status);
  }

  counts(): Counts {
    const counts: Counts = { total: this.#statuses.size, processing: 0, completed: 0, rejected: 0, other: 0 };
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
