import { formatDuration } from '../base/durations.js';
import { type Id } from '../base/ids.js';
import { cellText, selectColumns, type Column } from './columns.js';
import { histogram, type Counts, type Scale } from './histogram.js';
import { formatOptions, type PrintOptions } from './list.js';
import { type Sink } from './streams.js';
import { fitColumns } from './table.js';
import { timeColumn } from './time-columns.js';

/** What is known of one kind of work: in JSON, these keys in this order (design, "show, stats, nodes"). */
export interface StatsDocument {
  runtime: string;
  action: string;
  /** Where each node is counted by itself. */
  node_id?: Id;
  count: number;
  completed: number;
  rejected: number;
  processing: number;
  /** Of the completed ones, in seconds; null where there are none. */
  median_s: number | null;
  p90_s: number | null;
  max_s: number | null;
  /** When the newest was created. */
  last_at: string;
}

export interface StatsRow {
  document: StatsDocument;
  /** The durations of the completed ones. */
  durations: Counts;
}

const HISTOGRAM = 'durations';

export interface StatsLook {
  /** Whether each node is counted by itself. */
  byNode: boolean;
  anyRejected: boolean;
  /** Of the histograms; null for none. */
  scale: Scale | null;
}

export function statsColumns({ byNode, anyRejected, scale }: StatsLook): ReadonlyArray<Column<StatsRow>> {
  const node: Column<StatsRow> = { name: 'node', priority: 2, value: ({ document }) => document.node_id };
  const bars: Column<StatsRow> = {
    name: HISTOGRAM,
    priority: 7,
    value: () => null,
    text: ({ durations }) => (scale ? histogram(durations, scale) : ''),
  };
  return [
    { name: 'runtime', priority: 1, value: ({ document }) => document.runtime },
    { name: 'action', priority: 1, value: ({ document }) => document.action },
    ...(byNode ? [node] : []),
    { name: 'count', priority: 5, value: ({ document }) => document.count },
    { name: 'completed', priority: 11, value: ({ document }) => document.completed },
    {
      ...quietCount('rejected', anyRejected ? 4 : 9, ({ rejected }) => rejected),
      style: ({ document }) => (document.rejected > 0 ? 'bad' : undefined),
    },
    {
      ...quietCount('processing', 10, ({ processing }) => processing),
      style: ({ document }) => (document.processing > 0 ? 'busy' : undefined),
    },
    secondsColumn('median', 3, ({ median_s: median }) => median),
    secondsColumn('p90', 8, ({ p90_s: p90 }) => p90),
    secondsColumn('longest', 6, ({ max_s: max }) => max),
    ...(scale ? [bars] : []),
    timeColumn('last', 12, ({ document }) => document.last_at),
  ];
}

/** Whether there is room for the histograms. */
export function showsHistograms(
  columns: ReadonlyArray<Column<StatsRow>>,
  rows: readonly StatsRow[],
  sink: Sink,
  options: PrintOptions,
): boolean {
  const fitted = fitColumns(selectColumns(columns, options.columns), rows, formatOptions(sink, options));
  return fitted.some(({ column }) => column.name === HISTOGRAM);
}

/** A number that is worth a word only where it is not 0. */
function quietCount(name: string, priority: number, value: (document: StatsDocument) => number): Column<StatsRow> {
  return {
    name,
    priority,
    value: ({ document }) => value(document),
    text: ({ document }) => cellText(value(document) || null),
  };
}

function secondsColumn(
  name: string,
  priority: number,
  value: (document: StatsDocument) => number | null,
): Column<StatsRow> {
  return {
    name,
    priority,
    value: ({ document }) => value(document),
    text: ({ document }) => {
      const seconds = value(document);
      return seconds === null ? cellText(null) : formatDuration(seconds * 1000);
    },
  };
}
