/*
 * An order from a command: prepared, shown in place of being done, or agreed to.
 */

import { isRepeated, planOf, prepare, type Draft, type How, type Order } from '../../app/order.js';
import type { OpenDeployment } from '../../app/open.js';
import { optional } from '../../base/clock.js';
import { Interrupted, LdctlError, OUTPUT_FAILED, withHint } from '../../base/errors.js';
import type { ExitName } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import { shellWord } from '../../base/text.js';
import { isGranted } from '../../config/grants.js';
import { cannotAct } from '../../config/refusals.js';
import { printDryRun } from '../../output/dry-run.js';
import { nextText } from '../../output/sentence.js';
import { ConnectedCommand } from '../base-command.js';
import type { CommandContext } from '../context.js';
import { Declined } from '../asking/prompts.js';
import { ask, checkConfirm, isToBeAsked, viewOf } from './consent.js';
import { chosenCommand, commandOf, isWithoutConfig, type Typed } from './draft.js';
import { openForJob } from './job.js';
import {
  busyText,
  checkedLater,
  onIdsText,
  paceText,
  dryRunText,
  stoppedNodes,
  unlistedTexts,
  warningsOf,
  whereText,
} from './sentences.js';

/** The exits of the table that say that nothing was sent, and are not about the command itself. */
const SENT_NOTHING: readonly ExitName[] = ['denied', 'refused', 'unreachable'];

/**
 * A command that acts on nodes: what stops it says that nothing was sent, as its exit code does; of
 * one that may continue another, that nothing was sent now.
 */
export abstract class ActingCommand extends ConnectedCommand {
  /** Who is asked for what is missing: also for the config, where there is someone. */
  protected askerOf(args: Record<'runtime' | 'action', string>) {
    return this.asker(args) ?? (isWithoutConfig(args.action) ? this.prompts() : null);
  }

  protected override failureOf(error: unknown) {
    const mayBeSent =
      this.host.mayHaveSent || this.argv.some((word) => /^--(resume|idempotency-key)\b/.test(word));
    const what = `nothing was sent${mayBeSent ? ' now' : ''}`;
    if (error instanceof Declined) return new Declined(what);
    // A signal can also cut off the result of a job, if that is read too slowly.
    const isEarly = error instanceof Interrupted && !this.host.mayHaveSent;
    // That stdout cannot be written says nothing of what was sent before.
    if (
      !(error instanceof LdctlError) ||
      error.code === OUTPUT_FAILED ||
      !(isEarly || SENT_NOTHING.includes(error.exit))
    ) {
      return error;
    }
    return withHint(error, error.hint, `${error.message}; ${what}`);
  }
}

/**
 * Opens the deployment of an order, once it is clear that someone can agree to it.
 * @throws UsageError as `isToBeAsked`, and for a `--confirm` of another one; as `openDeployment` does
 */
export async function openTarget(context: CommandContext, { confirm }: Typed['flags']) {
  const deployment = await openForJob(context);
  await checkConfirm(deployment, confirm);
  return deployment;
}

/**
 * Finds out what an order needs. What can be refused without the network is refused first.
 * @throws as `isToBeAsked`, `openTarget` and `prepare` do
 */
export async function prepareOrder<H extends How>(
  context: CommandContext,
  typed: Typed,
  draft: Draft<H>,
  nodesOfRecord: (deployment: OpenDeployment, key: string) => readonly Id[] | null,
): Promise<Order<H>> {
  const { flags } = typed;
  isToBeAsked(context, draft, null, flags);
  const deployment = await openTarget(context, flags);
  // A profile protects the deployment by its id, which may not have been known before.
  const isAsked = isToBeAsked(context, draft, deployment, flags);
  return prepare(deployment, draft, {
    signal: context.signal,
    isAsked,
    isShown: isAsked || flags['dry-run'],
    nodesOfRecord: (key) => nodesOfRecord(deployment, key),
    command: (nodes) =>
      nodes.length === 0
        ? ['ldctl', 'nodes', 'list', ...deployment.flags].map(shellWord).join(' ')
        : commandOf(context, typed, draft, ['expect-nodes'], ['--node', nodes.join()]),
  });
}

/**
 * Says what is to be known beforehand, and asks whether the order is meant, if that is to be asked.
 * @returns the order that is agreed to @throws as `ask` does
 */
export async function agree<H extends How>(
  context: CommandContext,
  typed: Typed,
  order: Order<H>,
): Promise<Order<H>> {
  const { host, prompts } = context;
  const isAsked = isToBeAsked(context, order, order.deployment, typed.flags);
  sayBeforehand(context, order, { isAsked, isDry: false });
  if (!isAsked || !prompts) return order;
  await order.deployment.place();
  const agreed = await ask(context, prompts, order, typed.flags);
  const { stderr, options } = host.output;
  if (order.isChosen && !options.quiet) {
    stderr.write(nextText(stderr, chosenCommand(context, typed, agreed), 'as a command:'));
  }
  return agreed;
}

function sayBeforehand(
  context: CommandContext,
  order: Order,
  when: Parameters<typeof warningsOf>[1],
) {
  for (const line of warningsOf(order, when, viewOf(context.host))) context.warn(line);
  for (const line of [checkedLater(order), onIdsText(order)]) if (line !== null) context.say(line);
}

/**
 * Shows what would be done, and warns of nodes that are busy, or that the log does not list; and of
 * what was sent under the same key.
 * @param left of a roll that is resumed: what there is to do on each node
 * @returns exit code 0 @throws LdctlError (exit 4) where it is known that the key may not act
 */
export async function showDryRun(
  context: CommandContext,
  order: Order,
  left: ReadonlyMap<Id, string> = new Map(),
) {
  const { host } = context;
  const { deployment, how, found } = order;
  const view = viewOf(host);
  sayBeforehand(context, order, { isAsked: false, isDry: true });
  await deployment.place();
  const place = whereText(deployment);
  await refuseReadOnly(deployment, context.signal);
  for (const line of [...unlistedTexts(order), busyText(found, view)]) if (line) context.warn(line);
  if (isRepeated(order)) {
    const rest = 'sends it again only if the log shows nothing of it';
    context.warn(`this key was used before on ${place}: ldctl follows what was sent, and ${rest}`);
  }
  const gate = how.is === 'roll' && how.gate !== null ? [`gate: ${how.gate}`] : [];
  await printDryRun(host.output, {
    ...planOf(order, how.idempotencyKey ?? host.newIdempotencyKey()),
    what: dryRunText(order, place, view),
    notes: new Map([
      ...left,
      ...stoppedNodes(order, view).map(({ node, ago }) => [node, `stopped ${ago}`] as const),
    ]),
    how: how.is === 'roll' ? [paceText(order, how.maxUnavailable, '1'), ...gate] : null,
  });
  return 0;
}

/**
 * What Core does not say, or not in time, is no refusal.
 * @throws LdctlError (exit 4) where Core says that the key may not act
 */
async function refuseReadOnly(
  { account, apiKey, ref, counter, clock }: OpenDeployment,
  signal: AbortSignal,
) {
  const { tenantId } = account.settings;
  if (!tenantId || !counter?.isCertain) return;
  const core = await account.core();
  const known = await optional({ clock, signal }, (limited) =>
    core.keyContext(tenantId.value, { signal: limited }),
  );
  if (!known || isGranted(known.permissions, 'manage', ref) !== false) return;
  throw cannotAct({ apiKey, account: account.settings, deployment: ref });
}
