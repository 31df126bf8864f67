import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { formatDuration } from '../base/durations.js';
import { type Env, plainText } from '../base/text.js';
import {
  isFailedGate,
  MISSING,
  NOT_STARTED,
  type NodeResult,
  type Outcome,
  type ResultFields,
} from '../base/outcome.js';
import { tookMs } from './columns.js';
import { warningText } from './error.js';
import { runName } from './run-text.js';
import { gateWord, statusText } from './status.js';
import { painter, type Output } from './streams.js';

/**
 * In GitHub Actions: an annotation for each node that was rejected, is missing or had not ended, and a table in the
 * summary of the step. Elsewhere nothing. Annotations go to stderr, which the runner reads too, since stdout is data.
 * A summary that cannot be written is a warning, and never a failure of the run.
 */
export async function reportToGitHub(output: Output, env: Env, result: ResultFields): Promise<void> {
  if (env.GITHUB_ACTIONS !== 'true') return;
  output.stderr.write(annotations(result), 'command');
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
  const title = escapeProperty(runName(result));
  return result.nodes
    .flatMap((node) => {
      const trouble = troubleOf(node, result);
      return trouble === null ? [] : [`::error title=${title}::${escapeMessage(trouble)}\n`];
    })
    .join('');
}

function troubleOf(
  { node_id: id, activity_id: activity, status, gate }: NodeResult,
  { outcome }: ResultFields,
): string | null {
  const node = id === null ? 'an expected node' : `node ${id}`;
  if (status === 'rejected') return `${node} rejected it: activity ${activity ?? 'unknown'}`;
  if (status === MISSING) return `${node} is missing: the activity log has no entry of it`;
  if (isFailedGate(gate)) return `the gate after ${node} ${gateWord(gate)}`;
  if (status === 'completed' || status === NOT_STARTED || NOT_OVER.has(outcome)) return null;
  if (status === null) return `${node} was not seen yet`;
  return `${node} had not ended: activity ${activity ?? 'unknown'} is ${plainText(status)}`;
}

/** With these, that a node goes on is no news. */
const NOT_OVER: ReadonlySet<Outcome> = new Set(['accepted', 'dry_run', 'interrupted']);

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
  const resume = command && `\nTo go on:\n\n${command}`;
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
  return text.replaceAll('##[', '## [').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
