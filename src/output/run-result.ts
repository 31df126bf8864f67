import { errorDocument, type LdctlError } from '../base/errors.js';
import { NOT_STARTED, type NodeResult, type ResultFields } from '../base/outcome.js';
import { rangeText } from '../base/durations.js';
import { tookMs, type Column } from './columns.js';
import { errorText, sentence } from './sentence.js';
import { formatOf } from './formats.js';
import { formatOptions, listWriter, select } from './list.js';
import { resultColumns, progressOf, rowsOf, withName } from './rows.js';
import { summaryText } from './summary.js';
import type { SummaryFacts } from './next-steps.js';
import type { Output } from './streams.js';

/**
 * Called before anything is sent, since exit 2 promises that nothing was.
 * @throws UsageError for unknown `--columns`
 */
export function checkRunResultOptions(output: Output) {
  select(output, resultColumns);
}

/**
 * Prints the result on stdout, and the error and the summary on stderr.
 * @param error why following was given up
 * @throws LdctlError (`fault`) when stdout cannot be written, after stderr was
 */
export async function printRunResult(
  output: Output,
  result: ResultFields,
  facts: SummaryFacts,
  error: LdctlError | null,
) {
  const { stdout, stderr } = output;
  const value = {
    ...result,
    nodes: nodeDocuments(output, result.nodes, facts),
    ...(error && { error: errorDocument(error) }),
  };
  const { rows, folded } = foldedAt(output, rowsOf(result));
  writeResult(output, value, rows, resultColumns);
  stdout.write(folded);
  if (error) stderr.write(errorText(output, error));
  stderr.write(summaryText(output, result, facts));
  await stdout.drained();
}

/** More nodes than a screen holds beside what was typed. */
const MOST_ROWS = 20;

/**
 * At a terminal a table of many nodes has those that need a look, what failed first, and counts the
 * others below: `✓ 47 completed, 1.2s to 2.9s`, `· 46 not started`.
 */
function foldedAt({ stdout, options }: Output, nodes: readonly NodeResult[]) {
  const isFolded = stdout.isTTY && options.format === 'table' && nodes.length > MOST_ROWS;
  if (!isFolded || options.columns) return { rows: nodes, folded: '' };
  const of = (progress: string) => nodes.filter((node) => progressOf(node) === progress);
  const done = of('done');
  const open = of('open').filter(({ status }) => status !== NOT_STARTED);
  const notStarted = nodes.filter(({ status }) => status === NOT_STARTED).length;
  const took = done.flatMap((node) => tookMs(node) ?? []);
  const text = `✓ ${done.length} completed${took.length > 0 ? `, ${rangeText(took)}` : ''}`;
  return {
    rows: [...of('failed'), ...open],
    folded: [
      done.length > 0 ? sentence(stdout, text) : '',
      notStarted > 0 ? sentence(stdout, `· ${notStarted} not started`) : '',
    ].join(''),
  };
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
  const format = formatOf(output);
  if (format.holds === 'values') {
    const value = { ...(options.format === 'ndjson' && { event: 'result' }), ...document };
    stdout.write(format.object({ value }, formatOptions(output)));
  } else {
    const writer = listWriter(output, columns, { isOfRun: true });
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
