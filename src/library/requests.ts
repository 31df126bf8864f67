import * as v from 'valibot';
import { parseAction, RUNTIMES, STATUSES, type Status } from '../base/activity.js';
import type { OwnSignal, Signal } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import { isId, parseId, type Id } from '../base/ids.js';
import type { Env } from '../base/text.js';
import { checkIdempotencyKey } from '../job/wire-key.js';
import { checkAction, isReadableRuntime, READABLE_RUNTIMES } from '../log/list.js';

/*
 * What is asked for: a schema for each request is its type, its check, and what the flags of a command are made into. All
 * are strict: a misspelt field must not pass for one that is absent.
 */

/** What is asked of a runtime; `reconfigure:42` carries the id of a config. */
export type ActionName = 'start' | 'stop' | 'restart' | `reconfigure:${bigint}`;
export type OneOrMany<T> = T | readonly T[];

/**
 * Decides after a node whether the roll goes on. What it throws halts the roll, too, and is told in the result's `error`.
 * Its signal is aborted when the answer is no longer waited for.
 */
export type RollGate = (
  node: { node_id: bigint; activity_id: bigint | null },
  tools: { signal: OwnSignal },
) => boolean | Promise<boolean>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
const isCount = (value: unknown): value is number => isNumber(value) && Number.isInteger(value) && value > 0;

const BIGINT = 'an id is a bigint, as 610809900976570889n: a number would lose digits of it';
const id = v.custom<Id>(isId, BIGINT);
/** Each once, and at least one: a variable that is not set must not become the whole cluster. */
const idList = (hint: string) =>
  v.pipe(
    v.custom<readonly Id[]>(Array.isArray, `a list of ids was expected${hint}`),
    v.check((all) => all.length > 0, `it names nothing${hint}`),
    v.check((all) => all.every(isId), BIGINT),
    v.transform((all): readonly Id[] => [...new Set(all)]),
  );
const ids = idList('');
const targets = idList('; to act on every node, leave it out');
const text = v.string('a text was expected');
const flag = v.boolean('true or false was expected');
const count = v.custom<number>(isCount, 'a whole number was expected, from 1');
const ms = v.custom<number>(isNumber, 'milliseconds were expected, from 0');
const noLimit = v.transform((value: number) => (value === 0 ? null : value));
const action = v.pipe(
  v.custom<ActionName>(isText, 'a text was expected'),
  v.transform((name) => parseAction(name)),
);
const key = v.pipe(
  text,
  v.transform((given) => checkIdempotencyKey(given, 'idempotencyKey')),
);
const share = v.custom<number | `${number}%`>(
  (value) => isCount(value) || (isText(value) && /^([1-9]\d?|100)%$/.test(value)),
  'a number of nodes was expected, or a share of them such as 25%',
);

const what = { runtime: v.picklist(RUNTIMES), action };
const times = {
  /** For everything after the dispatch, in milliseconds; 0 for no limit. 10 minutes unless given. */
  timeoutMs: v.pipe(v.optional(ms, 600_000), noLimit),
  /** How long the entry of a node may take to show up in the log, in milliseconds. 30 seconds unless given. */
  appearTimeoutMs: v.optional(ms, 30_000),
};
const counted = {
  /** The nodes that are meant; every node where it is left out. */
  nodes: v.exactOptional(targets),
  /** How many nodes there must be, where none are named; fewer or more is exit code 7. */
  expectNodes: v.optional(count),
};
const acting = {
  ...what,
  ...times,
  /**
   * A key of your own, 1 to 200 characters: the same with the same key again follows the first, and sends nothing twice.
   * Random unless given. The server remembers it for 10 minutes; with a journal it is remembered for 24 hours.
   */
  idempotencyKey: v.optional(key),
  /** When a node already has the runtime in `processing`: wait for it, fail, or go ahead (`ignore`, unless given). */
  ifBusy: v.optional(v.picklist(['ignore', 'wait', 'fail']), 'ignore'),
};

export const triggerRequest = v.strictObject({
  ...acting,
  ...counted,
  /** False: ends when it was accepted, with the outcome `accepted`. */
  wait: v.optional(flag, true),
});
/** On some nodes, or on every one, at once. */
export type TriggerRequest = v.InferInput<typeof triggerRequest>;
export type CheckedTrigger = v.InferOutput<typeof triggerRequest>;

const rolling = {
  ...acting,
  /** For the whole roll, in milliseconds; none unless given. */
  timeoutMs: v.pipe(v.optional(ms, 0), noLimit),
  /** How many may be underway at once, as a number or as a share of all, rounded down. 1 unless given. */
  maxUnavailable: v.optional(share, 1),
  /** Between the completion of a node and what comes next, in milliseconds. */
  pauseMs: v.optional(ms, 0),
  /** A gate that takes longer halts the roll; 0 for no limit. 5 minutes unless given. */
  gateTimeoutMs: v.pipe(v.optional(ms, 300_000), noLimit),
  /** How long each node may take; 0 for no limit. 10 minutes unless given. */
  nodeTimeoutMs: v.pipe(v.optional(ms, 600_000), noLimit),
  /** Goes on although a node did not complete. */
  continueOnError: v.optional(flag, false),
};
export const rollRequest = v.strictObject({
  ...rolling,
  /** In the order in which they are acted on. */
  nodes: ids,
  /** Asked after each node, the last too: anything but true halts the roll, with exit code 9. */
  gate: v.optional(v.custom<RollGate>((value) => typeof value === 'function', 'a function was expected')),
});
/** One node after the other. */
export type RollRequest = v.InferInput<typeof rollRequest>;
export type CheckedRoll = Omit<v.InferOutput<typeof rollRequest>, 'gate'>;

