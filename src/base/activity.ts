import { usageError } from './errors.js';
import { compareIds, isId, parseId, type Id } from './ids.js';

/** The runtimes and actions that can be triggered. */
export const RUNTIMES = ['iggy', 'connectors'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export const VERBS = ['start', 'stop', 'restart', 'reconfigure'] as const;
type Verb = (typeof VERBS)[number];

/** How an action is said while it runs, by its verb: `restarting iggy`. */
export const DOING: ReadonlyMap<string, string> = new Map([
  ['start', 'starting'],
  ['stop', 'stopping'],
  ['restart', 'restarting'],
  ['reconfigure', 'reconfiguring'],
]);

/** The same once it is over, as in `was restarted`; undefined for a verb that ldctl does not know. */
export const doneText = (verb: string): string | undefined =>
  DOING.get(verb)?.replace(/ing$/, 'ed');

/** `reconfigure` of `reconfigure:42`. */
export const verbOf = (action: string): string => action.replace(/:.*/s, '');

/** The known statuses; others are shown as they are. */
export const STATUSES = ['processing', 'completed', 'rejected'] as const;
export type Status = (typeof STATUSES)[number];

export const isKnown = (status: string | null): boolean =>
  STATUSES.some((known) => known === status);

/** How an entry goes, or a node, which may have none. */
export interface Ending {
  status: string | null;
  finished_at?: string | null;
}

/**
 * It has ended with a status that ldctl does not know, and so may or may not have been done. Some
 * write the year 1 for no time.
 */
export const isUnclear = ({ status, finished_at: end }: Ending): boolean =>
  !isKnown(status) && Date.parse(end ?? '') > 0;

/** Nothing changes it any more. */
export const isFinal = (one: Ending): boolean =>
  one.status === 'completed' || one.status === 'rejected' || isUnclear(one);

/** Whether an entry says something new of how it goes. A status may stay, and get an end. */
export const hasChanged = (before: Ending, after: Ending): boolean =>
  before.status !== after.status || isFinal(before) !== isFinal(after);

/**
 * An entry of the activity log as the API gave it, with unknown fields and unknown values of
 * `status`, `runtime` and `action`. Times are RFC 3339 UTC; `finished_at` is null or absent while
 * `processing`.
 */
export interface Activity {
  id: Id;
  node_id: Id;
  runtime: string;
  action: string;
  status: string;
  created_at: string;
  finished_at?: string | null;
  tenant_id?: Id | null;
  division_id?: Id | null;
  environment_id?: Id | null;
  deployment_id?: Id | null;
  author_id?: Id | null;
  [field: string]: unknown;
}

/** The runtimes that a log can name: some of them cannot be triggered. */
export const READABLE_RUNTIMES: readonly string[] = [...RUNTIMES, 'warden', 'plane', 'mcp'];

export function isReadableRuntime(word: string): boolean {
  return READABLE_RUNTIMES.includes(word) || /^connector:./.test(word);
}

/**
 * What is asked of a runtime, from the flag to the wire. A reconfigure carries the id of a config.
 */
export type ActionName = Exclude<Verb, 'reconfigure'> | `reconfigure:${bigint}`;

/** Upper case does not count, here and in `parseAction`. */
export function parseRuntime(text: string): Runtime {
  const runtime = RUNTIMES.find((name) => name === text.toLowerCase());
  if (runtime) return runtime;
  const what = JSON.stringify(text);
  throw usageError(
    'invalid_runtime',
    text.includes(',') ? `${what}: one runtime at a time` : `unknown runtime ${what}`,
    `A runtime is one of: ${RUNTIMES.join(', ')}.`,
  );
}

/** Checks `start`, `stop`, `restart` or `reconfigure:ID`. @throws UsageError */
export function parseAction(text: string): ActionName {
  const [name = '', config] = text.toLowerCase().split(/:(.*)/s, 2);
  if (name === 'reconfigure' && config !== undefined) {
    return `${name}:${parseId(config, `the config of ${name}`)}`;
  }
  const verb = config === undefined && VERBS.find((known) => known === name);
  if (verb && verb !== 'reconfigure') return verb;
  const isBare = verb === 'reconfigure';
  const what = isBare
    ? 'reconfigure needs the id of a config'
    : `unknown action ${JSON.stringify(text)}`;
  throw usageError('invalid_action', what, `An action is one of: ${VERBS.join(', ')}:ID.`);
}

/** Whether an action can be looked for; `reconfigure` stands for every config. */
export function isReadableAction(word: string): boolean {
  const config = /^reconfigure:(\d{1,20})$/.exec(word)?.[1];
  return config === undefined ? VERBS.some((verb) => verb === word) : isId(BigInt(config));
}

/**
 * Whether two names are of the same action.
 * @param short may be a reconfigure without its config: that of a filter, which is meant for every
 * config, or that of an entry, where the server did not keep it
 */
export function isSameAction(full: string, short: string): boolean {
  return short === full || (short === 'reconfigure' && full.startsWith('reconfigure:'));
}

/** The newest entry of each node. */
export function newestOfEach<T extends Pick<Activity, 'id' | 'node_id'>>(
  entries: readonly T[],
): ReadonlyMap<Id, T> {
  const oldestFirst = entries.toSorted((a, b) => compareIds(a.id, b.id));
  // A map keeps the last one.
  return new Map(oldestFirst.map((entry) => [entry.node_id, entry]));
}
