/*
 * One list of the logs of several deployments.
 */

import type { Activity } from '../base/activity.js';
import type { Listing } from './list.js';

/** How many entries are given at once. */
const BATCH = 100;

/**
 * The newest entries of several listings, newest first, at most `limit` of them (0: all). Each
 * listing keeps its order, and times say which one is next: ids of different deployments say
 * nothing of one another.
 */
export async function* mergeNewest(listings: readonly Listing[], limit: number): Listing {
  const cursors = listings.map((listing) => new Cursor(listing));
  let batch: Activity[] = [];
  try {
    for (let left = limit || Infinity; left > 0; left -= 1) {
      await Promise.all(cursors.map((cursor) => cursor.ready()));
      const { waiting } = cursors.reduce((a, b) => (b.at > a.at ? b : a));
      const next = waiting.pop();
      if (!next) break;
      batch.push(next.entry);
      if (batch.length < BATCH) continue;
      yield { entries: batch, total: 0 };
      batch = [];
    }
    yield { entries: batch, total: cursors.reduce((sum, { total }) => sum + total, 0) };
  } finally {
    for (const { listing } of cursors) void listing.return(null);
  }
}

class Cursor {
  total = 0;
  /** The newest is the last one. */
  waiting: Array<{ entry: Activity; at: number }> = [];

  constructor(readonly listing: Listing) {}

  /** Waits until it has an entry, or the listing ends. */
  async ready() {
    while (this.waiting.length === 0) {
      const next = await this.listing.next();
      if (next.done) return;
      const { entries, total } = next.value;
      this.total = total;
      // No single time is trusted: an entry is as new as any below it in its part.
      let at = 0;
      this.waiting = entries.toReversed().map((entry) => {
        at = Math.max(at, Date.parse(entry.created_at) || 0);
        return { entry, at };
      });
    }
  }

  /** When its newest entry was created, ms UTC. */
  get at(): number {
    return this.waiting.at(-1)?.at ?? -1;
  }
}
