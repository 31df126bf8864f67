import type { Job } from '../../activities/job.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import type { ResultFields } from '../../base/outcome.js';
import type { ResultEvent } from '../../base/progress.js';
import { unconfirmed } from '../../library/results.js';
import { notify } from '../../output/desktop.js';
import { reportToGitHub } from '../../output/github.js';
import { printRunResult, type DryRunRequest } from '../../output/run-result.js';
import { endingText } from '../../output/run-summary.js';
import { createPlainRunView } from '../../output/plain-views.js';
import type { ViewTitle } from '../../output/views/headline.js';
import { systemEvery } from '../../output/ticker.js';
import type { Target } from '../../config/target.js';
import type { Printing } from '../context.js';
import { printOptions } from '../flags.js';
import { onSuspend } from '../signals.js';

/** How a job is shown. */
export interface JobDisplay {
  title: ViewTitle;
  /** Whether the terminal rings when it has ended. */
  notify: boolean;
}

/**
 * Shows a job while it goes on, and how it ended.
 * @returns the exit code of its outcome
 * @throws what the job throws before anything was sent
 */
export async function showJob({ host, flags }: Printing, display: JobDisplay, job: Job): Promise<ExitCode> {
  const { output, clock, env } = host;
  const options = printOptions(flags);
  const create = output.stderr.canRedraw ? (await import('../../output/views.js')).createRunView : createPlainRunView;
  const { title } = display;
  const view = create(output, { ...options, quiet: flags.quiet, title, clock, every: systemEvery, onSuspend });
  const begunAt = clock.elapsed();
  let dispatchedAt: number | null = null;
  let last: ResultEvent | null = null;
  try {
    for await (const event of job) {
      if (event.event === 'dispatched') dispatchedAt ??= clock.elapsed();
      if (event.event === 'result') last = event;
      else view.on(event);
      // A gate that writes faster than stderr is read is slowed down.
      if (event.event === 'gate_output') await output.stderr.drained().catch(() => undefined);
    }
  } finally {
    view.stop();
  }
  if (last === null) throw new Error('the job ended without a result');
  const tookMs = clock.elapsed() - (dispatchedAt ?? begunAt);
  const { result, error, exitCode } = last;
  await printRunResult(output, result, {
    ...options,
    quiet: flags.quiet,
    tookMs,
    error: error ? unconfirmed(error) : undefined,
  });
  await reportToGitHub(output, env, result);
  if (display.notify) notify(output.stderr, endingText(result, tookMs));
  return exitCode;
}

/** Shows what would be sent: one request, or the requests of a roll. @returns the exit code */
export async function showDryRun(
  { host, flags }: Printing,
  result: ResultFields,
  wouldSend: { request: DryRunRequest } | { requests: readonly DryRunRequest[] },
): Promise<ExitCode> {
  await printRunResult(host.output, result, { ...printOptions(flags), quiet: flags.quiet, tookMs: 0, ...wouldSend });
  return EXIT_CODES.done.code;
}

/** What the live view is headed with. */
export function titleOf(what: string, { deployment: { id, name } }: Target): ViewTitle {
  return { what, deployment: { id, name } };
}
