/*
 * What a read shows of an entry that is asked for by its id.
 */

import type { Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { shortList } from '../base/text.js';

/**
 * What the look-up of an entry has shown: itself, null where there is none, and the closest ids.
 */
export interface Found {
  activity: Activity | null;
  older: Id | null;
  newer: Id | null;
  serverTime: number | null;
}

/** @param read down to where the entry would be, newest first */
export function foundIn(
  { entries, serverTime }: { entries: readonly Activity[]; serverTime: number | null },
  wanted: Id,
): Found {
  const ids = entries.map(({ id }) => id);
  return {
    activity: entries.find(({ id }) => id === wanted) ?? null,
    older: ids.find((id) => id < wanted) ?? null,
    newer: ids.findLast((id) => id > wanted) ?? null,
    serverTime,
  };
}

/** When an id is looked for once more: an entry that has just been created may be late. */
const LOOK_AGAIN_AFTER_MS = 1000;

/**
 * Looks for these ids, until the log holds one of them; twice, a second apart.
 * @param look looks up one entry
 * @throws LdctlError (exit 5) where it holds none; as `look` does
 */
export async function findOne(
  ids: readonly Id[],
  look: (id: Id) => Promise<Found>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  // The newest first: the others are further down.
  const sorted = ids.toSorted((a, b) => compareIds(b, a));
  let last: Found | undefined;
  for (const isSecondLook of [false, true]) {
    if (isSecondLook) await clock.sleep(LOOK_AGAIN_AFTER_MS, signal);
    for (const id of sorted) {
      last = await look(id);
      if (last.activity) return;
    }
  }
  throw notHeld(ids, last);
}

/** @param found what the look-up of the last of them has shown */
export function notHeld(ids: readonly Id[], found: Found | undefined): LdctlError {
  return new LdctlError(
    'refused',
    'activity_not_found',
    `the log of the last 30 days has no activity ${shortList(ids)}`,
    {
      hint: found && whereItWouldBe(found),
    },
  );
}

function whereItWouldBe({ older, newer }: Found): string {
  if (older === null && newer === null) return 'The log is empty. Is this the right deployment?';
  if (newer === null) {
    return `The newest is ${older}; this one may not have appeared yet, or it belongs to another deployment.`;
  }
  const closest = [older, newer].filter((id) => id !== null);
  return `The closest in the log: ${closest.join(' and ')}. Is this the id of a node, of an activity in another deployment, or one that jq before 1.7 or JavaScript has rounded?`;
}
