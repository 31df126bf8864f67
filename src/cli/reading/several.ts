/*
 * What the lists of several deployments share: each is read beside the others, and one that cannot
 * be read hides none of them.
 */

import type { Activity } from '../../base/activity.js';
import { errorDocument, LdctlError, usageError, withHint } from '../../base/errors.js';
import type { OpenDeployment } from '../../app/open.js';
import { deploymentText } from '../../config/structure.js';
import { standsTwice, type TargetFlags } from '../../config/targets.js';
import { refuseForeign } from '../../log/foreign.js';
import { listNewest, type ActivityFilter, type Listing } from '../../log/list.js';
import { printList, type ListSpec } from '../../output/list.js';
import { errorText } from '../../output/sentence.js';
import type { Output, PrintOptions } from '../../output/streams.js';
import type { CommandContext, Target } from '../context.js';
import { filterOf } from './filters.js';

/** One of several deployments. */
export interface Source {
  readonly target: Target;
  /** Null where it could not be opened. */
  deployment: OpenDeployment | null;
  /** Its path, or what else it is called. */
  name: string;
  /** How many entries its log has, once some were read. */
  total: number | null;
  /** Why it cannot be read. */
  error: LdctlError | null;
}

/**
 * Opens all deployments that are named, in their order.
 * @returns each of them as a source, and those that could be opened
 * @throws UsageError where two of them are one, unless every profile was asked for; as `filterOf`
 */
export async function openEach(
  context: CommandContext,
  flags: TargetFlags & Parameters<typeof filterOf>[1],
) {
  const { targets } = context;
  // A program that gives the key may ask for a passphrase: one at a time.
  for (const { account } of targets) await account.key().catch(() => undefined);
  const opened = await Promise.all(targets.map((target) => openOne(context, target)));
  const sources = opened.filter(({ deployment, name }, at) => {
    const first = opened.findIndex(
      (one) => one.deployment?.deploymentId === deployment?.deploymentId,
    );
    if (deployment === null || first === at) return true;
    if (flags['all-profiles']) return false;
    throw standsTwice(name);
  });
  const deployments = sources.flatMap(({ deployment }) => deployment ?? []);
  const filter = await filterOf(context, flags, targets.length > 1 ? deployments : undefined);
  return { sources, deployments, filter };
}

async function openOne(context: CommandContext, target: Target) {
  const { account, deployment } = target.settings;
  const { named } = deployment;
  const name = named ? deploymentText(named.value) : `profile ${account.profile?.name}`;
  const source: Source = { target, deployment: null, name, total: null, error: null };
  await reopen(context, source).catch((error: unknown) => keepFailure(context, source, error));
  return source;
}

/** @throws as `openDeployment` */
export async function reopen(context: CommandContext, source: Source) {
  const deployment = await source.target.open();
  source.name = await deployment.place();
  if (context.targets.length > 1) {
    const { places, profiles } = context.host.output;
    places.set(deployment.deploymentId, source.name);
    const { profile } = source.target.settings.account;
    if (context.areProfiles && profile) profiles.set(deployment.deploymentId, profile.name);
  }
  return (source.deployment = deployment);
}

/** @throws what ends the command: an interrupt, a reader that went away, a bug */
function keepFailure({ signal, host }: CommandContext, source: Source, error: unknown) {
  signal.throwIfAborted();
  host.output.stdout.gone.throwIfAborted();
  if (!(error instanceof LdctlError)) throw error;
  source.error = error;
}

/** The entries of one that a list is made of. */
export async function* listSource(
  context: CommandContext,
  source: Source,
  plan: { filter: ActivityFilter; limit: number },
): Listing {
  const { deployment } = source;
  if (!deployment) return;
  try {
    for await (const { entries, total } of listNewest(deployment.log, plan, context.reading)) {
      source.total = total;
      yield { entries: placed(deployment, entries), total };
    }
  } catch (error) {
    keepFailure(context, source, error);
  }
}

