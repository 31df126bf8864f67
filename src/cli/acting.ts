/*
 * What the two commands share that act on nodes, trigger and roll: flags, and what comes before the
 * job.
 */

import * as Flags from '@oclif/core/flags';
import { describeTrigger } from '../api/supervisor-api.js';
import { fromRecords, keptRun, type LookRequest } from '../app/jobs.js';
import type { OpenDeployment } from '../app/open.js';
import { check, triggerRequest } from '../app/requests.js';
import { surveyInTime } from '../app/survey.js';
import { parseAction, parseRuntime, RUNTIMES, type Activity } from '../base/activity.js';
import { optional } from '../base/clock.js';
import { Interrupted, LdctlError, OUTPUT_FAILED, refusedError, withHint } from '../base/errors.js';
import type { ExitName } from '../base/exit-codes.js';
import { parseId, type Id } from '../base/ids.js';
import { unsentFacts, type ResultFields, type TargetKind } from '../base/outcome.js';
import { count, shellWord } from '../base/text.js';
import { ConnectedCommand } from './base-command.js';
import {
  busyNodesText,
  checkConfirm,
  isToBeAsked,
  type Before,
  type Changes,
  type ConsentFlags,
  type Intent,
} from './consent.js';
import type { CommandContext } from './context.js';
import { typedAgain } from './host.js';
import { accepts, Declined, type Prompts } from './prompts.js';
import { grouped, switchFlag, textFlag, type FlagsOf } from './flags.js';
import { sayWhom } from './whom.js';
import { isGranted } from '../config/grants.js';
import { hintOfEnd } from '../config/node-names.js';
import { cannotAct } from '../config/refusals.js';
import { listedIn } from '../job/census.js';
import { checkIdempotencyKey, PART_OF_KEY, wireKey } from '../job/wire-key.js';
import { printDryRun, type DryRun } from '../output/dry-run.js';
import { parsing } from './value-flags.js';
import { nodeChoices } from './node-rows.js';
import { readNodes } from './nodes.js';
import { followFlags, openForJob, targetFlags } from './following.js';

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
    const isRepeated =
      this.host.mayHaveSent || this.argv.some((word) => /^--(resume|idempotency-key)\b/.test(word));
    const what = `nothing was sent${isRepeated ? ' now' : ''}`;
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

/** What trigger and roll share. */
export const actingFlags = {
  ...targetFlags,
  ...grouped('CONSENT', {
    yes: switchFlag('Act on every node without asking.', { char: 'y' }),
    confirm: textFlag('NAME', 'Skip the question, for the deployment NAME only.'),
    'dry-run': switchFlag('Show what would be sent, and send nothing.'),
  }),
  ...followFlags,
  ...grouped('FOLLOWING', {
    'if-busy': Flags.option({ options: ['ignore', 'wait', 'fail'] as const })({
      summary: 'What to do if a node is busy. [default: ignore]',
    }),
  }),
  ...grouped('SCRIPTING', {
    'idempotency-key': textFlag('KEY', 'The same command with the same key acts only once.', {
      parse: parsing(checkIdempotencyKey),
    }),
  }),
};
type ActingFlags = FlagsOf<typeof actingFlags>;

/** What the two arguments may be. */
export const RUNTIME = 'iggy or connectors';
export const ACTION = 'start, stop, restart or reconfigure:ID';

/** What the same flags say of a trigger and of a roll. */
export const sharedFields = (flags: ActingFlags) => ({
  timeoutMs: flags.timeout,
  appearTimeoutMs: flags['appear-timeout'],
  ifBusy: flags['if-busy'],
  idempotencyKey: flags['idempotency-key'],
});

/** As the parser has it, and as it was typed. */
interface Typed {
  args: Record<'runtime' | 'action', string>;
  flags: ActingFlags & { wait?: boolean };
  argv: readonly string[];
}

/**
 * The words and flags of an action as a request.
 * @param prompts asks for what is missing; null where nothing is
 * @throws UsageError; as `readNodes` and `askWhat` do
 */
