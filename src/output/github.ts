import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { formatDuration } from '../base/durations.js';
import { type Env } from '../base/env.js';
import { isFailedGate, MISSING, NOT_STARTED, type NodeResult, type ResultFields } from '../base/outcome.js';
import { plainText } from '../base/text.js';
import { warningText } from './error.js';
import { runName } from './run-summary.js';
import { gateWord, statusText } from './status.js';
import { type Output } from './streams.js';
import { painter } from './style.js';
import { tookMs } from './time-text.js';

/**
 * In GitHub Actions: an annotation for each node that was rejected, is missing, unconfirmed or timed out, and a table in the
 * summary of the step. Elsewhere nothing. Annotations go to stderr, which the runner reads too, since stdout is data.
 * A summary that cannot be written is a warning, and never a failure of the run.
 */
export async function reportToGitHub(output: Output, env: Env, result: ResultFields): Promise<void> {
  if (env.GITHUB_ACTIONS !== 'true') return;
  output.stderr.write(annotations(result));
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  try {
    await writeFile(file, stepSummary(result), { flag: APPEND_AT_ONCE });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    output.stderr.write(warningText(`the step summary could not be written: ${reason}`, painter(output.stderr.colour)));
  }
}

// A pipe that nobody reads is an error, and not waited for; Windows, which has none in its folders, counts undefined as 0.
const APPEND_AT_ONCE = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK;

/** `::error` lines, as GitHub's workflow commands want them. */
function annotations(result: ResultFields): string {
  return result.nodes
    .flatMap((node) => {
      const trouble = troubleOf(node, result);
      if (trouble === null) return [];
      const title = escapeProperty(`${runName(result)} ${trouble}`);
      return [`::error title=${title}::${escapeMessage(describe(node, trouble))}\n`];
    })
    .join('');
}

function troubleOf({ status, gate, ambiguous }: NodeResult, { outcome }: ResultFields): string | null {
  if (status === 'rejected' || status === MISSING) return status;
  if (isFailedGate(gate)) return `gate ${gateWord(gate)}`;
  if (status === NOT_STARTED) return null;
  // Sight of it was lost, or it may be the entry of another trigger.
  if (outcome === 'unconfirmed' && (status !== 'completed' || ambiguous)) return 'unconfirmed';
  return outcome === 'timed_out' && status !== 'completed' ? 'timed out' : null;
}

function describe(node: NodeResult, trouble: string): string {
  const name = node.node_id === null ? 'an expected node' : `node ${node.node_id}`;
  if (node.activity_id === null) return `${name} ${trouble}: no entry of it in the activity log`;
  return `${name} ${trouble}: activity ${node.activity_id} is ${plainText(node.status ?? 'unknown')}`;
}

function stepSummary(result: ResultFields): string {
  const heading = `### ${markdownText(runName(result))}: ${markdownText(result.outcome.replaceAll('_', ' '))}`;
  const rows = result.nodes.map((node) => {
    const took = tookMs(node);
    const cells = [
      node.node_id === null ? '–' : String(node.node_id),
      node.activity_id === null ? '–' : String(node.activity_id),
      `${sign(node.status)} ${markdownText(statusText(node.status))}${node.ambiguous ? ' (ambiguous)' : ''}`,
      took === null ? '–' : formatDuration(took),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const table = ['| Node | Activity | Status | Took |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const command = result.resume === null ? '' : `\`\`\`sh\n${plainText(result.resume)}\n\`\`\`\n`;
  const resume = command && `\nTo take it up again:\n\n${command}`;
  return `${heading}\n\nDeployment ${result.deployment_id}\n\n${table}\n${resume}\n`;
}

function sign(status: string | null): string {
  if (status === 'completed') return '✅';
  return status === 'rejected' || status === MISSING ? '❌' : '⏳';
}

/** Text from the API, so that it stays text in Markdown and in a cell of a table. */
function markdownText(text: string): string {
  return plainText(text).replace(/[\\`*_{}[\]<>()#+!|~&-]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function escapeMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
