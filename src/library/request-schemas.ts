import * as v from 'valibot';
import { DEFAULTS, MOST_NODES, SHORTEST_INTERVAL_MS } from '../activities/defaults.js';
import { isReadableRuntime, READABLE_RUNTIMES } from '../log/list.js';
import { IF_BUSY } from '../activities/if-busy.js';
import { RUNTIMES, STATUSES, type Status } from '../base/activity.js';
import type { Env } from '../base/text.js';
import { UsageError } from '../base/errors.js';
import { isId, type Id } from '../base/ids.js';
import type { Signal } from './old-requests.js';

/** The requests, as a program without types may get them wrong. All objects are strict: a misspelt field must not pass for one that is absent. */

const BIGINT = 'an id is a bigint, as 610809900976570889n: a number would lose digits of it';
const EVERY_NODE = 'to act on every node, leave it out';
const id = v.custom<Id>(isId, BIGINT);
/** Each once, and at least one. */
const idList = (ifNone: string, ifEmpty: string) =>
  v.pipe(
    v.array(id, ifNone),
    v.nonEmpty(ifEmpty),
    v.transform((all) => [...new Set(all)]),
  );
const ids = idList('a list of ids was expected', 'it names nothing');
/** Given, it must name nodes: a variable that is not set must not become the whole cluster. */
const targets = v.exactOptional(idList(`a list of ids was expected; ${EVERY_NODE}`, `it names no node; ${EVERY_NODE}`));
const MS = 'milliseconds were expected, from 0';
const ms = v.pipe(v.number(MS), v.minValue(0, MS), v.maxValue(Number.MAX_SAFE_INTEGER, MS));
const text = v.string('a text was expected');
const flag = v.boolean('true or false was expected');
const nodeCount = v.pipe(v.number(), v.integer('a whole number was expected'), v.minValue(1), v.maxValue(MOST_NODES));
const oneOrMany = <T extends string>(word: v.GenericSchema<T>) =>
  v.optional(
    v.union([
      v.array(word),
      v.pipe(
        word,
        v.transform((one) => [one]),
      ),
    ]),
  );

/** A limit; 0, which sets none, becomes null. */
const limit = (unlessGiven: number) =>
  v.pipe(
    v.optional(ms, unlessGiven),
    v.transform((value) => (value === 0 ? null : value)),
  );

const interval = v.optional(v.pipe(ms, v.minValue(SHORTEST_INTERVAL_MS, `it is shorter than ${SHORTEST_INTERVAL_MS}`)));
const times = (timeoutMs: number) => ({
  timeoutMs: limit(timeoutMs),
  appearTimeoutMs: v.optional(ms, DEFAULTS.appearTimeoutMs),
  intervalMs: interval,
});
const what = { runtime: v.picklist(RUNTIMES), action: text };
const action = {
  ...what,
  idempotencyKey: v.optional(text),
  ifBusy: v.optional(v.picklist(IF_BUSY), 'ignore'),
  claimWindowMs: v.optional(ms, DEFAULTS.claimWindowMs),
};

export const triggerSchema = v.strictObject({
  ...action,
  ...times(DEFAULTS.timeoutMs),
  nodes: targets,
  expectNodes: v.optional(nodeCount),
  wait: v.optional(flag, true),
});

export const rollSchema = v.strictObject({
  ...action,
  ...times(0),
  nodes: ids,
  maxUnavailable: v.optional(v.union([v.number(), text]), 1),
  pauseMs: v.optional(ms, 0),
  gate: v.optional(v.function('a function was expected')),
  gateTimeoutMs: limit(DEFAULTS.gateTimeoutMs),
  nodeTimeoutMs: limit(DEFAULTS.nodeTimeoutMs),
  continueOnError: v.optional(flag, false),
});

export const waitForIdsSchema = v.strictObject({ ids, ...times(DEFAULTS.timeoutMs) });
export const waitAfterSchema = v.strictObject({
  ...what,
  ...times(DEFAULTS.timeoutMs),
  after: id,
  nodes: targets,
  expectNodes: v.optional(nodeCount),
});

const isStatus = (word: unknown): word is Status => typeof word === 'string' && Object.hasOwn(STATUSES, word);
const isRuntime = (word: unknown): word is string => typeof word === 'string' && isReadableRuntime(word);
const filter = {
  status: oneOrMany(v.custom<Status>(isStatus, `one of these was expected: ${Object.keys(STATUSES).join(', ')}`)),
  runtime: oneOrMany(
    v.custom<string>(isRuntime, `one of these was expected: ${READABLE_RUNTIMES.join(', ')}, or connector:…`),
  ),
  action: oneOrMany(text),
  nodes: v.optional(ids),
};

const RFC_3339 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;
const TIME = 'a time was expected: a Date, or a text such as 2026-03-16T12:00:00Z';
/** To milliseconds, UTC. */
const moment = v.optional(
  v.pipe(
    v.union([v.date(TIME), v.pipe(v.string(TIME), v.regex(RFC_3339, TIME))], TIME),
    v.transform((time) => new Date(time).getTime()),
    v.number(TIME),
  ),
);

export const activitiesSchema = v.strictObject({
  ...filter,
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  since: moment,
  until: moment,
  after: v.optional(id),
});

export const followSchema = v.strictObject({ ...filter, after: v.optional(id) });

const isSignal = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'aborted' in value &&
  'addEventListener' in value &&
  'removeEventListener' in value;
const signal = v.optional(v.custom<Signal>(isSignal, 'an AbortSignal was expected'));

export const readOptionsSchema = v.strictObject({ signal });
export const runOptionsSchema = v.strictObject({ signal, onEvent: v.optional(v.function('a function was expected')) });
export const rollOptionsSchema = v.strictObject({ ...runOptionsSchema.entries, stopping: signal });

export const connectSchema = v.strictObject({
  supervisorUrl: text,
  deploymentId: id,
  apiKey: text,
  tenantId: v.optional(id),
  journal: v.optional(
    v.pipe(
      text,
      v.nonEmpty('it is empty'),
      v.check((path) => !path.includes('\0'), 'it holds a NUL'),
    ),
  ),
});

export const profileSchema = v.strictObject({ name: v.optional(text) });
const isEnv = (value: unknown): boolean => typeof value === 'object' && value !== null;
export const connectProfileSchema = v.strictObject({
  signal,
  confirm: v.optional(text),
  onNotice: v.optional(v.function('a function was expected')),
  env: v.optional(v.custom<Env>(isEnv, 'variables were expected, as process.env holds them')),
});

/**
 * Checks what a program gave, field by field.
 * @param call what it was given to, for the error
 * @throws UsageError that names the field; values are not shown
 */
export function check<T>(schema: v.GenericSchema<unknown, T>, call: string, given: unknown): T {
  const checked = v.safeParse(schema, given, { abortEarly: true });
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? 'the request';
  const isKey = issue.type === 'strict_object' && issue.path !== undefined;
  const why = isKey ? (issue.expected === 'never' ? 'there is no such field' : 'it is missing') : issue.message;
  throw new UsageError(`${call}: ${path}: ${why}; nothing was sent`, { code: 'invalid_request' });
}
