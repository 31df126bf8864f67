import { isFinal, type Activity, type Status } from '../../base/activity.js';
import { type Clock } from '../../base/clock.js';
import { errorDocument, type LdctlError } from '../../base/errors.js';
import { type Id } from '../../base/ids.js';
import { shownStep, type NodeProgress, type RunStep } from '../../job/events.js';
import { count } from '../../base/text.js';
import { elapsedText } from '../columns.js';
import { sentence, warningText } from '../error.js';
import { formatOf } from '../formats.js';
import { jsonText } from '../formats/json.js';
import { listWriter, type PrintOptions } from '../list.js';
import { activityColumns, standingOf } from '../rows.js';
import { changeText, eventText, headlineText, shareText, type RunTitle } from '../run-text.js';
import { type Output, type Sink } from '../streams.js';

interface View<Event> {
  on(event: Event): void;
  /** Ends it, on every way out; harmless when repeated. @param error why the following of a log was given up */
  stop(error?: LdctlError): void;
}

export interface ViewOptions {
  clock: Pick<Clock, 'now' | 'elapsed'>;
  /** Nothing on stderr but warnings. */
  quiet: boolean;
}

export type RunView = View<RunStep>;

export interface RunViewOptions extends ViewOptions, Pick<PrintOptions, 'format' | 'numberIds'> {
  /** Key, baseline and request id at a terminal too. */
  debug?: boolean;
  title: RunTitle;
}

/** What happens in a log that is followed. */
export type WatchEvent =
  /** The first listing, newest first. */
  | { event: 'listing'; activities: readonly Activity[] }
  /** An entry appeared after that, or its status changed. */
  | Extract<RunStep, { event: 'activity' | 'warning' | 'outage' }>;

export type WatchView = View<WatchEvent>;

export interface WatchViewOptions extends ViewOptions, PrintOptions {
  /** For ever: then the changes are the data, and nothing comes to stdout after them. */
  follow: boolean;
  place: string;
}

/** CI systems kill a step that says nothing for long. */
const SILENCE_MS = 30_000;

/** Lines that stay, and a heartbeat when there was none for a while: what to say then, ms after the start. */
function openLines(sink: Sink, { clock, quiet }: ViewOptions, heartbeat: (elapsed: number) => string) {
  const started = clock.elapsed();
  let spokeAt = started;
  const write = (text: string): void => {
    spokeAt = clock.elapsed();
    sink.write(text);
  };
  /** With the time of day, in UTC. */
  const say = (text: string): void =>
    write(sentence(sink, `${new Date(clock.now()).toISOString().slice(11, 19)}Z ${text}`));
  const timer = setInterval(() => {
    const now = clock.elapsed();
    if (!quiet && now - spokeAt >= SILENCE_MS) say(heartbeat(now - started));
  }, 1000).unref();
  const warn = (message: string): void => write(warningText(sink, message));
  return { write, say, warn, stop: () => clearInterval(timer) };
}

/** A run where nothing is redrawn: one line a change. In NDJSON events go to stdout. */
export function plainRunView({ stdout, stderr }: Output, options: RunViewOptions): RunView {
  const { title, quiet, format } = options;
  const isData = formatOf(format).events === true;
  let nodes: readonly NodeProgress[] = [];
  let isBegun = isData;
  const lines = openLines(stderr, options, (elapsed) => {
    const open = nodes.filter((node) => standingOf(node) === 'open').length;
    const what = nodes.length === 0 ? 'waiting for the first entry' : `going on: ${shareText(open, nodes.length)}`;
    return `still ${what}, ${elapsedText(elapsed)}`;
  });
  const tell = (event: RunStep): void => {
    const expected = event.event === 'baseline' ? event.expects : 0;
    if (!isBegun) lines.say(headlineText(title, title.nodes ?? expected));
    isBegun = true;
    if (event.event === 'progress') ({ nodes } = event);
    // What must be seen although stdout has the events: it is not among them.
    const isToBeSaid = !isData || event.event === 'baseline' || event.event === 'gate_output';
    const text = isToBeSaid ? eventText(event) : null;
    if (text !== null) lines.say(text);
  };
  return {
    on: (event) => {
      const shown = isData ? shownStep(event) : null;
      if (shown) stdout.write(`${jsonText(shown, options)}\n`);
      if (event.event === 'warning') lines.warn(event.message);
      else if (!quiet) tell(event);
    },
    stop: () => lines.stop(),
  };
}

/**
 * A followed log where nothing is redrawn. Of what is followed for ever, and in NDJSON, the changes go to stdout; else to
 * stderr, and of the first listing only what is still going on.
 */
export function plainWatchView(output: Output, options: WatchViewOptions): WatchView {
  const { format, follow, quiet } = options;
  const { events } = formatOf(format);
  const writer = events || follow ? changeWriter(output, options) : null;
  const statuses = new Map<Id, string>();
  const lines = openLines(output.stderr, options, (elapsed) => {
    const { total, processing, other } = tally(statuses);
    const all = count(total, 'entry', 'entries');
    return `still following: ${processing + other} of ${all} processing, ${elapsedText(elapsed)}`;
  });
  const change = (activity: Activity, isNews: boolean): void => {
    statuses.set(activity.id, activity.status);
    if (writer) output.stdout.write(writer(activity));
    else if (isNews && !quiet) lines.write(`${changeText(activity)}\n`);
  };
  return {
    on: (event) => {
      if (event.event === 'warning') lines.warn(event.message);
      if (event.event === 'activity') change(event.activity, true);
      if (event.event === 'listing') {
        for (const activity of [...event.activities].reverse()) change(activity, !isFinal(activity.status));
      }
    },
    stop: (error) => {
      lines.stop();
      if (!writer || output.settled) return;
      output.settled = true;
      const result = { event: 'result', ...tally(statuses), ...(error && { error: errorDocument(error) }) };
      output.stdout.write(events ? `${jsonText(result, options)}\n` : writer(null));
    },
  };
}

/** How a change is written to stdout, and with null the end: an event, a record of CSV, or a line. */
function changeWriter({ stdout }: Output, options: WatchViewOptions): (activity: Activity | null) => string {
  if (formatOf(options.format).events) return (activity) => `${jsonText({ event: 'activity', activity }, options)}\n`;
  if (options.format !== 'csv') return (activity) => (activity ? `${changeText(activity)}\n` : '');
  const writer = listWriter(stdout, activityColumns, options);
  return (activity) => (activity ? writer.items([activity]) : writer.end(0));
}

/** How many entries of a followed log have which status. */
export function tally(statuses: ReadonlyMap<Id, string>): Record<'total' | Status | 'other', number> {
  const counts = { total: statuses.size, processing: 0, completed: 0, rejected: 0, other: 0 };
  const isKnown = (status: string): status is Status => ['processing', 'completed', 'rejected'].includes(status);
  for (const status of statuses.values()) counts[isKnown(status) ? status : 'other'] += 1;
  return counts;
}
