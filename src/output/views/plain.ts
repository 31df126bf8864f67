/*
 * What any view of a run or of a followed log is, and those that write lines.
 */

import { isFinal, STATUSES, type Activity, type Ending } from '../../base/activity.js';
import type { Clock } from '../../base/clock.js';
import { elapsedText } from '../../base/durations.js';
import { errorDocument, type LdctlError } from '../../base/errors.js';
import { shownStep, type NodeProgress, type JobEvent } from '../../job/events.js';
import type { FollowEvent } from '../../job/watch.js';
import { count, plainText } from '../../base/text.js';
import { sentence, warningText } from '../sentence.js';
import { jsonText } from '../formats/json.js';
import { listWriter } from '../list.js';
import type { Column } from '../columns.js';
import { activityColumns, countProgress } from '../rows.js';
import { awaitedText, changeText, eventText } from '../event-text.js';
import { shareText } from '../run-words.js';
import type { Output } from '../streams.js';

interface View<Event> {
  on(event: Event): void;
  /** @param error why the following of a log was given up */
  stop(error?: LdctlError): void;
}

export interface ViewOptions {
  clock: Clock;
}

export type RunView = View<JobEvent>;

export interface RunViewOptions extends ViewOptions {
  /** `Restarting iggy on platform/demo/sandbox: 3 nodes` */
  headline: string;
  /** What is done; null where activities are followed. */
  action: string | null;
}

export type WatchView = View<FollowEvent>;

export interface WatchViewOptions extends ViewOptions {
  /** `--follow`: the changes are the data, and no list is printed at the end. */
  follow: boolean;
  place: string;
}

/** Then a line says what is still to come: CI systems kill a step that is silent for long. */
const SILENCE_MS = 30_000;

/**
 * Writes lines; of what is said none with `--quiet`.
 * @param heartbeat the line for when there was none for 30 s; it is given the ms since the start
 */
function openLines(
  { stderr: sink, options: { quiet } }: Output,
  { clock }: ViewOptions,
  heartbeat: (elapsed: number) => string,
) {
  const started = clock.elapsed();
  let spokeAt = started;
  const write = (text: string) => {
    spokeAt = clock.elapsed();
    sink.write(text);
  };
  const say = (text: string) => {
    const time = new Date(clock.now()).toISOString().slice(11, 19);
    if (!quiet) write(sentence(sink, `${time}Z ${text}`));
  };
  const stop = clock.every(1000, () => {
    const now = clock.elapsed();
    if (now - spokeAt >= SILENCE_MS) say(heartbeat(now - started));
  });
  const warn = (message: string) => write(warningText(sink, message));
  return { write, say, warn, stop };
}

/**
 * A run where nothing can be redrawn: a line for each change. In NDJSON the events go to stdout.
 */
export function plainRunView(output: Output, shown: RunViewOptions): RunView {
  const isData = output.options.format === 'ndjson';
  let nodes: readonly NodeProgress[] = [];
  // Data has no headline.
  let hasHeadline = isData;
  // The log is read, or a node is busy.
  let waiting = 'waiting';
  const lines = openLines(output, shown, (elapsed) => {
    const { open } = countProgress(nodes);
    const what = nodes.length === 0 ? waiting : `${shareText(open, nodes.length)} to go`;
    return `still ${what}, ${elapsedText(elapsed)}`;
  });
  return {
    on: (event) => {
      const step = isData ? shownStep(event) : null;
      if (step) output.stdout.write(`${jsonText(step, output.options)}\n`);
      if (event.event === 'progress') nodes = event.nodes;
      waiting = awaitedText(event) ?? waiting;
      if (!hasHeadline) lines.say(shown.headline);
      hasHeadline = true;
      // In NDJSON what is data is on stdout alone.
      const text = step ? null : eventText(event, output.stderr);
      if (event.event === 'warning') lines.warn(event.message);
      else if (text !== null) lines.say(text);
    },
    stop: lines.stop,
  };
}

/**
 * A followed log where nothing can be redrawn. With `--follow` and in NDJSON the first listing and
 * all changes go to stdout; otherwise to stderr, of the first listing only what is not final.
 */
export function plainWatchView(output: Output, shown: WatchViewOptions): WatchView {
  const { format, quiet } = output.options;
  const isData = format === 'ndjson' || shown.follow;
  const writer = isData ? changeWriter(output, 'activity', activityColumns) : null;
  const placeOf = ({ deployment_id: id }: Activity) => (id ? output.places.get(id) : undefined);
  const byId = new Map<string, Ending>();
  const lines = openLines(output, shown, (elapsed) => {
    const all = count(byId.size, 'entry', 'entries');
    return `still following: ${countOpen(byId)} of ${all} processing, ${elapsedText(elapsed)}`;
  });
  const show = (activity: Activity, onStderr: boolean) => {
    const { status, finished_at } = activity;
    byId.set(keyOf(activity), { status, finished_at });
    if (writer) writer.change(activity, changeText(activity, placeOf(activity)));
    else if (onStderr && !quiet) lines.write(`${plainText(changeText(activity))}\n`);
  };
  return {
    on: (event) => {
      if (event.event === 'warning') lines.warn(event.message);
      if (event.event === 'activity') show(event.activity, true);
      if (event.event === 'listing') {
        for (const activity of [...event.activities].reverse()) show(activity, !isFinal(activity));
      }
    },
    stop: (error) => {
      lines.stop();
      writer?.end(tally(byId), error);
    },
  };
}

/** Writes changes to stdout: as events, as records of CSV, or as lines. */
export function changeWriter<T>(output: Output, event: string, columns: ReadonlyArray<Column<T>>) {
  const { options, stdout } = output;
  const isEvents = options.format === 'ndjson';
  const records = options.format === 'csv' ? listWriter(output, columns) : null;
  const write = (value: object) => stdout.write(`${jsonText(value, options)}\n`);
  return {
    /** @param line for people */
    change: (item: T, line: string) => {
      if (isEvents) write({ event, [event]: item });
      else stdout.write(records ? records.items([item]) : `${plainText(line)}\n`);
    },
    /** @param counts how many there are, for a format of events */
    end: (counts: object, error?: LdctlError) => {
      if (output.complete) return;
      output.complete = true;
      if (records) stdout.write(records.end(null));
      const failure = error && { error: errorDocument(error) };
      if (isEvents) write({ event: 'result', ...counts, ...failure });
    },
  };
}

/** Two deployments may have entries of the same id. */
export const keyOf = ({ deployment_id: deployment, id }: Activity) => `${deployment} ${id}`;

type ById = ReadonlyMap<string, Ending>;

/** How many entries have which status. */
function tally(byId: ById) {
  const counts = { total: byId.size, processing: 0, completed: 0, rejected: 0, other: 0 };
  for (const { status } of byId.values()) {
    counts[STATUSES.find((known) => known === status) ?? 'other'] += 1;
  }
  return counts;
}

export const countOpen = (byId: ById) =>
  [...byId.values()].filter((activity) => !isFinal(activity)).length;
