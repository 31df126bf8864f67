import * as Flags from '@oclif/core/flags';
import { ApiError, UsageError } from '../../base/errors.js';
import { parseDuration } from '../../base/durations.js';
import type { ExitCode } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import type { ResultFields } from '../../base/outcome.js';
import type { JobEvent, ResultEvent } from '../../base/progress.js';
import { parseAction, parseRuntime, formatAction } from '../../base/activity.js';
import { describeTrigger } from '../../api/supervisor-api.js';
import type { CommandContext } from '../../cli/context.js';
import { printOptions, type FlagsOf, type OutputFlags } from '../../cli/flags.js';
import type { Host } from '../../cli/host.js';
import { onSuspend } from '../../cli/signals.js';
import { keepNodes, openRollJournal, openRunJournal } from '../../config/journal.js';
import { resumeFlags, type Target } from '../../config/target.js';
import { wireKey } from '../../job/wire-key.js';
import { expectedTenant, unconfirmed, type Connection } from '../../library/jobs.js';
import { reportToGitHub } from '../../output/github.js';
import { checkRunResultOptions, printRunResult } from '../../output/run-result.js';
import { doingText } from '../../output/run-text.js';
import { createRunView, systemEvery } from '../../output/views.js';
import { nodesOfLog } from './count.shared.js';
import { readNodes, targetFlags } from './nodes.shared.js';
import { shownPlace } from './shared.js';

/** How long to follow. */
export const followFlags = {
  timeout: Flags.string({
    helpGroup: 'FOLLOWING',
    helpValue: 'D',
    summary: 'Give up after this; 0: never. [default: 10m; a roll: never]',
  }),
  'appear-timeout': Flags.string({
    default: '30s',
    helpGroup: 'FOLLOWING',
    helpValue: 'D',
    summary: 'Until an entry shows up in the log.',
  }),
};

/** What trigger and roll share. */
export const actingFlags = {
  ...targetFlags,
  yes: Flags.boolean({ char: 'y', helpGroup: 'CONSENT', summary: 'Act on every node.' }),
  confirm: Flags.string({
    helpGroup: 'CONSENT',
    helpValue: 'NAME',
    summary: 'Act if the deployment has this name, path or id.',
  }),
  'dry-run': Flags.boolean({ helpGroup: 'CONSENT', summary: 'Show what would be done; sends nothing.' }),
  ...followFlags,
  'if-busy': Flags.option({ options: ['ignore', 'wait', 'fail'] as const })({
    default: 'ignore',
    helpGroup: 'FOLLOWING',
    summary: 'Where a target is busy already.',
  }),
  'idempotency-key': Flags.string({
    helpGroup: 'SCRIPTS',
    helpValue: 'KEY',
    summary: 'A later run with this key follows the first one.',
  }),
};
export type ActingFlags = FlagsOf<typeof actingFlags>;

/** @returns milliseconds; null for `0`, which sets no limit @throws UsageError */
export function parseTimeout(text: string, flag: string): number | null {
  return parseDuration(text, flag) || null;
}

/** What is asked of the nodes, before it is known where. @throws UsageError; the signal's reason while stdin is read */
export async function parseActing(
  host: Host,
  args: { runtime: string; action: string },
  flags: ActingFlags & OutputFlags,
  signal: AbortSignal,
) {
  checkRunResultOptions(printOptions(flags));
  const nodes = await readNodes(host, flags, signal);
  if (nodes && flags['expect-nodes'] !== undefined) {
    throw new UsageError('--expect-nodes does not go with --node: the nodes that are named are the ones expected');
  }
  return {
    runtime: parseRuntime(args.runtime),
    action: parseAction(args.action, flags.config),
    ifBusy: flags['if-busy'],
    appearTimeoutMs: parseDuration(flags['appear-timeout'], '--appear-timeout'),
    nodes,
  };
}

