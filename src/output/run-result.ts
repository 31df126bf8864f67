import { errorDocument, type LdctlError } from '../base/errors.js';
import type { ResultFields } from '../base/outcome.js';
import { count } from '../base/text.js';
import { nodeText, selectColumns } from './columns.js';
import { errorText, sentence } from './sentence.js';
import { formatOf } from './formats.js';
import { formatOptions, listWriter } from './list.js';
import { nodeColumns, withName } from './rows.js';
import { actionText, summaryText, type SummaryFacts } from './run-text.js';
import type { Output, PrintOptions, Sink } from './streams.js';

export interface DryRun {
  /** `all 3 nodes of platform/production/orders` */
  what: string;
  /** Of a roll: `1 at a time`, `gate: ./check.sh`; null for a trigger. */
  how: readonly string[] | null;
  /** Of a trigger one, of a roll one for each node. */
  requests: readonly object[];
}

/** What is known beside the result. */
export interface RunEnding extends SummaryFacts {
  /** Why following was given up. */
  error?: LdctlError | null;
  /** With the outcome `dry_run`. */
  dryRun?: DryRun;
}

/**
 * Called before anything is sent, since exit 2 promises that nothing was.
 * @throws UsageError for unknown `--columns`
 */
export function checkRunResultOptions({ columns }: PrintOptions) {
  selectColumns(nodeColumns, columns);
}

/**
 * Prints the result on stdout, and the error and the summary on stderr.
 * @throws LdctlError (`fault`) when stdout cannot be written, after stderr was
 */
export async function printRunResult(output: Output, result: ResultFields, ending: RunEnding) {
  const { stdout, stderr } = output;
  const { error, dryRun, lastCompleted } = ending;
  output.complete = true;
  const format = formatOf(output.options.format);
  if (format.holds === 'values') {
    const value = {
      ...(format.events && { event: 'result' }),
      ...result,
      nodes: result.nodes.map((node) => ({
        ...withName(node, output.names),
        ...(node.status === 'rejected' && {
          last_completed: lastCompleted?.get(node.node_id ?? 0n) ?? null,
        }),
      })),
      ...(dryRun && (dryRun.how ? { requests: dryRun.requests } : { request: dryRun.requests[0] })),
      ...(error && { error: errorDocument(error) }),
    };
    stdout.write(format.object({ value }, formatOptions(output)));
  } else if (dryRun && output.options.format === 'table') {
    stdout.write(dryRunText(stdout, result, dryRun));
  } else {
    const writer = listWriter(output, nodeColumns);
    stdout.write(writer.items(result.nodes) + writer.end(result.nodes.length));
  }
  if (error) stderr.write(errorText(output, error));
  if (!dryRun) stderr.write(summaryText(output, result, ending));
  await stdout.drained();
}

/** `Would restart iggy on 3 nodes of sandbox, 1 at a time, gate: ./check.sh`, and the nodes. */
function dryRunText(sink: Sink, result: ResultFields, { what, how }: DryRun) {
  const { nodes, action, runtime, core_count: core } = result;
  const doing = `Would ${actionText(action ?? 'act', runtime ?? '')} on ${what}`;
  return [
    sentence(sink, [doing, ...(how ?? [])].join(', ')),
    ...nodes.map(({ node_id: id }) => `  ${id ? nodeText(id, sink) : 'an expected node'}\n`),
    core === null ? '' : `Core counts ${count(core, 'node')}\n`,
  ].join('');
}
