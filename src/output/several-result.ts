/*
 * How a roll over several deployments ended: each of them, and all.
 */

import { errorDocument, type LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import {
  NOT_STARTED,
  UNCONFIRMED,
  type NodeResult,
  type Outcome,
  type ResultFields,
} from '../base/outcome.js';
import { shortList } from '../base/text.js';
import { nodeText } from './columns.js';
import { placedNodeColumns, placedRows } from './rows.js';
import { nodeDocuments, writeResult } from './run-result.js';
import { codeText, runName, summaryText, type SummaryFacts } from './run-text.js';
import { errorText, nextText, sentence } from './sentence.js';
import type { Output } from './streams.js';

/** How the part of one deployment ended. */
export interface PartEnding {
  deploymentId: Id;
  path: string | null;
  place: string;
  outcome: Outcome | typeof NOT_STARTED;
  result: Omit<ResultFields, 'outcome'>;
  facts: SummaryFacts;
  /** Why it could not start, or was not followed to its end. */
  error: LdctlError | null;
}

/** Says on stderr how one ended; what comes next is said at the end of all. */
export function printPartEnding(
  output: Output,
  { place, outcome, result, facts, error }: PartEnding,
) {
  const { stderr } = output;
  if (error) stderr.write(errorText(output, error));
  if (outcome === NOT_STARTED) return;
  stderr.write(summaryText(output, { ...result, outcome }, { ...facts, place }));
}

export interface SeveralEnding {
  outcome: Outcome;
  key: string;
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
  writeResult(output, documentOf(output, ending), rows, placedNodeColumns);
  if (ending.outcome !== 'completed' || !options.quiet) stderr.write(summaryOf(output, ending));
  await stdout.drained();
}

function documentOf(output: Output, { outcome, key, parts, resume }: SeveralEnding) {
  const results = parts.map(({ result }) => result);
  const [first] = results;
  const error = parts.find((part) => part.error)?.error;
  const known = parts.map(({ deploymentId, path, ...part }) => {
    const own = { deployment_id: deploymentId, deployment_path: path };
    return { ...part, own };
  });
  return {
    outcome,
    runtime: first?.runtime ?? null,
    action: first?.action ?? null,
    idempotency_key: key,
    sent: results.some(({ sent }) => sent),
    deployments: known.map(({ own, outcome: ended, result, error: why }) => ({
      ...own,
      outcome: ended,
      core_count: result.core_count,
      sent: result.sent,
      replayed: result.replayed,
      ...(why && { error: errorDocument(why) }),
    })),
    nodes: known.flatMap(({ own, result, facts }) =>
      nodeDocuments(output, result.nodes, facts).map((node) => ({ ...own, ...node })),
    ),
    resume,
    ...(error && { error: errorDocument(error) }),
  };
}

/** `✗ restart of iggy: platform/staging/orders completed, platform/production/orders rejected`, and what comes next. */
function summaryOf(output: Output, { outcome, parts, resume, anew }: SeveralEnding) {
  const { stderr: sink } = output;
  const [first] = parts;
  const name = first ? runName(first.result) : '';
  const each = parts.map((part) => `${part.place} ${part.outcome.replaceAll('_', ' ')}`);
  const isLate = outcome === 'timed_out' && !parts.some((part) => part.outcome === outcome);
  const all = `${name}${isLate ? ' timed out' : ''}: ${each.join(', ')}`;
  const text =
    outcome === 'completed'
      ? `✓ ${name} completed on ${parts.length === 2 ? 'both' : `all ${parts.length}`} deployments`
      : `${outcome === 'interrupted' ? 'Stopped:' : '✗'} ${all}`;
  const style = outcome === 'completed' ? 'ok' : outcome === 'interrupted' ? undefined : 'bad';
  const command = anew ?? resume;
  return [
    sentence(sink, text, style),
    ...(anew === null ? [] : [sentence(sink, lookFirst(output, parts), 'bold')]),
    command === null ? '' : nextText(sink, command),
    codeText(sink, outcome),
  ].join('');
}

/** It cannot be sent again under this key, so the deployment cannot pass any more. */
export const isOver = ({ status }: NodeResult) => status === 'rejected' || status === UNCONFIRMED;

function lookFirst({ stderr }: Output, parts: readonly PartEnding[]) {
  const nodes = parts.flatMap(({ place, result }) => {
    const over = result.nodes.filter(isOver).map(({ node_id: node }) => nodeText(node, stderr));
    return over.length === 0 ? [] : `${shortList(over)} of ${place}`;
  });
  return `hint: Look at ${nodes.join(', ')} first. Under this key the order cannot be kept any more; a new roll acts on the rest.`;
}