export async function requestOf(
  context: CommandContext,
  prompts: Prompts | null,
  typed: Typed,
  name: string,
) {
  const { args, flags } = typed;
  const key = flags['idempotency-key'];
  if (key !== undefined && PART_OF_KEY.test(key)) {
    context.warn(
      `--idempotency-key ${JSON.stringify(key)} starts or ends with a separator; is a variable unset?`,
    );
  }
  const asked = prompts && (await askWhat(context, prompts, typed));
  const { runtime, action, nodes } = asked ?? {
    runtime: parseRuntime(args.runtime),
    action: parseAction(args.action),
    nodes: await readNodes(context, flags),
  };
  const request = check(triggerRequest, 'trigger', {
    ...sharedFields(flags),
    expectNodes: flags['expect-nodes'],
    wait: flags.wait,
    runtime,
    action,
    ...(nodes && { nodes }),
  });
  if (!asked) return { request, chosen: null };
  const chosen = ({ nodes: picked = nodes, ifBusy }: Changes) => {
    const whom = picked ? ['--node', picked.join()] : ['--yes'];
    const busy = ifBusy ? ['--if-busy', ifBusy] : [];
    // The other words say it, or no question is left to answer.
    const said = ['node', 'yes', ...(picked ? ['expect-nodes'] : [])];
    const again = typedAgain(context.host, typed.argv, said);
    const words = ['ldctl', 'activities', name, runtime, action, ...again, ...whom, ...busy];
    return words.map(shellWord).join(' ');
  };
  return { request, chosen };
}

/**
 * Asks for the action and, if they are missing, for the runtime and the nodes.
 * @throws UsageError for what was typed; LdctlError (exit 5) where there is no node to pick;
 * Declined; Interrupted; as `Supervisor.list` does
 */
async function askWhat(context: CommandContext, prompts: Prompts, { args, flags }: Typed) {
  const typed = args.runtime && parseRuntime(args.runtime);
  const named = await readNodes(context, flags);
  // Where there is to be a number of nodes, every node is meant.
  const isEvery = flags['expect-nodes'] !== undefined;
  const { signal } = context;
  const found = isEvery ? null : await (await openForJob(context)).log.forNodes({ signal });
  if (found?.recent.length === 0 && !named) {
    throw refusedError(
      'no_nodes_known',
      'no node has acted in the last 30 days, so there is none to pick',
      'Name nodes with --node, or act on every node: ldctl activities trigger iggy restart',
    );
  }
  const runtimes = RUNTIMES.map((value) => {
    const nodes = found && count(listedIn(found.recent, value, true).here.length, 'node');
    return { value, name: nodes ? `${value.padEnd(10)}  ${nodes}` : value, short: value };
  });
  const runtime = typed || (await prompts.choose('Which runtime?', runtimes));
  const action = await askAction(prompts, args.action, found?.recent ?? []);
  if (named || !found) return { runtime, action, nodes: named };
  const { here, elsewhere } = listedIn(found.recent, runtime, true);
  const of = { listed: [...here, ...elsewhere], runtime, found };
  const { place } = await context.deployment();
  const choices = await nodeChoices(context.host, of);
  const nodes = await prompts.nodes(`Which nodes of ${await place()}?`, choices);
  return { runtime, action, nodes };
}

/** @param typed `reconfigure` where only the config is missing; '' for none */
async function askAction(prompts: Prompts, typed: string, entries: readonly Activity[]) {
  const verbs = ['restart', 'stop', 'start', 'reconfigure'].map((name) => ({ value: name, name }));
  const verb = typed || (await prompts.choose('Which action?', verbs));
  if (!isWithoutConfig(verb)) return parseAction(verb);
  return parseAction(`reconfigure:${await askConfig(prompts, entries)}`);
}

/** Of those that the log lists, or by its id. */
async function askConfig(prompts: Prompts, entries: readonly Activity[]) {
  const ids = new Set(
    entries.flatMap(({ action }) => /^reconfigure:(\d+)$/.exec(action)?.[1] ?? []),
  );
  const choices = [...ids].map((id) => ({ value: id, name: id }));
  const other = { value: '', name: 'another one' };
  const id = ids.size > 0 ? await prompts.choose('Which config?', [...choices, other]) : '';
  if (id) return id;
  const validate = accepts((text) => parseId(text.trim(), 'config'));
  return (await prompts.text('Which config? Its id:', { validate })).trim();
}

/** A reconfigure needs the id of a config. */
const isWithoutConfig = (action: string) => action.toLowerCase() === 'reconfigure';

/**
 * Opens the deployment of a job.
 * @param intent what is refused at once if there is no consent to it, and no one to ask
 * @throws UsageError as `isToBeAsked`, and for a `--confirm` of another one; as `openDeployment` does
 */
export async function openTarget(context: CommandContext, flags: ConsentFlags, intent?: Intent) {
  if (intent) isToBeAsked(context, context.target, null, intent, flags);
  const deployment = await openForJob(context);
  await checkConfirm(deployment, flags.confirm);
  return deployment;
}

