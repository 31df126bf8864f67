import { errorDocument, type LdctlError } from '../base/errors.js';
import { type ResultFields } from '../base/outcome.js';
import { count } from '../base/text.js';
import { selectColumns } from './columns.js';
import { errorText } from './error.js';
import { loadFormat } from './formats.js';
import { formatOptions, listWriter, type PrintOptions } from './list.js';
import { summaryText } from './run-text.js';
import { nodeColumns, nodeColumnsFor } from './status.js';
import { painter, type Output } from './streams.js';

/** The request that a dry run did not send. */
export interface DryRunRequest {
  method: 'POST';
  url: string;
  /** As it would be on the wire. */
  body: string;
  idempotency_key: string;
}

/** What would be done, for people, and what would be sent. */
export interface DryRun {
  /** The deployment's best name. */
  place: string;
  /** How a roll would go: `1 at a time`, `gate: ./check.sh`. */
  how?: readonly string[];
  request?: DryRunRequest;
  /** Of a roll, which sends one for each node. */
  requests?: readonly DryRunRequest[];
}

export interface RunResultOptions extends PrintOptions {
  /** No summary of a success on stderr. */
  quiet: boolean;
  debug?: boolean;
  /** Why following was given up. Printed here, so that the caller only has to exit. */
  error?: LdctlError;
  /** Flags that name the same deployment in a later command, as a shell takes them. */
  target?: string;
  /** With the outcome `dry_run`. */
  dryRun?: DryRun;
}

/**
 * Checks what the user asked of the result. To be called before anything is sent: exit 2 promises that nothing was.
 * @throws UsageError for unknown `--columns`
 */
export function checkRunResultOptions(options: PrintOptions): void {
  selectColumns(nodeColumns, options.columns);
}

/**
 * Prints how a run ended: the result on stdout in any format, and on stderr the error, if any, what became of the run in
 * a line, and the command that goes on.
 * @throws LdctlError (`fault`) when stdout cannot be written; what belongs on stderr is written all the same
 */
export async function printRunResult(output: Output, result: ResultFields, options: RunResultOptions): Promise<void> {
  const { stdout, stderr } = output;
  const { error, dryRun } = options;
  output.settled = true;
  const format = await loadFormat(options.format);
  if (format.holds === 'values') {
    const { request, requests } = dryRun ?? {};
    const value = {
      ...(format.events && { event: 'result' }),
      ...result,
      ...(request && { request }),
      ...(requests && { requests }),
      ...(error && { error: errorDocument(error) }),
    };
    stdout.write(format.object({ value }, formatOptions(stdout, options)));
  } else if (dryRun && options.format === 'table') {
    stdout.write(dryRunText(result, dryRun, options.debug));
  } else {
    const writer = listWriter(stdout, nodeColumnsFor(result.nodes), options);
    stdout.write(writer.items(result.nodes) + writer.end(result.nodes.length));
  }
  const paint = painter(stderr.colour);
  if (error) stderr.write(errorText(errorDocument(error), paint));
  // Off a terminal they stand in the lines before; at one, only here.
  const reference = stderr.isTTY && !options.debug;
  if (!dryRun) stderr.write(summaryText(result, { ...options, reference }, paint));
  await stdout.drained();
}

/** `Would restart iggy on 3 nodes of sandbox, 1 at a time, gate: ./check.sh`, the nodes; with --debug also the first request. */
function dryRunText(result: ResultFields, { place, how = [], request, requests = [] }: DryRun, debug = false): string {
  const { nodes, action, runtime } = result;
  const [verb = '', config] = (action ?? 'act').split(':');
  const what = `${verb} ${runtime ?? ''}${config === undefined ? '' : ` to ${config}`}`;
  const where = nodes.length === 0 ? 'every node' : count(nodes.length, 'node');
  const first = request ?? requests[0];
  return [
    [`Would ${what} on ${where} of ${place}`, ...how].join(', '),
    ...nodes.map(({ node_id: id }) => `  ${id ?? 'an expected node'}`),
    ...(first && debug ? [`${request ? 'Request' : 'First request'}: ${first.method} ${first.url} ${first.body}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
