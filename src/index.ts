/**
 * The library, for TypeScript programs: it runs an action at most once, and follows it until every
 * node has completed or rejected it.
 * @module ldctl
 */
import { resolve } from 'node:path';
import * as v from 'valibot';
import { parseBaseUrl } from './api/base-url.js';
import { CoreApi } from './api/core-api.js';
import { SupervisorApi } from './api/supervisor-api.js';
import { systemClock as clock } from './base/clock.js';
import { usageError } from './base/errors.js';
import { hexHash } from './base/hash.js';
import { urlText, type Env } from './base/text.js';
import { openRunJournal } from './config/journal.js';
import { systemKeyring } from './config/keyring.js';
import { parseApiKey, refuseKey } from './config/keys.js';
import { readConfig } from './config/profiles.js';
import { foldersIn, resolveSettings } from './config/settings.js';
import { openAccount } from './app/account.js';
import { deploymentOn, interruptOf, type Deployment } from './app/deployment.js';
import { openDeployment } from './app/open.js';
import { check, fields, id, text } from './app/requests.js';

export type {
  Deployment,
  ReadOptions,
  RollOptions,
  RunEvent,
  RunOptions,
  RunResult,
} from './app/deployment.js';
export type {
  ActivitiesRequest,
  FollowRequest,
  NodesRequest,
  OneOrMany,
  RollGate,
  RollRequest,
  TriggerRequest,
  WaitRequest,
} from './app/requests.js';
export {
  RUNTIMES,
  STATUSES,
  type ActionName,
  type Activity,
  type Runtime,
  type Status,
} from './base/activity.js';
export { type ErrorDocument, LdctlError, type LdctlErrorOptions } from './base/errors.js';
export { EXIT_CODES, type ExitCode, type ExitName } from './base/exit-codes.js';
export { parseId, type Id } from './base/ids.js';
export type { GateResult, NodeResult, ResultFacts, TargetKind } from './base/outcome.js';
export type { NodeState, RuntimeState } from './log/nodes.js';
export type { ShownStep } from './job/events.js';
export { stringifyJson, type JsonStyle } from './base/json.js';

/** What a program's deployments are opened with. */
const OWN = { clock, newKey: (): string => crypto.randomUUID() };

const connectOptions = fields({
  /** The Supervisor of the deployment: https, or http to a loopback address. */
  supervisorUrl: text,
  deploymentId: id,
  /** Never shown, and in no error. */
  apiKey: text,
  /** Checked against the log before anything is sent or followed; it is not needed otherwise. */
  tenantId: v.optional(id),
  /**
   * A folder where triggers with a key of your own are remembered for 24 hours, across restarts and
   * for all who share it.
   */
  journal: v.optional(v.pipe(text, v.nonEmpty('a path was expected'))),
});
export type ConnectOptions = v.InferInput<typeof connectOptions>;

/**
 * A deployment whose URL, id and key you have. This does no I/O, so a wrong key or URL shows at the
 * first call.
 * @throws {LdctlError} with exit code 2 for options that cannot be used
 */
export function connect(options: ConnectOptions): Deployment {
  const { supervisorUrl, deploymentId, apiKey, tenantId, journal } = check(
    connectOptions,
    'connect',
    options,
  );
  const url = parseBaseUrl(supervisorUrl, 'supervisorUrl');
  const key = parseApiKey(apiKey, 'apiKey');
  return deploymentOn({
    ...OWN,
    deploymentId,
    supervisor: new SupervisorApi({ url, apiKey: key }),
    tenant: tenantId === undefined ? null : { tenantId, origin: 'tenantId' },
    apiKeyHash: key.fingerprint(hexHash),
    journal: journal === undefined ? null : openRunJournal([resolve(journal)], clock),
    counter: null,
    profile: null,
    flags: ['--deployment', String(deploymentId), '--supervisor-url', urlText(url)],
  });
}

export interface ConnectProfileOptions {
  signal?: AbortSignal | undefined;
  /** The name of the deployment, as consent to act on one that a stored profile protects. */
  confirm?: string | undefined;
  /** The environment. Default: the process's own. */
  env?: Env | undefined;
}

/**
 * A deployment as the commands find it, with their run journal. Core is asked only if its id or
 * Supervisor is not known.
 * @param name the profile, whose settings then override the environment. Without it, the
 * environment counts, then the current profile
 * @throws {LdctlError} with exit code 2 for a setting that is missing, or a key that cannot be had,
 * 5 for a profile or a deployment that does not exist, 4 or 6 when Core has to be asked and cannot
 * be, 130 for an abort
 */
export async function connectProfile(
  name?: string,
  options: ConnectProfileOptions = {},
): Promise<Deployment> {
  const { env = process.env, confirm, signal: outer } = options;
  if (name !== undefined) refuseKey(name, 'the name of the profile', env);
  const signal = interruptOf(outer);
  const folders = await foldersIn(env, process.platform);
  const settings = resolveSettings({
    flags: { profile: name },
    env,
    config: readConfig(folders.config),
    keys: { env, keyring: systemKeyring(env), isSilent: true },
  });
  const account = openAccount(settings.account, { signal, core: (to) => new CoreApi(to) });
  const deployment = await openDeployment(account, settings.deployment, {
    ...OWN,
    signal,
    // Without flags, no setting is another deployment's.
    say: () => undefined,
    journal: openRunJournal(folders.journal, clock),
    supervisor: (to) => new SupervisorApi(to),
  });
  const { protector, deploymentId } = deployment;
  const needed = settings.deployment.named?.value.name ?? String(deploymentId);
  return deploymentOn(deployment, () => {
    if (!protector || confirm === needed) return;
    const hint = `Give connectProfile the name of the deployment: { confirm: ${JSON.stringify(needed)} }.`;
    const what = `profile ${protector.name} protects this deployment, and acting on it was not confirmed; nothing was sent`;
    throw usageError('consent_missing', what, hint);
  });
}
