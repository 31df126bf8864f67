/*
 * A schema for each request: its type, its check, and what the flags of a command are made into.
 * What was checked can be checked again. Strict: a misspelt field must not pass for one that is
 * absent.
 */

import * as v from 'valibot';
import {
  isReadableAction,
  isReadableRuntime,
  parseAction,
  parseRuntime,
  READABLE_RUNTIMES,
  STATUSES,
  VERBS,
  type ActionName,
  type Runtime,
  type Status,
} from '../base/activity.js';
import { UsageError } from '../base/errors.js';
import { isId, type Id } from '../base/ids.js';
import { MOST_NODES } from '../base/supervisor.js';
import { checkIdempotencyKey } from '../job/wire-key.js';

export type OneOrMany<T> = T | readonly T[];

/**
 * Says after a node whether the roll continues. Its signal is aborted when the answer is no longer
 * waited for.
 */
export type RollGate = (
  node: { node_id: bigint; activity_id: bigint | null },
  tools: { signal: AbortSignal },
) => boolean | Promise<boolean>;

/** A message of a schema, which is one text, with the hint that `check` gives its error. */
const hinted = (message: string, hint?: string) => (hint ? `${message}\n${hint}` : message);

const isText = (value: unknown): value is string => typeof value === 'string';
const TEXT = 'text was expected';
export const text = v.string(TEXT);
const flag = v.boolean('true or false was expected');
const WHOLE = 'give a whole number';
const count = v.pipe(v.number(WHOLE), v.integer(WHOLE), v.minValue(1, `${WHOLE}, 1 or more`));
const nodeCount = v.pipe(count, v.maxValue(MOST_NODES, `${WHOLE}, ${MOST_NODES} or less`));
const ms = v.pipe(
  v.number('milliseconds were expected'),
  v.minValue(0, 'milliseconds were expected, from 0'),
);
const BIGINT = 'an id is a bigint, as 610809900976570889n: a number would lose digits of it';
export const id = v.custom<Id>(isId, BIGINT);
/**
 * Each once, and at least one: a variable that is not set must not become the whole cluster.
 * @param hint what to do instead of giving none
 */
const idsOr = (hint?: string) =>
  v.pipe(
    v.custom<readonly Id[]>(Array.isArray, hinted('a list of ids was expected', hint)),
    v.check((all) => all.length > 0, hinted('the list is empty', hint)),
    // `every` alone skips the holes of `new Array(2)`.
    v.check((all) => [...all].every(isId), BIGINT),
    v.transform((all): readonly Id[] => [...new Set(all)]),
  );
const ids = idsOr();
const nodesOrAll = idsOr('To act on every node, leave it out.');

/** An object with these fields alone. */
export const fields = <T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, ({ expected, path }) => {
    if (!path) return 'an object was expected';
    return expected === 'never' ? 'there is no such field' : 'it is missing';
  });

const what = {
  runtime: v.pipe(v.custom<Runtime>(isText, TEXT), v.transform<Runtime, Runtime>(parseRuntime)),
  action: v.pipe(
    v.custom<ActionName>(isText, TEXT),
    v.transform<ActionName, ActionName>(parseAction),
  ),
};
/** How long a job may take once it is dispatched, and each node of a roll, by default. */
const TIMEOUT_MS = 10 * 60_000;
/** How long the entry of a node may take to show up, by default. */
const APPEAR_TIMEOUT_MS = 30_000;
/** How long a gate may take, by default. */
const GATE_TIMEOUT_MS = 5 * 60_000;

const times = {
  /**
   * For everything after the dispatch, in milliseconds; 0 for no limit. Default: 10 minutes.
   */
  timeoutMs: v.optional(ms, TIMEOUT_MS),
  /**
   * How long the entry of a node may take to show up in the log, in milliseconds. Default: 30
   * seconds.
   */
  appearTimeoutMs: v.optional(ms, APPEAR_TIMEOUT_MS),
};
/** The nodes that are meant; every node where it is left out. */
const nodes = v.exactOptional(nodesOrAll);
const acting = {
  ...what,
  ...times,
  /**
   * Of your own, 1 to 200 characters, not only signs: a second call with the same key follows the first. Default:
   * random.
   */
  idempotencyKey: v.optional(
    v.pipe(
      text,
      v.transform((key) => checkIdempotencyKey(key, 'idempotencyKey')),
    ),
  ),
  /**
   * When a node already has the runtime in `processing`: wait for it, fail, or go ahead (`ignore`,
   * the default).
   */
  ifBusy: v.optional(
    v.picklist(['ignore', 'wait', 'fail'], 'ignore, wait or fail was expected'),
    'ignore',
  ),
};

export const triggerRequest = fields({
  ...acting,
  nodes,
  /**
   * How many nodes there must be, where none are named; `deployment`: as many as Core counts.
   * Another number is refused before anything is sent, as far as it is known by then; else it is
   * exit code 7.
   */
  expectNodes: v.optional(
    v.union([nodeCount, v.literal('deployment')], 'give a number of nodes, or deployment'),
  ),
  /** False: ends when it was accepted, with the outcome `accepted`. */
  wait: v.optional(flag, true),
});
/** On some nodes, or on every one, at once. */
export type TriggerRequest = v.InferInput<typeof triggerRequest>;
export type CheckedTrigger = v.InferOutput<typeof triggerRequest>;
/** How it goes, whatever it does to which nodes. */
export const triggerHow = v.omit(triggerRequest, ['runtime', 'action', 'nodes', 'expectNodes']);

