import type { SeenNode } from '../base/activity.js';
import { type Column } from './columns.js';
import { listWriter, type PrintOptions } from './list.js';
import { type Sink } from './streams.js';
import { timeColumn } from './time-columns.js';

const columns: readonly Column<SeenNode>[] = [
  { name: 'node', priority: 1, value: ({ id }) => id },
  timeColumn('last seen', 2, ({ lastSeen }) => lastSeen),
];

/** The nodes that are about to be acted on, for people, as a table. */
export function printNodesSeen(sink: Sink, nodes: readonly SeenNode[], options: PrintOptions): void {
  const writer = listWriter(sink, { noun: 'nodes', columns }, { ...options, format: 'table', columns: undefined });
  sink.write(writer.items(nodes) + writer.end(nodes.length));
}
