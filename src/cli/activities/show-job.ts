import type { Job } from '../../activities/job.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import type { ResultFields } from '../../base/outcome.js';
import type { ResultEvent } from '../../base/progress.js';
import { unconfirmed } from '../../library/results.js';
import { reportToGitHub } from '../../output/github.js';
import { printRunResult, type DryRun } from '../../output/run-result.js';
import { placeOf, type RunTitle } from '../../output/run-text.js';
import { createRunView, systemEvery } from '../../output/views.js';
import type { Target } from '../../config/target.js';
import { commandLine } from '../../system/shell.js';
import type { CommandContext, Printing } from '../context.js';
import { printOptions } from '../flags.js';
import { onSuspend } from '../signals.js';

/** How a job is shown. */
export interface JobDisplay {
  title: RunTitle;
  /** The flags of a later command that is to act on the same deployment, as a shell takes them. */
  target: string;
}

/**
 * Shows a job while it goes on, and how it ended.
 * @returns the exit code of its outcome
 * @throws what the job throws before anything was sent
 */
export async function showJob({ host, flags }: Printing, { title, target }: JobDisplay, job: Job): Promise<ExitCode> {
  const { output, clock, env } = host;
  const { quiet, debug } = flags;
  const options = { ...printOptions(flags), quiet, debug };
  const view = await createRunView(output, { ...options, title, clock, every: systemEvery, onSuspend });
  let last: ResultEvent | null = null;
  try {
    for await (const event of job) {
      if (event.event === 'result') last = event;
      else view.on(event);
      // A gate that writes faster than stderr is read is slowed down.
      if (event.event === 'gate_output') await output.stderr.drained().catch(() => undefined);
    }
  } finally {
    view.stop();
  }
  if (last === null) throw new Error('the job ended without a result');
  const { result, error, exitCode } = last;
  await printRunResult(output, result, { ...options, target, error: error ? unconfirmed(error) : undefined });
  await reportToGitHub(output, env, result);
  return exitCode;
}

/** Shows what would be done. @returns the exit code */
export async function showDryRun({ host, flags }: Printing, result: ResultFields, dryRun: DryRun): Promise<ExitCode> {
  await printRunResult(host.output, result, { ...printOptions(flags), quiet: flags.quiet, debug: flags.debug, dryRun });
  return EXIT_CODES.done.code;
}

/** @param doing `Restarting iggy` @param nodes those that are named */
export function displayOf(
  context: CommandContext,
  doing: string,
  target: Target,
  nodes: readonly unknown[] | null,
): JobDisplay {
  const { target: flags, shell } = context.later(target);
  return {
    title: { doing, place: placeOf(target.deployment), nodes: nodes?.length ?? null },
    target: commandLine(flags, shell),
  };
}
