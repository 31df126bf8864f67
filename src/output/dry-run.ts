/*
 * What would be sent, on one deployment or on several.
 */

import type { ResultFields } from '../base/outcome.js';
import { count } from '../base/text.js';
import { nodeText } from './columns.js';
import { resultColumns, placedResultColumns, placedRows } from './rows.js';
import { nodeDocuments, writeResult } from './run-result.js';
import { actionText } from './run-text.js';
import { sentence } from './sentence.js';
import type { Output, Sink } from './streams.js';

export interface DryRun {
  place: string;
  path: string | null;
  result: ResultFields;
  /** `all 3 nodes of platform/production/orders` */
  what: string;
  /** Of a roll: `1 at a time`, `gate: ./check.sh`; null for a trigger. */
  how: readonly string[] | null;
  /** Of a trigger one, of a roll one for each node. */
  requests: readonly object[];
}

/** @throws LdctlError (`fault`) when stdout cannot be written */
export async function printDryRuns(output: Output, all: readonly DryRun[]) {
  const { stdout, options } = output;
  const isSeveral = all.length > 1;
  if (options.format === 'table') {
    stdout.write(all.map((one) => dryRunText(stdout, one)).join(''));
  } else {
    const deployments = all.map((one) => documentOf(output, one, isSeveral));
    const document = isSeveral ? { outcome: 'dry_run', deployments } : { ...deployments[0] };
    const columns = isSeveral ? placedResultColumns : resultColumns;
    writeResult(output, document, placedRows(all), columns);
  }
  await stdout.drained();
}

function documentOf(output: Output, { path, result, how, requests }: DryRun, isSeveral: boolean) {
  const { outcome, runtime, action, deployment_id, ...rest } = result;
  const place = isSeveral ? { deployment_id, deployment_path: path } : { deployment_id };
  return {
    ...{ outcome, runtime, action, ...place, ...rest },
    nodes: nodeDocuments(output, result.nodes, {}),
    ...(how ? { requests } : { request: requests[0] }),
  };
}

/** `Would restart iggy on 3 nodes of sandbox, 1 at a time, gate: ./check.sh`, and the nodes. */
function dryRunText(sink: Sink, { result, what, how }: DryRun) {
  const { nodes, action, runtime, core_count: core } = result;
  const doing = `Would ${actionText(action ?? 'act', runtime ?? '')} on ${what}`;
  return [
    sentence(sink, [doing, ...(how ?? [])].join(', ')),
    ...nodes.map(
      ({ node_id: id }) => `  ${id !== null ? nodeText(id, sink) : 'an expected node'}\n`,
    ),
    core === null ? '' : `Core counts ${count(core, 'node')}\n`,
  ].join('');
}