/**
 * Looks at the deployment before anything is sent, unless an earlier run left a record. If the look
 * fails, that is read again, here and once the job starts: another process may have written one
 * meanwhile.
 * @param recall reads the record
 * @returns with what an earlier run with the key has left: it is followed as it is
 * @throws UsageError as `isToBeAsked`; as `surveyInTime` does
 */
export async function lookBefore<T>(
  context: CommandContext,
  request: LookRequest & Intent,
  flags: ConsentFlags,
  recall: (deployment: OpenDeployment) => T | null,
) {
  const { target } = context;
  const deployment = await target.open();
  // A profile protects the deployment by its id, which may not have been known before.
  const isAsked = isToBeAsked(context, target, deployment, request, flags);
  const isShown = flags['dry-run'] || isAsked;
  // For named nodes, only a question or a dry run shows what keeps them busy.
  if (request.nodes && !isShown) {
    return { deployment, isAsked, found: null, kept: null };
  }
  const look = { ...request, isShown };
  return fromRecords(
    () => [recall(deployment)],
    context,
    async ([kept = null]) => ({
      deployment,
      isAsked,
      found: kept ? null : await surveyInTime(deployment, look, context.signal),
      kept,
    }),
  );
}

/**
 * Of nodes that are busy, or that are named and not listed; and of what was sent under the same key.
 * @param each the nodes of each run
 */
async function warnBefore(
  context: CommandContext,
  { deployment, found, request }: Planned,
  each: ReadonlyArray<readonly Id[] | undefined>,
) {
  if (found) {
    const { here, elsewhere } = found.listed;
    const listed = [...here, ...elsewhere];
    for (const node of request.nodes?.filter((one) => !listed.includes(one)) ?? []) {
      const advice = hintOfEnd(node, listed) ?? 'check its id with `ldctl nodes list`';
      context.warn(`the log does not list node ${node}: ${advice}`);
    }
    const busy = busyNodesText(context.host, found);
    if (busy !== '') context.warn(busy);
  }
  if (each.some((nodes) => keptRun(deployment, { ...request, nodes }))) {
    const rest = 'sends it again only if the log shows nothing of it';
    const place = await deployment.place();
    context.warn(`this key was used before on ${place}: ldctl follows what was sent, and ${rest}`);
  }
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

/** What would be done. */
interface Planned extends Pick<Before, 'deployment' | 'found'> {
  request: LookRequest;
  intent: Intent;
  how: DryRun['how'];
}

/**
 * Shows what would be done, and warns of nodes that are busy, or that the log does not list.
 * @returns exit code 0 @throws LdctlError (exit 4) where it is known that the key may not act
 */
export async function showDryRun(context: CommandContext, planned: Planned) {
  const key = planned.request.idempotencyKey ?? context.host.newIdempotencyKey();
  await printDryRun(context.host.output, await dryRunOf(context, planned, key));
  return 0;
}

function targetsOf({ nodes, expectNodes }: LookRequest): TargetKind {
  if (nodes) return 'named';
  return expectNodes === undefined ? 'observed' : 'expected';
}

async function dryRunOf(context: CommandContext, planned: Planned, key: string): Promise<DryRun> {
  const { deployment, found, request, intent, how } = planned;
  const { runtime, action, nodes: named } = request;
  const { deploymentId, supervisorUrl } = deployment;
  const whom = sayWhom(context, { ...intent, found }, { isAsked: false, isDry: true });
  const place = await deployment.place();
  await refuseReadOnly(deployment, context.signal);
  const nodes = named ?? found?.listed.here ?? [];
  const each = how ? nodes.map((node) => [node]) : [named];
  await warnBefore(context, planned, each);
  const describe = (some?: readonly Id[]) => {
    const identity = { deploymentId, runtime, action, nodes: some };
    const wire = { ...identity, nodes: some ?? null, wireKey: wireKey(key, identity) };
    return describeTrigger(supervisorUrl.value, wire);
  };
  const known = {
    ...{ runtime, action, deployment_id: deploymentId, idempotency_key: key },
    targets: targetsOf(request),
    core_count: found?.coreCount ?? null,
  };
  const not_acted_on = intent.nodes ? [] : (found?.listed.elsewhere ?? []);
  const result: ResultFields = { outcome: 'dry_run', ...unsentFacts(known, nodes), not_acted_on };
  return {
    result,
    what: `${whom.who} of ${place}${whom.more ?? ''}`,
    how,
    requests: each.map(describe),
  };
}
