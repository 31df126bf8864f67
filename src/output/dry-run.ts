/*
 * What would be sent.
 */

import type { Id } from '../base/ids.js';
import type { ResultFields } from '../base/outcome.js';
import { count } from '../base/text.js';
import { nodeText } from './columns.js';
import { resultColumns } from './rows.js';
import { nodeDocuments, writeResult } from './run-result.js';
import { actionText } from './run-words.js';
import { sentence } from './sentence.js';
import type { Output, Sink } from './streams.js';

export interface DryRun {
  result: ResultFields;
  /** `all 3 nodes of platform/production/orders` */
  what: string;
  /** What is known of a node, beside it: `stopped 6m ago`. */
  notes: ReadonlyMap<Id, string>;
  /** Of a roll: `1 at a time`, `gate: ./check.sh`; null for a trigger. */
  how: readonly string[] | null;
  /** Of a trigger one, of a roll one for each node. */
  requests: readonly object[];
}

/** @throws LdctlError (`fault`) when stdout cannot be written */
export async function printDryRun(output: Output, dryRun: DryRun) {
  const { stdout, options } = output;
  const { result, how, requests } = dryRun;
  if (options.format === 'table') {
    stdout.write(dryRunText(stdout, dryRun));
  } else {
    const document = {
      ...result,
      nodes: nodeDocuments(output, result.nodes, {}),
      ...(how ? { requests } : { request: requests[0] }),
    };
    writeResult(output, document, result.nodes, resultColumns);
  }
  await stdout.drained();
}

/** `Would restart iggy on 3 nodes of sandbox, 1 at a time, gate: ./check.sh`, and the nodes. */
function dryRunText(sink: Sink, { result, what, notes, how }: DryRun) {
  const { nodes, action, runtime, core_count: core } = result;
  const doing = `Would ${actionText(action ?? 'act', runtime ?? '')} on ${what}`;
  return [
    sentence(sink, [doing, ...(how ?? [])].join(', ')),
    ...nodes.map(({ node_id: id }) => {
      if (id === null) return '  an expected node\n';
      const note = notes.get(id);
      return `  ${nodeText(id, sink)}${note === undefined ? '' : `  ${note}`}\n`;
    }),
    core === null ? '' : `Core counts ${count(core, 'node')}\n`,
  ].join('');
}
