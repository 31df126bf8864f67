/*
 * How a roll over several deployments ended: each of them, and all.
 */

import { errorDocument, type LdctlError } from '../base/errors.js';
import { NOT_STARTED, type Outcome, type ResultFacts, type ResultFields } from '../base/outcome.js';
import { count, shortList } from '../base/text.js';
import { nodeText } from './columns.js';
import { placedResultColumns, placedRows } from './rows.js';
import { nodeDocuments, writeResult } from './run-result.js';
import { codeText, isOver, runName, summaryText, type SummaryFacts } from './run-text.js';
import { errorText, nextTexts, sentence } from './sentence.js';
import type { Output, Sink } from './streams.js';

/** How the part of one deployment ended. */
export interface PartEnding {
  path: string | null;
  place: string;
  result: ResultFields | (ResultFacts & { outcome: typeof NOT_STARTED });
  facts: SummaryFacts;
  /** Why it could not start, or was not followed to its end. */
  error: LdctlError | null;
}

/** Says on stderr how one ended; what comes next is said at the end of all. */
export function printPartEnding(output: Output, { place, result, facts, error }: PartEnding) {
  const { stderr } = output;
  if (error) stderr.write(errorText(output, error));
  if (result.outcome === NOT_STARTED) return;
  stderr.write(summaryText(output, result, { ...facts, place }));
}

export interface SeveralEnding {
  outcome: Outcome;
  parts: readonly PartEnding[];
  /** The command that resumes it; null when nothing is left to follow. */
  resume: string | null;
  /** In place of that, the roll over those that were not started. */
  anew: string | null;
}

/** Prints the result of all on stdout, and the summary on stderr. @throws as `printRunResult` */
export async function printSeveral(output: Output, ending: SeveralEnding) {
  const { stdout, stderr, options } = output;
  const rows = placedRows(ending.parts);
  writeResult(output, documentOf(output, ending), rows, placedResultColumns);
  if (ending.outcome !== 'completed' || !options.quiet) stderr.write(summaryOf(output, ending));
  await stdout.drained();
}

function documentOf(output: Output, { outcome, parts, resume }: SeveralEnding) {
  const error = parts.find((part) => part.error)?.error;
  const { runtime, action, idempotency_key } = parts[0]?.result ?? {};
  const idsOf = ({ result: { deployment_id }, path }: PartEnding) => ({
    deployment_id,
    deployment_path: path,
  });
  return {
    ...{ outcome, runtime, action, idempotency_key },
    sent: parts.some(({ result }) => result.sent),
    deployments: parts.map((part) => {
      const { outcome: ended, core_count, sent, replayed } = part.result;
      const why = part.error && { error: errorDocument(part.error) };
      return { ...idsOf(part), outcome: ended, core_count, sent, replayed, ...why };
    }),
    nodes: parts.flatMap((part) =>
      nodeDocuments(output, part.result.nodes, part.facts).map((node) => ({
        ...idsOf(part),
        ...node,
      })),
    ),
    resume,
    ...(error && { error: errorDocument(error) }),
  };
}

/** `✗ restart of iggy: platform/staging/orders completed, platform/production/orders rejected`, and what comes next. */
function summaryOf({ stderr: sink }: Output, { outcome, parts, resume, anew }: SeveralEnding) {
  const [first] = parts;
  const name = first ? runName(first.result) : '';
  const each = parts.map(({ place, result }) => `${place} ${result.outcome.replaceAll('_', ' ')}`);
  const isLate = outcome === 'timed_out' && !parts.some(({ result }) => result.outcome === outcome);
  const all = `${name}${isLate ? ' timed out' : ''}: ${each.join(', ')}`;
  const text =
    outcome === 'completed'
      ? `✓ ${name} completed on ${shareOf(parts)}`
      : `${outcome === 'interrupted' ? 'Stopped:' : '✗'} ${all}`;
  // Where a node cannot pass any more, a look at it comes first.
  const over = parts.find(({ result }) => result.nodes.some(isOver));
  const look = over && `ldctl nodes list ${over.facts.flags ?? ''}`;
  return [
    sentence(sink, text),
    anew === null ? '' : sentence(sink, lookFirst(sink, parts)),
    ...nextTexts(sink, anew === null ? [look ?? [], resume ?? []].flat() : [anew]),
    codeText(sink, outcome),
  ].join('');
}

/** `5 nodes in 2 deployments`, and that nothing was sent now, if so */
function shareOf(parts: readonly PartEnding[]) {
  const nodes = count(parts.flatMap(({ result }) => result.nodes).length, 'node');
  const now = parts.some(({ result }) => result.sent) ? '' : '; nothing was sent now';
  return `${nodes} in ${parts.length} deployments${now}`;
}

function lookFirst(sink: Sink, parts: readonly PartEnding[]) {
  const nodes = parts.flatMap(({ place, result }) => {
    const over = result.nodes.filter(isOver).map(({ node_id: node }) => nodeText(node, sink));
    return over.length === 0 ? [] : `${shortList(over)} of ${place}`;
  });
  return `hint: Look at ${nodes.join(', ')} first. Under this key the order cannot be kept any more; a new roll acts on the rest.`;
}
