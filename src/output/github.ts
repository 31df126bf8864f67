import { appendFile } from 'node:fs/promises';
import { formatDuration } from '../base/durations.js';
import type { NodeNames } from '../base/ids.js';
import { NOT_STARTED, type Outcome, type ResultFields } from '../base/outcome.js';
import { type Env, plainText } from '../base/text.js';
import { idAndName, tookMs } from './columns.js';
import { warningText } from './sentence.js';
import { lookOf, progressOf } from './rows.js';
import { runName, troubleOf } from './run-text.js';
import type { Output, Sink } from './streams.js';

/**
 * In GitHub Actions: an annotation for each node that was rejected, is missing or had not ended,
 * and a table in the summary of the step. The runner reads annotations from stderr, too; stdout is
 * data.
 */
export async function reportToGitHub(
  { stderr }: Output,
  env: Env,
  result: ResultFields,
  place: string,
) {
  if (env.GITHUB_ACTIONS !== 'true') return;
  stderr.write(annotations(result, stderr.names), 'command');
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  try {
    await appendFile(file, stepSummary(result, place, stderr));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    stderr.write(warningText(stderr, `the step summary could not be written: ${reason}`));
  }
}

/** With these outcomes, a node that is still running gets no annotation. */
const STILL_RUNNING: ReadonlySet<Outcome> = new Set(['accepted', 'dry_run', 'interrupted']);

/** `::error` lines, as GitHub's workflow commands want them. */
function annotations(result: ResultFields, names: NodeNames) {
  const title = escapeMessage(runName(result)).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return result.nodes
    .map((node) => {
      const { node_id: id, activity_id: activity, status } = node;
      const trouble = troubleOf(node);
      const isNews = progressOf(node) === 'failed' || !STILL_RUNNING.has(result.outcome);
      if (trouble === null || status === NOT_STARTED || !isNews) return '';
      const which = id === null ? 'an expected node' : `node ${idAndName(id, names)}`;
      const message = `${which} ${trouble}${activity === null ? '' : ` (activity ${activity})`}`;
      return `::error title=${title}::${escapeMessage(message)}\n`;
    })
    .join('');
}

function escapeMessage(text: string) {
  return text
    .replaceAll('##[', '## [')
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

/** Keys are masked before markup hides them. */
function stepSummary(result: ResultFields, place: string, sink: Sink) {
  const markdown = (text: string) => markdownText(sink.masked(text));
  const rows = result.nodes.map((node) => {
    const { status, node_id: id, activity_id: activity, ambiguous } = node;
    const sign = { done: '✅', failed: '❌', open: '⏳' }[progressOf(node)];
    const words = `${sign} ${markdown(lookOf(status).text)}${ambiguous ? ' (ambiguous)' : ''}`;
    const took = tookMs(node);
    const which = id === null ? '–' : idAndName(id, sink.names);
    return `| ${which} | ${activity ?? '–'} | ${words} | ${took === null ? '–' : formatDuration(took)} |`;
  });
  return [
    `### ${markdown(runName(result))}: ${markdown(result.outcome.replaceAll('_', ' '))}`,
    `\nOn ${markdown(place)}\n`,
    '| Node | Activity | Status | Took |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(result.resume === null
      ? []
      : [`\nTo continue:\n\n\`\`\`sh\n${plainText(sink.masked(result.resume))}\n\`\`\``]),
    '\n',
  ].join('\n');
}

/** Text from the API that Markdown leaves as it is, in a cell of a table, too. */
function markdownText(text: string) {
  return plainText(text).replace(
    /[\\`*_{}[\]<>()#+!|~&-]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
