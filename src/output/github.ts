import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { NodeNames } from '../base/ids.js';
import { NOT_STARTED, type ResultFacts } from '../base/outcome.js';
import { type Env, plainText } from '../base/text.js';
import { idAndName } from './columns.js';
import { table } from './formats/table.js';
import { formatOptions } from './list.js';
import { resultColumns, progressOf, rowsOf } from './rows.js';
import { runName, troubleOf } from './run-words.js';
import { warningText } from './sentence.js';
import type { Output } from './streams.js';

export type Ended = ResultFacts & { outcome: string };

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
/** A FIFO that no one reads must not hold up a command that has ended. */
const APPENDED = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;

/**
 * For GitHub Actions: an annotation for each node that was rejected, is missing or had not ended,
 * and a table in the summary of the step. The runner reads annotations from stderr, too; stdout is
 * data.
 */
export async function reportToGitHub(output: Output, env: Env, result: Ended, place: string) {
  const { stderr } = output;
  stderr.write(annotations(result, stderr.names, place), 'command');
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  try {
    await writeFile(file, stepSummary(output, result, place), { flag: APPENDED });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    stderr.write(warningText(stderr, `the step summary could not be written: ${reason}`));
  }
}

/** `::error` lines, as GitHub's workflow commands want them. */
function annotations(result: Ended, names: NodeNames, place: string) {
  const name = `${runName(result)} on ${plainText(place)}`;
  const title = escapeMessage(name).replace(/[:,]/g, encodeURIComponent);
  // A node that is still running is reported if it was waited for.
  const isWaitedFor = result.outcome !== 'accepted' && result.outcome !== 'interrupted';
  return result.nodes
    .map((node) => {
      const { node_id: id, activity_id: activity, status } = node;
      const trouble = troubleOf(node);
      const isReported = progressOf(node) === 'failed' || isWaitedFor;
      if (trouble === null || status === NOT_STARTED || !isReported) return '';
      const which = id === null ? 'an expected node' : `node ${idAndName(id, names)}`;
      const message = `${which} ${trouble}${activity === null ? '' : ` (activity ${activity})`}`;
      return `::error title=${title}::${escapeMessage(message)}\n`;
    })
    .join('');
}

function escapeMessage(text: string) {
  return text.replaceAll('##[', '## [').replace(/[%\r\n]/g, encodeURIComponent);
}

/**
 * The result as stdout has it off a terminal, in a block of code, where no text of the API is
 * markup. An API text never starts a line, so it cannot close the block.
 */
function stepSummary(output: Output, result: Ended, place: string) {
  const writer = table.list({ columns: resultColumns, chosen: false }, formatOptions(output));
  // A key is masked before markup hides it.
  const name = markdownText(output.stderr.masked(runName(result)));
  const lines = [
    `### ${name}: ${result.outcome.replaceAll('_', ' ')}`,
    '',
    '```text',
    `On ${plainText(place)}`,
    (writer.items(rowsOf(result)) + writer.end(null)).trimEnd(),
    '```',
    '',
  ];
  if (result.resume !== null) {
    lines.push('To continue:', '', '```sh', plainText(result.resume), '```', '');
  }
  return output.stderr.masked(lines.join('\n'));
}

/** Text that Markdown leaves as it is: no markup, and no link. */
function markdownText(text: string) {
  return text.replace(/[^a-z\d ]/giu, (character) => `&#${character.codePointAt(0)};`);
}
