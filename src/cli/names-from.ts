/*
 * Names for many nodes, from a file or stdin: CSV, or JSON such as `nodes list -o json` prints.
 */

import { usageError } from '../base/errors.js';
import { parseId, type Id } from '../base/ids.js';
import { nameText } from '../base/text.js';
import { checkNodeName } from '../config/node-names.js';
import type { CommandContext } from './context.js';
import { readEntries } from './nodes.js';

const FLAG = '--from';

/** `node_id`, `node_name` and `deployment_id` are what ldctl prints. */
type Entry = Partial<
  Record<'id' | 'node_id' | 'name' | 'node_name' | 'deployment_id', string | bigint | null>
>;

/**
 * The names in a file. A node that has none there is left out.
 * @returns also of which deployments the file says that they are
 * @throws UsageError, also where a node or a name is there twice; the signal's reason
 */
export async function readNames(context: CommandContext, path: string) {
  const names = new Map<Id, string>();
  const deployments: string[] = [];
  const seen = new Set<string>();
  for (const entry of await readEntries(context, path, FLAG, entriesOfCsv)) {
    const {
      deployment_id,
      node_id,
      id = node_id,
      node_name,
      name = node_name,
    } = Object(entry) as Entry;
    if (id === undefined) throw invalid('an entry has no id');
    const node = parseId(String(id), FLAG);
    const given = name ? checkNodeName(String(name)) : '';
    for (const one of [String(node), given.toLowerCase()].filter(Boolean)) {
      if (seen.has(one)) throw invalid(`${one} is there twice`);
      seen.add(one);
    }
    if (given) names.set(node, given);
    if (deployment_id) deployments.push(String(deployment_id));
  }
  if (names.size === 0) throw invalid('there is no name in it');
  return { names, deployments };
}

/**
 * No id and no name has a comma or a quote in it, so this needs no library: a cell that has one is
 * refused.
 */
function entriesOfCsv(text: string): Entry[] {
  const lines = text.replace(/^\W*(?:id|node(?:_id)?)(?![\w-]).*/i, '').split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [id, name, ...more] = line
        .split(/[,;\t]/)
        .map((cell) => cell.replace(/^\s*"?|"?\s*$/g, ''));
      if (name !== undefined && more.length === 0) return { id, name };
      throw invalid(`${nameText(line.trim())} is not an id and a name`);
    });
}

const invalid = (what: string) =>
  usageError(
    'invalid_names',
    `${FLAG}: ${what}`,
    'Write an id, a comma and a name on each line, or JSON as `ldctl nodes list -o json` prints.',
  );
