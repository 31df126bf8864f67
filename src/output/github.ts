import { appendFile } from 'node:fs/promises';
import { formatDuration } from '../base/durations.js';
import { NOT_STARTED, type Outcome, type ResultFields } from '../base/outcome.js';
import { type Env, plainText } from '../base/text.js';
import { tookMs } from './columns.js';
import { warningText } from './sentence.js';
import { standingOf, statusText } from './rows.js';
import { runName, troubleOf } from './run-text.js';
import type { Output } from './streams.js';

/**
 * In GitHub Actions: an annotation for each node that was rejected, is missing or had not ended,
 * and a table in the summary of the step. The runner reads annotations from stderr, too; stdout is
 * data.
 */
export async function reportToGitHub(
  { stderr }: Output,
  env: Env,
  result: ResultFields,
): Promise<void> {
  if (env.GITHUB_ACTIONS !== 'true') return;
  stderr.write(annotations(result), 'command');
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  try {
    await appendFile(
      file,
      stepSummary(result, (text) => stderr.masked(text)),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    stderr.write(warningText(stderr, `the step summary could not be written: ${reason}`));
  }
}

/** With these outcomes, a node that is still running gets no annotation. */
const STILL_RUNNING: ReadonlySet<Outcome> = new Set(['accepted', 'dry_run', 'interrupted']);

/** `::error` lines, as GitHub's workflow commands want them. */
function annotations(result: ResultFields): string {
  const title = escapeMessage(runName(result)).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return result.nodes
    .map((node) => {
      const { node_id: id, activity_id: activity, status } = node;
      const trouble = troubleOf(node);
      const isNews = standingOf(node) === 'failed' || !STILL_RUNNING.has(result.outcome);
      if (trouble === null || status === NOT_STARTED || !isNews) return '';
      const which = id === null ? 'an expected node' : `node ${id}`;
      const message = `${which} ${trouble}${activity === null ? '' : ` (activity ${activity})`}`;
      return `::error title=${title}::${escapeMessage(message)}\n`;
    })
    .join('');
}

function escapeMessage(text: string): string {
  return text
    .replaceAll('##[', '## [')
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

/** @param masked takes out keys, which markup would hide from it */
function stepSummary(result: ResultFields, masked: (text: string) => string): string {
  const markdown = (text: string): string => markdownText(masked(text));
  const rows = result.nodes.map((node) => {
    const { status, node_id: id, activity_id: activity, ambiguous } = node;
    const sign = { done: '✅', failed: '❌', open: '⏳' }[standingOf(node)];
    const words = `${sign} ${markdown(statusText(status))}${ambiguous ? ' (ambiguous)' : ''}`;
    const took = tookMs(node);
    return `| ${id ?? '–'} | ${activity ?? '–'} | ${words} | ${took === null ? '–' : formatDuration(took)} |`;
  });
  return [
    `### ${markdown(runName(result))}: ${markdown(result.outcome.replaceAll('_', ' '))}`,
    `\nDeployment ${result.deployment_id}\n`,
    '| Node | Activity | Status | Took |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(result.resume === null
      ? []
      : [`\nTo continue:\n\n\`\`\`sh\n${plainText(masked(result.resume))}\n\`\`\``]),
    '\n',
  ].join('\n');
}

/** Text from the API that Markdown leaves as it is, in a cell of a table, too. */
function markdownText(text: string): string {
  return plainText(text).replace(
    /[\\`*_{}[\]<>()#+!|~&-]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