/** A roll as the journal keeps it: plain JSON, ids as text, and the command of a gate. What `--resume` runs again. */
export const storedRoll = v.strictObject({
  ...rolling,
  idempotencyKey: key,
  nodes: v.pipe(
    v.array(v.string()),
    v.transform((all) => all.map((digits) => parseId(digits))),
  ),
  gate: v.nullable(v.string()),
});
export type StoredRoll = v.InferInput<typeof storedRoll>;

const waitForIds = v.strictObject({ ...times, ids });
const waitAfter = v.strictObject({
  ...times,
  ...what,
  ...counted,
  /** The log's highest id before the trigger. */
  after: id,
});
type Waiting = typeof waitForIds | typeof waitAfter;
export const waitRequest = v.lazy((given): v.GenericSchema<WaitRequest, CheckedWait> =>
  typeof given === 'object' && given !== null && 'ids' in given ? waitForIds : waitAfter,
);
/** What is to be followed: activities by their ids, or what a trigger made after this id of the log. */
export type WaitRequest = v.InferInput<Waiting>;
export type CheckedWait = v.InferOutput<Waiting>;

const oneOrMany = <T extends string>(isWord: (word: string) => boolean, expected: string) =>
  v.pipe(
    v.custom<OneOrMany<T>>(
      (given) => [given].flat().every((word) => isText(word) && isWord(word)),
      `one of these was expected: ${expected}`,
    ),
    v.transform((given): readonly T[] => [given].flat() as T[]),
  );
const filter = {
  status: v.optional(oneOrMany<Status>((word) => Object.hasOwn(STATUSES, word), Object.keys(STATUSES).join(', '))),
  /** Any runtime that the log may name, such as `connector:sink:pg`. */
  runtime: v.optional(oneOrMany<string>(isReadableRuntime, `${READABLE_RUNTIMES.join(', ')}, or connector:…`)),
  /** `reconfigure` stands for every config. */
  action: v.optional(oneOrMany<string>((word) => checkAction(word) === word, 'the name of an action')),
  nodes: v.optional(ids),
};

const RFC_3339 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;
const moment = v.pipe(
  v.custom<Date | string>(
    (time) =>
      !isNaN(time instanceof Date ? time.getTime() : isText(time) && RFC_3339.test(time) ? Date.parse(time) : NaN),
    'a time was expected: a Date, or a text such as 2026-03-16T12:00:00Z',
  ),
  v.transform((time) => new Date(time).getTime()),
);

export const activitiesRequest = v.strictObject({
  ...filter,
  /** At most so many; all unless given. */
  limit: v.optional(count),
  /** Not older than this: a time, or RFC 3339. */
  since: v.optional(moment),
  /** Not newer than this. */
  until: v.optional(moment),
  /**
   * Only entries newer than this one, oldest first. Those younger than a minute are held back, since one with a lower id may
   * still show up: keep the last id that came, and each entry is exported once.
   */
  after: v.optional(id),
});
/** Which entries of the log; each that is given must hold. */
export type ActivitiesRequest = v.InferInput<typeof activitiesRequest>;
export type CheckedFilter = Omit<v.InferOutput<typeof activitiesRequest>, 'after'>;

export const followRequest = v.strictObject({
  ...filter,
  /** Begins with what is newer than this entry; unless given, with what comes from now on. */
  after: v.optional(id),
});
export type FollowRequest = v.InferInput<typeof followRequest>;

export const connectOptions = v.strictObject({
  /** The Supervisor of the deployment: https, or http to a loopback address. */
  supervisorUrl: text,
  deploymentId: id,
  /** Never shown, and in no error. */
  apiKey: text,
  /** Checked against the log before anything is sent; it is not needed otherwise. */
  tenantId: v.optional(id),
  /**
   * A folder for the run journal, where triggers with a key of your own are remembered for 24 hours, across restarts and for all
   * processes that share it. Without it, the server alone remembers a key, for 10 minutes.
   */
  journal: v.optional(v.custom<string>((path) => isText(path) && /^[^\0]+$/.test(path), 'a path was expected')),
});
export type ConnectOptions = v.InferInput<typeof connectOptions>;

const given = <T>(holds: (value: object) => boolean, expected: string) =>
  v.custom<T>(
    (value) => (typeof value === 'object' || typeof value === 'function') && value !== null && holds(value),
    expected,
  );
export const connectProfileOptions = v.strictObject({
  name: v.optional(text),
  signal: v.optional(given<Signal>((value) => 'addEventListener' in value, 'an AbortSignal was expected')),
  /** The name of the deployment, as consent to act on one whose profile is protected. */
  confirm: v.optional(text),
  /** Takes what a command would say on stderr about the settings, line by line: a variable that hides what the profile says. */
  onNotice: v.optional(
    given<(line: string) => void>((value) => typeof value === 'function', 'a function was expected'),
  ),
  /** The environment; the process's own unless given. */
  env: v.optional(given<Env>(() => true, 'variables were expected, as process.env holds them')),
});
export type ConnectProfileOptions = Omit<v.InferInput<typeof connectProfileOptions>, 'name'>;

/**
 * Checks what was asked for, field by field.
 * @param call what it was given to, for the error
 * @throws UsageError that names the field; values are not shown
 */
export function check<T>(schema: v.GenericSchema<unknown, T>, call: string, given: unknown): T {
  const checked = v.safeParse(schema, given, { abortEarly: true });
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const path = issue.path?.map((item) => String(item.key)).join('.') ?? 'the request';
  const isKey = issue.type === 'strict_object' && issue.path !== undefined;
  const why = isKey ? (issue.expected === 'never' ? 'there is no such field' : 'it is missing') : issue.message;
  throw new UsageError(`${call}: ${path}: ${why}; nothing was sent`, { code: 'invalid_request' });
}
