import * as v from 'valibot';
import type { Id } from '../base/ids.js';

/** A node by its number, from 1, or its id as a bigint. */
export type NodeRef = number | Id;

/**
 * A node rejects every action, its activities never end, or its entries never appear in the log.
 */
export type Trouble = 'reject' | 'stuck' | 'missing';
const TROUBLES = ['reject', 'stuck', 'missing'] as const satisfies readonly Trouble[];

/**
 * The ids count up from this one, so that `JSON.parse` reads each of the first few dozen as
 * 610809900976570900.
 */
const FIRST_NODE_ID: Id = 610809900976570889n;

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const ms = v.pipe(v.number(), v.minValue(0));
const aFunction = <T>(words: string) => v.custom<T>((value) => typeof value === 'function', words);
const msOfNode = v.union(
  [ms, aFunction<(node: Id) => number>('a function')],
  'milliseconds, or a function of the node id that gives them, were expected',
);
const nodeRefs = v.pipe(
  v.array(
    v.union([v.number(), v.bigint()], 'a number from 1 on, or an id as bigint, was expected'),
  ),
  v.readonly(),
);
const RATE = 'a number of requests a second was expected, above 0';

export const sandboxOptions = v.strictObject({
  /** Port on 127.0.0.1. Default: any free one. */
  port: v.optional(whole(0, 65_535), 0),
  /** How many nodes the deployment has, 1–1000; or their ids. Default: 3. */
  nodes: v.optional(
    v.union([whole(1, 1000), v.pipe(v.array(v.bigint()), v.minLength(1), v.readonly())]),
    3,
  ),
  /**
   * How many past activities its log starts with. Default: one for each runtime of each node,
   * 5 at least. Fewer than nodes leave nodes out.
   */
  history: v.optional(whole(0, 1_000_000)),
  /**
   * Which end of the log comes first: the newest (`desc`) or the oldest (`asc`). Default: `desc`.
   */
  order: v.optional(v.picklist(['desc', 'asc']), 'desc'),
  /** The same seed gives the same keys, ids, durations and faults. Default: a random one. */
  seed: v.optional(whole(0, 2 ** 32 - 1)),
  /**
   * How long after a trigger its entries appear in the log; a function is asked for each node.
   * Default: 200.
   */
  appearMs: v.optional(msOfNode, 200),
  /**
   * How long a node then works on it, give or take a quarter; exactly, where it is a function.
   * Default: 1500.
   */
  workMs: v.optional(msOfNode, 1500),
  /** These nodes reject every action. */
  reject: v.optional(nodeRefs, []),
  /** The activities of these nodes never end. */
  stuck: v.optional(nodeRefs, []),
  /** The entries of these nodes never appear in the log. */
  missing: v.optional(nodeRefs, []),
  /**
   * Runs the first N POSTs, and closes their connections without an answer.
   * Default: 0.
   */
  dropPosts: v.optional(whole(0), 0),
  /**
   * Probability, 0 to 1, that a request gets a 500, a 503 or no answer, whether it ran or not.
   * Default: 0.
   */
  failRate: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
  /** More requests a second than this with one key get a 429. Default: no limit. */
  rateLimit: v.optional(v.pipe(v.number(RATE), v.gtValue(0, RATE))),
  /**
   * Be a server that ignores idempotency keys: what is sent twice is done twice. Default: false.
   */
  ignoreIdempotency: v.optional(v.boolean(), false),
  /** Store a reconfigure without the id of its config, as a server may. Default: false. */
  bareReconfigure: v.optional(v.boolean(), false),
  /**
   * How long the answer to a POST takes; until then the POST is still running.
   * Default: 0.
   */
  answerMs: v.optional(ms, 0),
  /** The server's clock, in milliseconds UTC. Default: the system's. */
  now: v.optional(aFunction<() => number>('a function was expected'), () => Date.now),
});

/** The flags of `ldctl sandbox start`, and a few more; durations in milliseconds. */
export type StartSandboxOptions = Partial<v.InferOutput<typeof sandboxOptions>>;

/** The options, checked and complete. */
export type Settings = Omit<v.InferOutput<typeof sandboxOptions>, 'nodes'> & {
  nodes: readonly Id[];
  troubles: ReadonlyMap<Id, Trouble>;
};

export class OptionError extends TypeError {
  override readonly name = 'TypeError';

  constructor(
    readonly option: string,
    readonly why: string,
  ) {
    super(`startSandbox: ${option}: ${why}`);
  }
}

/** @throws OptionError */
export function readOptions(options: StartSandboxOptions): Settings {
  const checked = v.safeParse(sandboxOptions, options, { abortEarly: true });
  if (!checked.success) {
    const [issue] = checked.issues;
    throw new OptionError(v.getDotPath(issue) ?? 'the options', issue.message);
  }
  const { output } = checked;
  const nodes = typeof output.nodes === 'number' ? nodeIds(output.nodes) : output.nodes;
  const troubles = new Map<Id, Trouble>();
  for (const trouble of TROUBLES) {
    for (const node of output[trouble]) troubles.set(findNode(node, nodes, trouble), trouble);
  }
  return { ...output, nodes, troubles };
}

export function nodeIds(count: number, first: Id = FIRST_NODE_ID): Id[] {
  return Array.from({ length: count }, (_, index) => first + BigInt(index));
}

/** @throws OptionError for a node that does not exist */
export function findNode(node: NodeRef, nodes: readonly Id[], option: string): Id {
  const found = nodes.find((id) => id === node) ?? nodes[Number(node) - 1];
  if (found !== undefined) return found;
  const all = `1 to ${nodes.length}, or ${nodes.at(0)} to ${nodes.at(-1)}`;
  throw new OptionError(option, `there is no node ${node}; the nodes are ${all}`);
}