/** What jobs on the target are done with. */
export function connectionOf(context: CommandContext, target: Target): Connection {
  const { folder, host, settings } = context;
  return {
    deploymentId: target.deployment.id,
    supervisor: context.supervisor(target),
    tenant: expectedTenant(settings),
    clock: host.clock,
    journal: openRunJournal(folder, host.clock),
    rolls: openRollJournal(folder, host.clock),
    newKey: () => host.newIdempotencyKey(),
    keepNodes: (nodes) => keepNodes(folder, nodes),
    flags: resumeFlags(settings, target),
  };
}

/** What is done, and to how many nodes that are named; for a wait, what is followed. */
export interface Shown {
  doing: string;
  nodes: readonly Id[] | null;
}

/**
 * Shows a job while it goes on, and how it ended.
 * @returns the exit code of its outcome @throws what the job throws before anything was sent
 */
export async function showJob(
  context: CommandContext,
  target: Target,
  { doing, nodes }: Shown,
  run: (emit: (event: JobEvent) => Promise<void>) => Promise<ResultEvent>,
): Promise<ExitCode> {
  const { host, flags, settings } = context;
  const { output, clock, env } = host;
  if (settings.winning !== null) context.say(settings.winning);
  const options = { ...printOptions(flags), quiet: flags.quiet, debug: flags.debug };
  const title = { doing, place: await shownPlace(context, target), nodes: nodes?.length ?? null };
  const view = await createRunView(output, { ...options, title, clock, every: systemEvery, onSuspend });
  let end: ResultEvent;
  try {
    end = await run(async (event) => {
      if (event.event === 'result') return;
      view.on(event);
      // A gate that writes faster than stderr is read is slowed down.
      if (event.event === 'gate_output') await output.stderr.drained().catch(() => undefined);
    });
  } catch (error) {
    const { id, name } = target.deployment;
    const called = name ?? title.place.replace(/^(.*\/|deployment )/, '');
    if (error instanceof ApiError) error.message = error.message.replace(`deployment ${id} `, `deployment ${called} `);
    throw error;
  } finally {
    view.stop();
  }
  const { result, error, exitCode } = end;
  const flagsText = resumeFlags(settings, target).join(' ');
  await printRunResult(output, result, {
    ...options,
    target: flagsText,
    error: error ? unconfirmed(error) : undefined,
  });
  await reportToGitHub(output, env, result);
  return exitCode;
}

/** Shows what would be done to these nodes, and warns of those that the log does not name. @returns exit code 0 */
export async function showDryRun(
  context: CommandContext,
  target: Target,
  request: Awaited<ReturnType<typeof parseActing>> & { key: string; expectNodes: number | null },
  roll: { how: readonly string[] } | null,
): Promise<ExitCode> {
  const { host, flags } = context;
  const { runtime, action, nodes: named, key, expectNodes } = request;
  const { id: deploymentId } = target.deployment;
  const known = await nodesOfLog(context, target);
  const nodes = named ?? known;
  for (const node of named?.filter((one) => !known.includes(one)) ?? []) {
    context.warn(`the log does not name node ${node}: check its id with \`ldctl nodes list\``);
  }
  const describe = (some: readonly Id[] | null) => {
    const identity = { deploymentId, runtime, action, nodes: some };
    return describeTrigger(target.supervisorUrl.value, { ...identity, wireKey: wireKey(key, identity) });
  };
  const result: ResultFields = {
    outcome: 'dry_run',
    runtime,
    action: formatAction(action),
    deployment_id: deploymentId,
    idempotency_key: key,
    targets: named || roll ? 'named' : expectNodes === null ? 'observed' : 'expected',
    replayed: null,
    recovered: null,
    request_id: null,
    nodes: nodes.map((node_id) => ({
      ...{ node_id, activity_id: null, status: 'not_started', created_at: null, finished_at: null, ambiguous: false },
    })),
    resume: null,
  };
  const place = await shownPlace(context, target);
  const requests = roll ? nodes.map((node) => describe([node])) : [describe(named)];
  const dryRun = { place, how: roll?.how ?? null, requests };
  await printRunResult(host.output, result, { ...printOptions(flags), quiet: flags.quiet, debug: flags.debug, dryRun });
  return 0;
}

export function doing({ action, runtime }: { action: Parameters<typeof formatAction>[0]; runtime: string }): string {
  return doingText(formatAction(action), runtime);
}
