import type { Id } from '../base/ids.js';
import { randomInt } from 'node:crypto';
import { inspect } from 'node:util';

/** A node by its number, from 1, or its id as a bigint. */
export type NodeRef = number | Id;

const TROUBLES = ['reject', 'stuck', 'missing'] as const;
/**
 * A node rejects every action, its activities never end, or its entries never appear in the log.
 */
export type Trouble = (typeof TROUBLES)[number];

/**
 * The ids count up from this one, so that `JSON.parse` reads each of the first few dozen as
 * 610809900976570900.
 */
const FIRST_NODE_ID: Id = 610809900976570889n;
const NONE: readonly NodeRef[] = [];

/** The options of a sandbox, each with its default. */
export const sandboxOptions = {
  /** Port on 127.0.0.1. Default: any free one. */
  port: 0,
  /** How many nodes the deployment has; or their ids. Default: 3. */
  nodes: 3 as number | readonly Id[],
  /**
   * How many past activities its log starts with. Default: one for each runtime of each node,
   * 5 at least. With fewer than there are nodes, the log does not show them all.
   */
  history: undefined as number | undefined,
  /**
   * Which end of the log comes first: the newest (`desc`) or the oldest (`asc`). Default: `desc`.
   */
  order: 'desc' as 'desc' | 'asc',
  /** The same seed gives the same keys, durations and faults. Default: a random one. */
  seed: undefined as number | undefined,
  /** How long after a trigger its entries appear in the log. Default: 200. */
  appearMs: 200,
  /** How long a node then works on it, give or take a quarter. Default: 1500. */
  workMs: 1500,
  /** These nodes reject every action. */
  reject: NONE,
  /** The activities of these nodes never end. */
  stuck: NONE,
  /** The entries of these nodes never appear in the log. */
  missing: NONE,
  /** Runs the first N POSTs, and closes their connections without an answer. Default: 0. */
  dropPosts: 0,
  /**
   * Probability, 0 to 1, that a request gets a 500, a 503 or no answer, whether it ran or not.
   * Default: 0.
   */
  failRate: 0,
  /** More requests a second than this with one key get a 429. Default: no limit. */
  rateLimit: Infinity,
  /**
   * Ignores idempotency keys: what is sent twice is done twice. Default: false.
   */
  ignoreIdempotency: false,
  /** How long the answer to a POST takes; until then the POST is still running. Default: 0. */
  answerMs: 0,
  /** The server's clock, in milliseconds UTC. Default: the system's. */
  now: (): number => Date.now(),
};

/** The flags of `ldctl sandbox start`, and a few more; durations in milliseconds. */
export type StartSandboxOptions = Partial<typeof sandboxOptions>;

/** The options, complete. */
export type Settings = Omit<typeof sandboxOptions, 'nodes' | 'seed'> & {
  nodes: readonly Id[];
  seed: number;
  troubles: ReadonlyMap<Id, Trouble>;
};

/** An option that cannot be used, and why. */
export class OptionError extends RangeError {
  constructor(
    readonly option: string,
    readonly why: string,
  ) {
    super(`${option}: ${why}`);
  }
}

/** @throws OptionError */
export function readOptions(options: StartSandboxOptions): Settings {
  const given = Object.entries<unknown>(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) checkOption(name, value);
  const settings: typeof sandboxOptions = { ...sandboxOptions, ...Object.fromEntries(given) };
  const nodes = typeof settings.nodes === 'number' ? nodeIds(settings.nodes) : settings.nodes;
  if (nodes.length === 0) throw new OptionError('nodes', 'a deployment has at least one node');
  const troubles = new Map<Id, Trouble>();
  for (const trouble of TROUBLES) {
    for (const node of settings[trouble]) troubles.set(findNode(node, nodes, trouble), trouble);
  }
  return { ...settings, nodes, troubles, seed: settings.seed ?? randomInt(2 ** 32) };
}

/** By its name; a number also by its range. Those without a default are numbers. */
function checkOption(name: string, value: unknown) {
  const names = Object.keys(sandboxOptions);
  if (!names.includes(name)) {
    const known = names.join(', ');
    throw new OptionError(name, `there is no such option; the options are ${known}`);
  }
  const usual = sandboxOptions[name as keyof typeof sandboxOptions];
  if (usual !== undefined && typeof usual !== 'number') return;
  if (name === 'nodes' && Array.isArray(value)) return;
  if (typeof value === 'number' && value >= 0) return;
  throw new OptionError(name, `expected a number, at least 0, but got ${inspect(value)}`);
}

export function nodeIds(count: number, first: Id = FIRST_NODE_ID): Id[] {
  return Array.from({ length: count }, (_, index) => first + BigInt(index));
}

/**
 * @param option names the node in the error
 * @throws OptionError for a node that does not exist
 */
export function findNode(node: NodeRef, nodes: readonly Id[], option: string): Id {
  const found = nodes.find((id) => id === node) ?? nodes[Number(node) - 1];
  if (found !== undefined) return found;
  const all = nodes.length === 1 ? 'the only node is 1' : `the nodes are 1 to ${nodes.length}`;
  throw new OptionError(option, `there is no node ${node}; ${all}`);
}
