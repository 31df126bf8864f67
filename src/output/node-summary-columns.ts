import { isFinal } from '../base/activity.js';
import { type Id } from '../base/ids.js';
import { cellText, type Column } from './columns.js';
import { statusStyle, stillStatusSign } from './status.js';
import { timeColumn } from './time-columns.js';

/** The last activity of a runtime on a node. */
export interface LastActivity {
  activity_id: Id;
  action: string;
  status: string;
  created_at: string;
}

/** A node that the log names: in JSON, these keys in this order (design, "show, stats, nodes"). */
export interface NodeDocument {
  node_id: Id;
  last_activity_at: string;
  runtimes: Record<string, LastActivity>;
}

/** @param runtimes which have columns of their own */
export function nodeSummaryColumns(runtimes: readonly string[]): ReadonlyArray<Column<NodeDocument>> {
  return [
    { name: 'node', priority: 1, value: ({ node_id: id }) => id },
    ...runtimes.map((runtime, index) => lastColumn(runtime, index + 2)),
    timeColumn('last', runtimes.length + 2, ({ last_activity_at: at }) => at),
    ...runtimes.flatMap(detailColumns),
  ];
}

/** What was done last, and how it stands; the word for that is left out where all is well. */
function lastColumn(runtime: string, priority: number): Column<NodeDocument> {
  return {
    name: runtime,
    priority,
    value: ({ runtimes }) => runtimes[runtime]?.status,
    text: ({ runtimes }) => {
      const last = runtimes[runtime];
      if (!last) return cellText(null);
      const [verb = ''] = last.action.split(':');
      const word = isFinal(last.status) && last.status !== 'rejected' ? '' : ` ${last.status}`;
      return `${stillStatusSign(last.status)} ${verb}${word}`;
    },
    style: ({ runtimes }) => statusStyle(runtimes[runtime]?.status ?? null),
  };
}

function detailColumns(runtime: string): Array<Column<NodeDocument>> {
  const detail = (name: string, value: (last: LastActivity) => Id | string): Column<NodeDocument> => ({
    name: `${runtime}_${name}`,
    priority: 99,
    extra: true,
    value: ({ runtimes }) => {
      const last = runtimes[runtime];
      return last && value(last);
    },
  });
  return [
    detail('action', ({ action }) => action),
    detail('activity', ({ activity_id: id }) => id),
    detail('created', ({ created_at: at }) => at),
  ];
}
