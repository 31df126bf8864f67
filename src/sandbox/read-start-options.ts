import { inspect } from 'node:util';
import { type Id } from '../base/ids.js';
import { type Trouble } from './nodes.js';
import { type ServerOptions } from './server.js';
import { type NodeRef, type StartSandboxOptions } from './start-options.js';
import { nodeIds } from './tenant.js';

interface Rule {
  holds: (value: unknown) => boolean;
  /** What the value must be. */
  words: string;
}

const TROUBLES = ['reject', 'stuck', 'missing'] as const satisfies readonly Trouble[];
const NODES: Rule = {
  holds: (value) =>
    Array.isArray(value) && value.every((node) => typeof node === 'bigint' || Number.isSafeInteger(node)),
  words: 'a list of nodes: numbers from 1 on, or ids as bigint',
};

/** The limits are those of the flags (src/cli/sandbox/flags.ts). */
const RULES: Record<keyof StartSandboxOptions, Rule> = {
  port: whole(0, 65_535),
  nodes: whole(1, 1000),
  history: whole(0, 1_000_000),
  order: { holds: (value) => value === 'desc' || value === 'asc', words: "'desc' or 'asc'" },
  seed: whole(0, 2 ** 32 - 1),
  appearMs: {
    holds: (value) => typeof value === 'function' || isDuration(value),
    words: 'a number of milliseconds, or a function of the node id that gives one',
  },
  workMs: { holds: isDuration, words: 'a number of milliseconds' },
  reject: NODES,
  stuck: NODES,
  missing: NODES,
  dropPosts: whole(0, Number.MAX_SAFE_INTEGER),
  failRate: { holds: (value) => isNumber(value) && value >= 0 && value <= 1, words: 'a probability from 0 to 1' },
  rateLimit: { holds: (value) => isNumber(value) && value > 0, words: 'a number of requests a second above 0' },
  ignoreIdempotency: { holds: (value) => typeof value === 'boolean', words: 'true or false' },
};

/**
 * Checks the options, for callers without types too, and puts them as the server takes them.
 * @throws TypeError which option is wrong, and what it must be
 */
export function readStartOptions(options: StartSandboxOptions): ServerOptions {
  for (const [name, value] of Object.entries(options)) checkOption(name, value);
  const { reject = [], stuck = [], missing = [], ignoreIdempotency = false, nodes: count = 3, ...others } = options;
  const nodes = nodeIds(count);
  const named = { reject, stuck, missing };
  const troubles = TROUBLES.flatMap((trouble) =>
    named[trouble].map((node): [Id, Trouble] => [findNode(node, nodes, trouble), trouble]),
  );
  const twice = troubles.find(([id], index) => troubles.findIndex(([other]) => other === id) !== index);
  if (twice) throw wrong(`node ${twice[0]} is named twice among ${TROUBLES.join(', ')}`);
  return { ...others, nodes, troubles, idempotency: ignoreIdempotency ? 'off' : 'path-and-body' };
}

/** @throws TypeError for a node that there is not */
export function findNode(node: NodeRef, nodes: readonly Id[], what: string): Id {
  const found = nodes.find((id, index) => id === node || index + 1 === node);
  if (found !== undefined) return found;
  throw wrong(
    `${what}: there is no node ${String(node)}; they are 1 to ${nodes.length}, or ${nodes.at(0)}n to ${nodes.at(-1)}n`,
  );
}

function checkOption(name: string, value: unknown): void {
  if (!(name in RULES)) throw wrong(`there is no option ${name}; there are ${Object.keys(RULES).join(', ')}`);
  const { holds, words } = RULES[name as keyof StartSandboxOptions];
  if (value !== undefined && !holds(value)) throw wrong(`${name} must be ${words}, not ${inspect(value)}`);
}

function whole(min: number, max: number): Rule {
  const holds = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  return {
    holds,
    words: max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`,
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isDuration(value: unknown): boolean {
  return isNumber(value) && value >= 0 && value < Infinity;
}

function wrong(what: string): TypeError {
  return new TypeError(`startSandbox: ${what}`);
}