export const rollRequest = fields({
  ...acting,
  /** In the order in which they are acted on. */
  nodes: ids,
  /** For the whole roll, in milliseconds. Default: no limit. */
  timeoutMs: v.optional(ms, 0),
  /**
   * How many nodes may be running at once, as a number or as a share of all, rounded down.
   * Default: 1.
   */
  maxUnavailable: v.optional(
    v.union(
      [count, v.custom<`${number}%`>((share) => isText(share) && /^([1-9]\d?|100)%$/.test(share))],
      'give a number of nodes, or a share of them such as 25%',
    ),
    1,
  ),
  /** Between the completion of a node and what comes next, in milliseconds. */
  pauseMs: v.optional(ms, 0),
  /** A gate that takes longer halts the roll; 0 for no limit. Default: 5 minutes. */
  gateTimeoutMs: v.optional(ms, GATE_TIMEOUT_MS),
  /** How long each node may take; 0 for no limit. Default: 10 minutes. */
  nodeTimeoutMs: v.optional(ms, TIMEOUT_MS),
  /**
   * Asked after each node, the last too: anything but true halts the roll, with exit code 9; so
   * does what it throws.
   */
  gate: v.optional(
    v.custom<RollGate>((value) => typeof value === 'function', 'a function was expected'),
  ),
});
/** On one node at a time, or on a few. */
export type RollRequest = v.InferInput<typeof rollRequest>;
export type CheckedRoll = Omit<v.InferOutput<typeof rollRequest>, 'gate'>;
export const rollHow = v.omit(rollRequest, ['runtime', 'action', 'nodes', 'gate']);

const waitForIds = fields({ ...times, ids });
/** `after`: the log's highest id before the trigger. */
const waitAfter = fields({
  ...times,
  ...what,
  nodes,
  after: id,
  /** How many nodes there must be, where none are named; fewer or more is exit code 7. */
  expectNodes: v.optional(nodeCount),
});
type Waiting = typeof waitForIds | typeof waitAfter;
export const waitRequest = v.lazy((given): v.GenericSchema<WaitRequest, CheckedWait> =>
  typeof given === 'object' && given !== null && 'ids' in given ? waitForIds : waitAfter,
);
/**
 * What is to be followed: activities by their ids, or what a trigger made after this id of the log.
 */
export type WaitRequest = v.InferInput<Waiting>;
export type CheckedWait = v.InferOutput<Waiting>;

/** A misspelt word would match nothing, and look like an empty log. */
const words = <T extends string>(
  noun: string,
  isWord: (word: string) => boolean,
  known: readonly string[],
) =>
  v.pipe(
    v.custom<OneOrMany<T>>(
      (given) => [given].flat().every((word) => isText(word) && isWord(word)),
      ({ input }) =>
        hinted(
          `unknown ${noun} ${JSON.stringify(String(input))}`,
          `It is one of: ${known.join(', ')}.`,
        ),
    ),
    v.transform((given): readonly T[] => [given].flat() as T[]),
  );
const filter = {
  status: v.optional(
    words<Status>('status', (word) => STATUSES.some((status) => status === word), STATUSES),
  ),
  /** Any runtime that the log may name, such as `connector:sink:pg`. */
  runtime: v.optional(
    words<string>('runtime', isReadableRuntime, [...READABLE_RUNTIMES, 'connector:…']),
  ),
  /** `reconfigure` stands for every config. */
  action: v.optional(words<string>('action', isReadableAction, [...VERBS, 'reconfigure:ID'])),
  nodes: v.optional(ids),
  /** Users and API keys. */
  authors: v.optional(ids),
};

const iso = [v.pipe(v.string(), v.isoTimestamp()), v.pipe(v.string(), v.isoDate())] as const;
const MOMENT = 'a Date was expected, or a time as 2026-06-01T12:00:00Z';
const moment = v.pipe(
  v.union([v.date(), ...iso], MOMENT),
  v.transform((time) => new Date(time).getTime()),
);

export const activitiesRequest = fields({
  ...filter,
  /** How many at most; 0, the default, is all. */
  limit: v.optional(
    v.pipe(v.number(WHOLE), v.integer(WHOLE), v.minValue(0, `${WHOLE}, 0 or more`)),
    0,
  ),
  /** Not older than this: a Date, or a time in RFC 3339. */
  since: v.optional(moment),
  /** Not newer than this. */
  until: v.optional(moment),
  /**
   * Only what is newer than this entry. `activities` then gives the oldest first and nothing
   * younger than a minute: keep the last id, and each is exported once. `follow` starts with what
   * comes from now on, unless it is given.
   */
  after: v.optional(id),
});
/** Which entries of the log; all that are given must match. */
export type ActivitiesRequest = v.InferInput<typeof activitiesRequest>;

/** Of which nodes, and how far back; the default of `since` is 30 days ago. */
export const nodesRequest = v.pick(activitiesRequest, ['nodes', 'runtime', 'since']);
export type NodesRequest = v.InferInput<typeof nodesRequest>;

export const followRequest = v.omit(activitiesRequest, ['limit', 'since', 'until']);
export type FollowRequest = v.InferInput<typeof followRequest>;

/** @param call what it was given to, for the error @throws UsageError that names the field */
export function check<T>(schema: v.GenericSchema<unknown, T>, call: string, given: unknown): T {
  const { success, output, issues } = v.safeParse(schema, given);
  if (success) return output;
  const [why = '', hint] = issues[0].message.split('\n');
  const field = v.getDotPath(issues[0]);
  throw new UsageError(`${call}: ${field ? `${field}: ` : ''}${why}`, {
    code: 'invalid_request',
    hint,
  });
}