/** @throws LdctlError for the log of another deployment, or of another tenant's */
export function placed(deployment: OpenDeployment, entries: readonly Activity[]): Activity[] {
  const { deploymentId, ref, profile } = deployment;
  refuseForeign(entries, deployment);
  // They stand first, and an entry's own do not count.
  const own = { deployment_path: ref.path, profile };
  return entries.map((entry) => ({ ...own, ...entry, ...own, deployment_id: deploymentId }));
}

/**
 * Prints what was read of them, and which could not be read.
 * @returns the lowest exit code of those @throws LdctlError where none could be read
 */
export async function printEach<T>(
  output: Output,
  sources: readonly Source[],
  parts: Parameters<typeof printList<T>>[1],
  spec: ListSpec<T>,
) {
  const errors = () => {
    const failed = sources.filter(({ error }) => error);
    const isNone = sources.every(({ error, total }) => error && total === null);
    if (isNone) throw sayNoneRead(output, sources);
    return failed.length > 0 ? failed.map(failureDocument) : undefined;
  };
  await printList(output, parts, { ...spec, errors });
  return sayFailures(output, failuresOf(sources));
}

/** @returns the exit code of the first, which is the lowest; 0 where there is none */
export function sayFailures(output: Output, failures: readonly LdctlError[]) {
  for (const error of failures) output.stderr.write(errorText(output, error));
  return failures[0]?.exitCode ?? 0;
}

/** Says why none can be read. @returns the error that is left to say: that of the lowest exit code */
export function sayNoneRead(output: Output, sources: readonly Source[]): Error {
  const [worst, ...others] = failuresOf(sources);
  sayFailures(output, others);
  return worst ?? new Error('none has failed');
}

/** Why some cannot be read, the lowest exit code first. */
export const failuresOf = (sources: readonly Source[]) =>
  sources
    .flatMap(({ error, name }) => {
      if (!error) return [];
      return sources.length > 1
        ? withHint(error, error.hint, `${name} cannot be read: ${error.message}`)
        : error;
    })
    .sort((a, b) => a.exitCode - b.exitCode);

function failureDocument({ target, deployment, error }: Source) {
  const {
    account: { profile },
    deployment: { named },
  } = target.settings;
  const { id = null, path = null } = deployment?.ref ?? named?.value ?? {};
  return {
    deployment_id: id,
    deployment_path: path,
    profile: profile?.name ?? null,
    ...errorDocument(error),
  };
}

/** `--timeout` ends what would not end by itself. */
const TIME_OVER = new LdctlError('done', 'time_over', 'the time is up');

/**
 * Does something with all of them at once, until it is stopped.
 * @param onFailure gets each one that cannot be read, and says whether to try it again
 * @throws the reason of the stop; LdctlError once none can be read
 */
export async function untilStopped<S extends Source>(
  context: CommandContext,
  sources: readonly S[],
  work: (source: S, signal: AbortSignal) => Promise<void>,
  onFailure: (source: S, error: LdctlError, signal: AbortSignal) => Promise<boolean>,
  timeoutMs?: number,
): Promise<never> {
  const { clock } = context.host;
  const over = new AbortController();
  const release =
    timeoutMs === undefined ? null : clock.limit(timeoutMs, () => over.abort(TIME_OVER));
  const signal = AbortSignal.any([context.reading.signal, over.signal]);
  const workOn = async (source: S) => {
    let isOpen = source.deployment !== null;
    for (;;) {
      if (isOpen) {
        await work(source, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          keepFailure(context, source, error);
        });
      }
      isOpen = true;
      if (!source.error || !(await onFailure(source, source.error, signal))) return;
    }
  };
  try {
    await Promise.all(sources.map(workOn));
    throw failuresOf(sources)[0] ?? new Error('it ended by itself');
  } finally {
    release?.();
    over.abort(new Error('it is over'));
  }
}

/** The document would never be closed. @throws UsageError */
export function refuseDocument(flag: string, { format }: PrintOptions) {
  if (format !== 'json' && format !== 'yaml') return;
  const what = `${flag} prints until it is stopped, so it cannot print ${format}`;
  throw usageError('usage', what, 'Use -o ndjson: one event per line.');
}
