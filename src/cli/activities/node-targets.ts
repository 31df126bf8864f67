import * as Flags from '@oclif/core/flags';
import { MOST_NODES } from '../../activities/defaults.js';
import { UsageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import { parseWholeNumber, wholeNumber } from '../flags.js';

/** Which nodes a trigger is about. */
export const targetFlags = {
  node: Flags.string({
    char: 'n',
    aliases: ['node-id'],
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'TARGET',
    helpValue: 'ID',
    summary: 'A node, or several with commas; may be repeated.',
  }),
  'expect-nodes': wholeNumber({
    min: 1,
    max: MOST_NODES,
    helpGroup: 'TARGET',
    summary: 'How many nodes an every-node trigger must reach.',
  }),
};

/** The same of a trigger, which can ask Core. */
export const expectedNodesFlag = {
  'expect-nodes': Flags.custom<number | 'deployment'>({
    helpGroup: 'TARGET',
    helpValue: 'N|deployment',
    summary: 'How many nodes there must be; `deployment`: as many as Core counts.',
    parse: (text, _command, { name }) =>
      Promise.resolve(text === 'deployment' ? text : parseWholeNumber(text, name, 1, MOST_NODES)),
  })(),
};

export const configFlag = {
  config: Flags.string({ helpGroup: 'TARGET', helpValue: 'ID', summary: 'The config of a reconfigure.' }),
};

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

/** @throws UsageError when the nodes are named as well */
export function checkExpectedNodes<T extends number | 'deployment'>(
  expected: T | undefined,
  nodes: readonly Id[] | null,
): T | null {
  if (expected !== undefined && nodes !== null) {
    throw new UsageError('--expect-nodes does not go with --node: the nodes that are named are the ones expected');
  }
  return expected ?? null;
}
