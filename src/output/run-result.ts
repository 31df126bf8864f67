import { errorDocument, type LdctlError } from '../base/errors.js';
import type { NodeResult, ResultFields } from '../base/outcome.js';
import { selectColumns, type Column } from './columns.js';
import { errorText } from './sentence.js';
import { formatOf } from './formats.js';
import { formatOptions, listWriter } from './list.js';
import { nodeColumns, placedNodeColumns, withName, type PlacedRow } from './rows.js';
import { summaryText, type SummaryFacts } from './run-text.js';
import type { Output, PrintOptions } from './streams.js';

/** What is known beside the result. */
export interface RunEnding extends SummaryFacts {
  /** Why following was given up. */
  error?: LdctlError | null;
}

/**
 * Called before anything is sent, since exit 2 promises that nothing was.
 * @throws UsageError for unknown `--columns`
 */
export function checkRunResultOptions({ columns }: PrintOptions, isSeveral = false) {
  selectColumns<PlacedRow>(isSeveral ? placedNodeColumns : nodeColumns, columns);
}

/**
 * Prints the result on stdout, and the error and the summary on stderr.
 * @throws LdctlError (`fault`) when stdout cannot be written, after stderr was
 */
export async function printRunResult(output: Output, result: ResultFields, ending: RunEnding) {
  const { stdout, stderr } = output;
  const { error } = ending;
  const value = {
    ...result,
    nodes: nodeDocuments(output, result.nodes, ending),
    ...(error && { error: errorDocument(error) }),
  };
  writeResult(output, value, result.nodes, nodeColumns);
  if (error) stderr.write(errorText(output, error));
  stderr.write(summaryText(output, result, ending));
  await stdout.drained();
}

/** On stdout: the value in formats of values, else the rows. */
export function writeResult<T>(
  output: Output,
  document: object,
  rows: readonly T[],
  columns: ReadonlyArray<Column<T>>,
) {
  const { stdout, options } = output;
  output.complete = true;
  const format = formatOf(options.format);
  if (format.holds === 'values') {
    const value = { ...(format.events && { event: 'result' }), ...document };
    stdout.write(format.object({ value }, formatOptions(output)));
  } else {
    const writer = listWriter(output, columns);
    stdout.write(writer.items(rows) + writer.end(rows.length));
  }
}

/** The nodes as JSON has them: with their names, and with what is known of why one rejected it. */
export const nodeDocuments = (
  { names }: Output,
  nodes: readonly NodeResult[],
  { lastCompleted }: SummaryFacts,
) =>
  nodes.map((node) => ({
    ...withName(node, names),
    ...(node.status === 'rejected' && {
      last_completed: lastCompleted?.get(node.node_id ?? 0n) ?? null,
    }),
  }));
