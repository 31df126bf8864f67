import { type Activity } from '../../../src/base/activity.js';
import { type ActivityPage, type PageQuery } from '../../../src/base/supervisor.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';

export type Order = 'asc' | 'desc';
export const ORDERS: readonly Order[] = ['asc', 'desc'];

/** The id of the nth entry, from 0: bursts and long pauses, as in any log. */
export const idAt = (n: number): bigint =>
  7301845022003200000n + BigInt(n) * 7n + BigInt(Math.floor(n / 1000)) ** 3n * 1_000_000n;

export const newestFirst = ({ ids }: VirtualServer): bigint[] => ids.reverse();

/** A log of entries a second apart, the newest an hour old. */
export function open(size: number, order: Order = 'desc') {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock, { order });
  const grow = (to: number): void => {
    for (let n = server.log.entries.length; n < to; n += 1) {
      server.add({
        id: idAt(n),
        node: BigInt(n % 3),
        createdAt: clock.now() - 3_600_000 + (n - size) * 1000,
      });
    }
  };
  grow(size);
  return { server, log: openLog(server, DEPLOYMENT, clock), clock, grow };
}

/** Lets the server answer with what `answer` makes of the right answer. */
export function spoil(
  server: VirtualServer,
  answer: (right: ActivityPage, query: PageQuery) => ActivityPage,
): void {
  const list = server.list.bind(server);
  server.list = async (id, query) => answer(await list(id, query), query);
}

/** Lets the server answer from what it has now, which is quicker for a long log. */
export async function freeze(server: VirtualServer): Promise<void> {
  const size = server.log.entries.length;
  const { items, ...rest } = await server.list(DEPLOYMENT, { page: 1, results: size });
  server.reads.length = 0;
  server.list = (_id, query) => {
    server.reads.push(query);
    const { page, results } = query;
    const there = items.slice((page - 1) * results, page * results);
    return Promise.resolve({ ...rest, items: there, page });
  };
}

export async function idsOf(log: ActivityLog): Promise<bigint[]> {
  const ids: bigint[] = [];
  for await (const { entries } of log.all()) ids.push(...entries.map(({ id }) => id));
  return ids;
}

/** How many nodes these entries name, of one runtime or of any. */
export function nodesIn(entries: readonly Activity[], runtime?: string): number {
  const own = entries.filter((entry) => runtime === undefined || entry.runtime === runtime);
  return new Set(own.map(({ node_id: node }) => node)).size;
}

/** The numbers of the pages that were read, without looks at where the log stands. */
export const pagesOf = ({ reads }: VirtualServer): number[] =>
  reads.filter(({ results }) => results > 1).map(({ page }) => page);
