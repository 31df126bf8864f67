import type { Runtime, Status } from '../base/activity.js';
import type { OwnSignal, Signal } from '../base/clock.js';

export { type OwnSignal, type Signal };

/** What is asked of a runtime; `reconfigure:42` carries the id of a config. */
export type ActionName = 'start' | 'stop' | 'restart' | `reconfigure:${bigint}`;

/** How long a run is followed, and how often the log is polled. Milliseconds. */
export interface FollowTimes {
  /** For everything after the dispatch; 0 for no limit. 10 minutes unless given; for a roll, none. */
  timeoutMs?: number;
  /** How long the entry of a node may take to show up in the log. 30 seconds unless given. */
  appearTimeoutMs?: number;
  /** A fixed time between polls, at least 100; unless given, it adapts to what happens. */
  intervalMs?: number;
}

/** What a trigger and a roll share. */
export interface ActionRequest extends FollowTimes {
  runtime: Runtime;
  action: ActionName;
  /**
   * A key of your own, 1 to 200 characters: whoever triggers the same with the same key follows the first, and sends nothing
   * twice. Random unless given. The server remembers it for 10 minutes; with a journal it is remembered for 24 hours.
   */
  idempotencyKey?: string;
  /** When a node already has the runtime in `processing`: wait for it, fail, follow that instead, or go ahead (`ignore`, unless given). */
  ifBusy?: 'wait' | 'fail' | 'join' | 'ignore';
  /** How long after the API's answer an entry may have been created and still be this trigger's. 2000 unless given. */
  claimWindowMs?: number;
}

/**
 * A trigger: on the nodes that it names, or, without `nodes`, on every node. An empty list, and `nodes: undefined`, are
 * refused: a variable that is not set must not become the whole cluster.
 */
export type TriggerRequest = ActionRequest & {
  /** False: ends when it was accepted, with the outcome `accepted`. */
  wait?: boolean;
} & (
    | { nodes: readonly bigint[]; expectNodes?: never }
    | {
        nodes?: never;
        /** How many nodes there must be; fewer is exit code 7. */
        expectNodes?: number;
      }
  );

/** A roll: one node after the other. */
export interface RollRequest extends ActionRequest {
  /** In the order in which they are acted on. */
  nodes: readonly bigint[];
  /** How many may be underway at once, as a number or as a share of all, rounded down. 1 unless given. */
  maxUnavailable?: number | `${number}%`;
  /** Between the completion of a node and what comes next. */
  pauseMs?: number;
  /** Asked after each node, the last too: anything but true halts the roll, with exit code 9. */
  gate?: RollGate;
  /** A gate that takes longer halts the roll; 0 for no limit. 5 minutes unless given. */
  gateTimeoutMs?: number;
  /** How long each node may take; 0 for no limit. 10 minutes unless given. */
  nodeTimeoutMs?: number;
  /** Goes on although a node did not complete. */
  continueOnError?: boolean;
}

/**
 * Decides after a node whether the roll goes on. What it throws halts the roll, too, and is told in the result's `error`.
 * Its signal is aborted when the answer is no longer waited for.
 */
export type RollGate = (
  node: { node_id: bigint; activity_id: bigint | null },
  tools: { signal: OwnSignal },
) => boolean | Promise<boolean>;

/** What is to be followed: activities by their ids, or what a trigger made after this id of the log. */
export type WaitRequest = FollowTimes & (WaitForIds | WaitAfter);

export interface WaitForIds {
  ids: readonly bigint[];
}

/** The same correlation as the trigger's own, from the log's highest id before it. Nodes as in `TriggerRequest`. */
export type WaitAfter = { after: bigint; runtime: Runtime; action: ActionName } & (
  { nodes: readonly bigint[]; expectNodes?: never } | { nodes?: never; expectNodes?: number }
);

/** Which entries of the log; each that is given must hold. */
export interface ActivitiesFilter {
  status?: OneOrMany<Status>;
  /** Any runtime that the log may name, such as `connector:sink:pg`. */
  runtime?: OneOrMany<string>;
  /** `reconfigure` stands for every config. */
  action?: OneOrMany<string>;
  nodes?: readonly bigint[];
}

export interface ActivitiesRequest extends ActivitiesFilter {
  /** At most so many; all unless given. */
  limit?: number;
  /** Not older than this: a time, or RFC 3339. */
  since?: Date | string;
  /** Not newer than this. */
  until?: Date | string;
  /**
   * Only entries newer than this one, oldest first. Those younger than a minute are held back, since one with a lower id may
   * still show up: whoever keeps the last id that he got exports each entry once.
   */
  after?: bigint;
}

export interface FollowRequest extends ActivitiesFilter {
  /** Begins with what is newer than this entry; unless given, with what comes from now on. */
  after?: bigint;
}

export type OneOrMany<T> = T | readonly T[];
