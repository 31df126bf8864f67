import { UsageError } from '../../core/errors.js';
import { parseId, type Id } from '../../core/ids.js';

/**
 * The nodes named by `--node`, each once, in the order given; null when the flag is absent, which alone means every
 * node. An unset shell variable (`--node ""`, `--node ,`) must never become the whole cluster.
 * @throws UsageError
 */
export function parseNodes(values: readonly string[] | undefined): Id[] | null {
  if (values === undefined) return null;
  const texts = values.flatMap((value) => value.split(',')).map((text) => text.trim());
  if (texts.length === 0 || texts.includes('')) {
    throw new UsageError('--node names no node', {
      code: 'empty_node',
      hint: 'Is a variable unset? To act on every node, leave --node out.',
    });
  }
  return [...new Set(texts.map((text) => parseId(text, '--node')))];
}

/** @throws UsageError for anything but a whole number from 1, or together with `--node` */
export function parseExpectedNodes(text: string | undefined, nodes: readonly Id[] | null): number | null {
  if (text === undefined) return null;
  if (nodes !== null) {
    throw new UsageError('--expect-nodes does not go with --node: the nodes that are named are the ones expected');
  }
  return parseWholeNumber(text, '--expect-nodes', 1, 100_000);
}

/** @throws UsageError */
export function parseWholeNumber(text: string, what: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${what}: ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
}
