import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';

const TIME = 'TIME';
const TROUBLE = 'TROUBLE';
const DEFAULT_APPEAR_MS = 200;
const LARGEST_SEED = 2 ** 32 - 1;

/** What can be asked of a sandbox (design, "Sandbox"); the same for `sandbox start` and `sandbox exec`. */
export const sandboxFlags = {
  port: Flags.integer({
    description: 'Port on 127.0.0.1 (default: any free one).',
    min: 0,
    max: 65_535,
    helpValue: 'N',
  }),
  nodes: Flags.integer({
    description: 'How many nodes the deployment has.',
    min: 1,
    max: 1000,
    default: 3,
    helpValue: 'N',
  }),
  history: Flags.integer({
    description:
      'How many past activities its log begins with (default: one a node, 5 at least). Fewer leave nodes out.',
    min: 0,
    max: 1_000_000,
    helpValue: 'N',
  }),
  order: Flags.option({
    description: 'Which end of the log comes first: the newest (desc) or the oldest (asc).',
    options: ['desc', 'asc'] as const,
    default: 'desc',
  })(),
  seed: Flags.integer({
    description: 'The same seed gives the same keys, ids, durations and faults.',
    min: 0,
    max: LARGEST_SEED,
    helpValue: 'N',
  }),
  appear: Flags.string({
    description:
      'How long after a trigger its entries appear in the log (default: 200ms); NODE=DURATION for one node. ' +
      'May be repeated.',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '[NODE=]DURATION',
    helpGroup: TIME,
  }),
  work: Flags.string({
    description: 'How long a node then works on it, give or take a quarter.',
    default: '1.5s',
    helpValue: 'DURATION',
    helpGroup: TIME,
  }),
  reject: nodeFlag('This node rejects every action.'),
  stuck: nodeFlag("This node's activities never end."),
  missing: nodeFlag("This node's entries never appear in the log."),
  'drop-posts': Flags.integer({
    description: 'Carry out the first N POSTs, and close the connection without an answer.',
    min: 0,
    default: 0,
    helpValue: 'N',
    helpGroup: TROUBLE,
  }),
  'fail-rate': Flags.string({
    description: 'Probability, 0 to 1, that a request gets a 500, a 503 or no answer, carried out or not.',
    default: '0',
    helpValue: 'P',
    helpGroup: TROUBLE,
  }),
  'rate-limit': Flags.string({
    description: 'More requests than this with one key get a 429, such as 5/s.',
    helpValue: 'N/s',
    helpGroup: TROUBLE,
  }),
  'ignore-idempotency': Flags.boolean({
    description: 'Be a server that ignores idempotency keys: what is sent twice is done twice.',
    default: false,
    helpGroup: TROUBLE,
  }),
};

export type SandboxFlags = Interfaces.InferredFlags<typeof sandboxFlags>;

/** What the flags ask for; durations in milliseconds, NODEs as full ids. */
export interface SandboxSetup {
  port?: number;
  nodes: Id[];
  history?: number;
  order: 'asc' | 'desc';
  seed?: number;
  appearMs: number | ((node: Id) => number);
  workMs: number;
  troubles: Array<[Id, 'reject' | 'stuck' | 'missing']>;
  dropPosts: number;
  failRate: number;
  rateLimit?: number;
  idempotency: 'path-and-body' | 'off';
}

/**
 * Reads the flags.
 * @param nodeIds the ids a sandbox gives to this many nodes
 * @throws UsageError
 */
export function readSandboxFlags(flags: SandboxFlags, nodeIds: (count: number) => Id[]): SandboxSetup {
  const nodes = nodeIds(flags.nodes);
  return {
    port: flags.port,
    nodes,
    history: flags.history,
    order: flags.order,
    seed: flags.seed,
    appearMs: readAppear(flags.appear ?? [], nodes),
    workMs: parseDuration(flags.work, '--work'),
    troubles: readTroubles(flags, nodes),
    dropPosts: flags['drop-posts'],
    failRate: readProbability(flags['fail-rate']),
    rateLimit: flags['rate-limit'] === undefined ? undefined : readRate(flags['rate-limit']),
    idempotency: flags['ignore-idempotency'] ? 'off' : 'path-and-body',
  };
}

/**
 * Says what is wrong with `--port`; any other error is passed on.
 * @throws UsageError
 */
export function explainPort(error: NodeJS.ErrnoException & { port?: number }): never {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
  throw new UsageError(`--port: ${error.port} is ${error.code === 'EACCES' ? 'not allowed' : 'in use'}`, {
    hint: 'Choose another one, or leave --port out to get a free one.',
  });
}

function nodeFlag(description: string) {
  return Flags.string({
    description: `${description} NODE is an id, or 1 for the first node. May be repeated.`,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NODE',
    helpGroup: TROUBLE,
  });
}

/** The last one for a node holds, and the last one without a node for all the others. */
function readAppear(texts: readonly string[], nodes: readonly Id[]): SandboxSetup['appearMs'] {
  let general = DEFAULT_APPEAR_MS;
  const special = new Map<Id, number>();
  for (const text of texts) {
    const [, node, duration = ''] = /^(?:(.*)=)?(.*)$/.exec(text) ?? [];
    const delay = parseDuration(duration, '--appear');
    if (node === undefined) general = delay;
    else special.set(readNode(node, nodes, '--appear'), delay);
  }
  return special.size === 0 ? general : (node) => special.get(node) ?? general;
}

function readTroubles(flags: SandboxFlags, nodes: readonly Id[]): SandboxSetup['troubles'] {
  const kinds = ['reject', 'stuck', 'missing'] as const;
  const troubles = kinds.flatMap((kind) =>
    (flags[kind] ?? []).map((text): [Id, typeof kind] => [readNode(text, nodes, `--${kind}`), kind]),
  );
  const twice = troubles.find(([id], index) => troubles.findIndex(([other]) => other === id) !== index);
  if (!twice) return troubles;
  throw new UsageError(`node ${twice[0]} is given two kinds of trouble`, {
    hint: 'Name a node once, in one of --reject, --stuck and --missing.',
  });
}

function readNode(text: string, nodes: readonly Id[], flag: string): Id {
  const number = parseId(text, flag);
  const node = nodes.find((id, index) => id === number || BigInt(index + 1) === number);
  if (node !== undefined) return node;
  throw new UsageError(`${flag}: the sandbox has no node ${text}`, {
    hint: `Its nodes are 1 to ${nodes.length}, or by their ids ${nodes.at(0)} to ${nodes.at(-1)}.`,
  });
}

function readProbability(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`--fail-rate: ${JSON.stringify(text)} is not a probability`, {
    hint: 'Write a number from 0 to 1, such as 0.1.',
  });
}

function readRate(text: string): number {
  const value = Number(/^(\d*\.?\d+)\/s$/.exec(text)?.[1] ?? NaN);
  if (value > 0) return value;
  throw new UsageError(`--rate-limit: ${JSON.stringify(text)} is not a rate`, {
    hint: 'Write requests per second, such as 5/s.',
  });
}
