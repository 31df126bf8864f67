import { inspect } from 'node:util';
import * as v from 'valibot';
import { type Id } from '../base/ids.js';

/** A node of the sandbox: 1 is the first; or its id, as a bigint. */
export type NodeRef = number | Id;

/** What can be wrong with a node: it rejects every action, its activity never ends, or its entry never appears in the log. */
export type Trouble = 'reject' | 'stuck' | 'missing';
const TROUBLES = ['reject', 'stuck', 'missing'] as const satisfies readonly Trouble[];

/**
 * Node ids: 610809900976570889, …890, …891, and so on. Neighbours on purpose: `JSON.parse` reads each of the first few
 * dozen as 610809900976570900, one node instead of many.
 */
const FIRST_NODE_ID: Id = 610809900976570889n;

const must = <T>(words: string, holds: (value: unknown) => boolean) => v.custom<T>(holds, `must be ${words}`);
const isNumber = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && value >= min && value <= max;
const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && isNumber(value, min, max);
const isMs = (value: unknown): boolean => isNumber(value, 0, Number.MAX_VALUE);
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isBigint = (value: unknown): boolean => typeof value === 'bigint';
const isListOf = (value: unknown, holds: (item: unknown) => boolean, min = 0): boolean =>
  Array.isArray(value) && value.length >= min && value.every(holds);

const whole = (min: number, max: number) =>
  must<number>(max < Infinity ? `a whole number from ${min} to ${max}` : `a whole number, ${min} or more`, (value) =>
    isWhole(value, min, max),
  );
const ms = must<number>('a number of milliseconds', isMs);
const msOfNode = must<number | ((nodeId: Id) => number)>(
  'a number of milliseconds, or a function of the node id that gives one',
  (value) => isMs(value) || isFunction(value),
);
const nodesOrIds = must<number | readonly Id[]>(
  'a whole number from 1 to 1000, or a list of ids as bigint',
  (value) => isWhole(value, 1, 1000) || isListOf(value, isBigint, 1),
);
const nodeRefs = must<readonly NodeRef[]>('a list of nodes: numbers from 1 on, or ids as bigint', (value) =>
  isListOf(value, (node) => isBigint(node) || Number.isSafeInteger(node)),
);
const probability = must<number>('a probability from 0 to 1', (value) => isNumber(value, 0, 1));
const rate = must<number>('a number of requests a second above 0', (value) =>
  isNumber(value, Number.MIN_VALUE, Infinity),
);
const flag = must<boolean>('true or false', (value) => typeof value === 'boolean');

const schema = v.strictObject({
  /** Port on 127.0.0.1. Default: any free one. */
  port: v.optional(whole(0, 65_535), 0),
  /** How many nodes the deployment has, 1–1000; or their ids. Default: 3. */
  nodes: v.optional(nodesOrIds, 3),
  /** How many past activities its log begins with. Default: one a node, 5 at least. Fewer than nodes leave nodes out. */
  history: v.optional(whole(0, 1_000_000)),
  /** Which end of the log comes first: the newest (`desc`) or the oldest (`asc`). Default: `desc`. */
  order: v.optional(v.picklist(['desc', 'asc'], "must be 'desc' or 'asc'"), 'desc'),
  /** The same seed gives the same keys, ids, durations and faults. Default: a random one. */
  seed: v.optional(whole(0, 2 ** 32 - 1)),
  /** How long after a trigger its entries appear in the log; a function is asked for each node. Default: 200. */
  appearMs: v.optional(msOfNode, 200),
  /** How long a node then works on it, give or take a quarter; exactly, where it is a function. Default: 1500. */
  workMs: v.optional(msOfNode, 1500),
  /** These nodes reject every action. */
  reject: v.optional(nodeRefs, []),
  /** The activities of these nodes never end. */
  stuck: v.optional(nodeRefs, []),
  /** The entries of these nodes never appear in the log. */
  missing: v.optional(nodeRefs, []),
  /** Carries out so many POSTs, the first ones, and closes the connection without an answer. Default: 0. */
  dropPosts: v.optional(whole(0, Infinity), 0),
  /** Probability, 0 to 1, that a request gets a 500, a 503 or no answer, carried out or not. Default: 0. */
  failRate: v.optional(probability, 0),
  /** More requests a second than this with one key get a 429. Default: no limit. */
  rateLimit: v.optional(rate),
  /** Be a server that ignores idempotency keys: what is sent twice is done twice. Default: false. */
  ignoreIdempotency: v.optional(flag, false),
  /** Store a reconfigure without the id of its config, as a server may. Default: false. */
  bareReconfigure: v.optional(flag, false),
  /** How long a POST that is carried out takes to be answered; meanwhile it is still running. Default: 0. */
  answerMs: v.optional(ms, 0),
  /** How long every answer is on its way. Default: 0. */
  latencyMs: v.optional(ms, 0),
  /** The server's clock, in milliseconds UTC. Default: the system's. */
  now: v.optional(must<() => number>('a function that gives milliseconds', isFunction), () => Date.now),
});

/** How a sandbox is set up. What `ldctl sandbox start` has as flags, and a little more; durations in milliseconds. */
export type StartSandboxOptions = v.InferInput<typeof schema>;

/** The same, checked and complete. */
export type Settings = Omit<v.InferOutput<typeof schema>, 'nodes'> & {
  nodes: readonly Id[];
  troubles: ReadonlyMap<Id, Trouble>;
};

/** An option that cannot be. */
export class OptionError extends TypeError {
  override readonly name = 'TypeError';

  constructor(
    readonly option: string,
    readonly why: string,
    value?: { is: unknown },
  ) {
    super(`startSandbox: ${option} ${why}${value ? `, not ${inspect(value.is)}` : ''}`);
  }
}

/** @throws OptionError which option is wrong, and what it must be */
export function readOptions(options: StartSandboxOptions): Settings {
  const checked = v.safeParse(schema, options, { abortEarly: true });
  if (!checked.success) {
    const [{ path, message, input, expected }] = checked.issues;
    const option = path ? String(path[0].key) : 'the options';
    if (expected !== 'never') throw new OptionError(option, path ? message : 'must be an object', { is: input });
    throw new OptionError(option, `is no option; there are ${Object.keys(schema.entries).join(', ')}`);
  }
  const { output } = checked;
  const nodes = typeof output.nodes === 'number' ? nodeIds(output.nodes) : output.nodes;
  const troubles = new Map<Id, Trouble>();
  for (const trouble of TROUBLES) {
    for (const node of output[trouble]) {
      const id = findNode(node, nodes, trouble);
      if (troubles.has(id)) throw new OptionError(trouble, `names node ${id}, which is named before`);
      troubles.set(id, trouble);
    }
  }
  return { ...output, nodes, troubles };
}

/** The ids of so many nodes. */
export function nodeIds(count: number, first: Id = FIRST_NODE_ID): Id[] {
  return Array.from({ length: count }, (_, index) => first + BigInt(index));
}

/** @throws OptionError for a node that there is not */
export function findNode(node: NodeRef, nodes: readonly Id[], option: string): Id {
  const found = nodes.find((id) => id === node) ?? nodes[Number(node) - 1];
  if (found !== undefined) return found;
  const all = `1 to ${nodes.length}, or ${nodes.at(0)} to ${nodes.at(-1)}`;
  throw new OptionError(option, `names node ${node}, and there is none; they are ${all}`);
}
