import { type LdctlError, errorDocument, type ErrorDocument } from '../base/errors.js';
import { type NodeResult, type ResultFields } from '../base/outcome.js';
import { selectColumns } from './columns.js';
import { errorText } from './error.js';
import { loadFormat } from './formats.js';
import { table } from './formats/table.js';
import { formatOptions, listWriter, type PrintOptions } from './list.js';
import { nodeColumns, nodeColumnsFor } from './node-columns.js';
import { summaryText } from './run-summary.js';
import { painter } from './style.js';
import { type Output } from './streams.js';

/** The request that a dry run did not send. */
export interface DryRunRequest {
  method: 'POST';
  url: string;
  /** As it would be on the wire. */
  body: string;
  idempotency_key: string;
}

export interface RunResultOptions extends PrintOptions {
  /** No summary of a success on stderr. */
  quiet: boolean;
  /** From the dispatch to the end, in milliseconds. */
  tookMs: number;
  /** Why following was given up. Printed here, so that the caller only has to exit. */
  error?: LdctlError;
  /** With the outcome `dry_run`: what would have been sent. */
  request?: DryRunRequest;
  /** The same of a roll, which sends one for each node. */
  requests?: readonly DryRunRequest[];
}

/**
 * Checks what the user asked of the result. To be called before anything is sent: exit 2 promises that nothing was.
 * @throws UsageError for unknown `--columns`
 */
export function checkRunResultOptions(options: PrintOptions): void {
  selectColumns(nodeColumns, options.columns);
}

/**
 * Prints how a run ended (design, "Output shapes"): the result on stdout in any format, and on stderr the error, if
 * any, a summary in a line, and the command that takes the run up again.
 * @throws LdctlError (`fault`) when stdout cannot be written; what belongs on stderr is written all the same
 */
export async function printRunResult(output: Output, result: ResultFields, options: RunResultOptions): Promise<void> {
  output.settled = true;
  const format = await loadFormat(options.format);
  if (format.holds === 'values') {
    const document = runDocument(result, options);
    const value = format.events ? { event: 'result', ...document } : document;
    output.stdout.write(format.object(value, formatOptions(output.stdout, options)));
  } else {
    const blocks = [requestText(output, options), nodeRows(output, result, options)];
    output.stdout.write(blocks.filter((block) => block !== '').join('\n'));
  }
  const paint = painter(output.stderr.colour);
  if (options.error) output.stderr.write(errorText(errorDocument(options.error), paint));
  output.stderr.write(summaryText(result, options, paint));
  await output.stdout.drained();
}

/** The document of `trigger` and `wait`, its keys in order (design, "Output shapes"). */
interface RunDocument extends ResultFields {
  request?: DryRunRequest;
  requests?: readonly DryRunRequest[];
  error?: ErrorDocument;
}

function runDocument(result: ResultFields, { request, requests, error }: RunResultOptions): RunDocument {
  return {
    outcome: result.outcome,
    runtime: result.runtime,
    action: result.action,
    deployment_id: result.deployment_id,
    idempotency_key: result.idempotency_key,
    targets: result.targets,
    replayed: result.replayed,
    recovered: result.recovered,
    request_id: result.request_id,
    nodes: result.nodes.map(nodeDocument),
    resume: result.resume,
    ...(request && { request }),
    ...(requests && { requests }),
    ...(error && { error: errorDocument(error) }),
  };
}

function nodeDocument(node: NodeResult): NodeResult {
  return {
    node_id: node.node_id,
    activity_id: node.activity_id,
    status: node.status,
    created_at: node.created_at,
    finished_at: node.finished_at,
    ambiguous: node.ambiguous,
    ...(node.started_at !== undefined && { started_at: node.started_at, gate: node.gate ?? null }),
  };
}

function nodeRows(output: Output, { nodes }: ResultFields, options: PrintOptions): string {
  const writer = listWriter(output.stdout, { noun: 'nodes', columns: nodeColumnsFor(nodes) }, options);
  return writer.items(nodes) + writer.end(nodes.length);
}

/** What a dry run would have sent, above the table of its nodes. The requests of a roll differ only by their node. */
function requestText(output: Output, options: RunResultOptions): string {
  const { request, requests = [], format } = options;
  const first = request ?? requests[0];
  if (!first || format !== 'table') return '';
  const which = request ? '' : 'first ';
  const fields = [
    { name: 'method', value: first.method },
    { name: 'url', value: first.url },
    ...(request ? [] : [{ name: 'requests', value: `${requests.length}, one for each node` }]),
    { name: `${which}idempotency_key`, value: first.idempotency_key },
    { name: `${which}body`, value: first.body },
  ];
  return table.object(fields, formatOptions(output.stdout, options));
}
