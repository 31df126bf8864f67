/**
 * The library, for TypeScript programs: runs an action at most once, and follows it until every
 * node has completed or rejected it.
 * @module ldctl
 */
import { resolve } from 'node:path';
import * as v from 'valibot';
import { parseBaseUrl } from './api/base-url.js';
import { CoreApi } from './api/core-api.js';
import { SupervisorApi } from './api/supervisor-api.js';
import { systemClock as clock } from './base/clock.js';
import { UsageError } from './base/errors.js';
import { urlText, type Env } from './base/text.js';
import { openRunJournal } from './config/journal.js';
import { systemKeyring } from './config/keyring.js';
import { parseApiKey, refuseKey } from './config/keys.js';
import { ProfileStore } from './config/profiles.js';
import { configDir, resolveSettings } from './config/settings.js';
import { resolveTarget, type TenantAccess } from './config/target.js';
import { deploymentOn, interruptOf, type Deployment } from './library/deployment.js';
import { nodeCounter, originOf } from './library/jobs.js';
import { check, fields, id, text } from './library/requests.js';

export type {
  Deployment,
  ReadOptions,
  RollOptions,
  RunEvent,
  RunOptions,
  RunResult,
} from './library/deployment.js';
export type {
  ActionName,
  ActivitiesRequest,
  FollowRequest,
  NodesRequest,
  OneOrMany,
  RollGate,
} from './library/requests.js';
export type { RollRequest, TriggerRequest, WaitRequest } from './library/requests.js';
export { RUNTIMES, STATUSES, type Activity, type Runtime, type Status } from './base/activity.js';
export { type ErrorDocument, LdctlError, type LdctlErrorOptions } from './base/errors.js';
export { EXIT_CODES, type ExitCode, type ExitName } from './base/exit-codes.js';
export { parseId, type Id } from './base/ids.js';
export type { GateResult, NodeResult, ResultFacts, TargetKind } from './base/outcome.js';
export type { NodeState, RuntimeState } from './log/nodes.js';
export type { ShownStep } from './job/events.js';
export { stringifyJson, type JsonStyle } from './base/json.js';

const newKey = (): string => crypto.randomUUID();

const connectOptions = fields({
  /** The Supervisor of the deployment: https, or http to a loopback address. */
  supervisorUrl: text,
  deploymentId: id,
  /** Never shown, and in no error. */
  apiKey: text,
  /** Checked against the log before anything is sent; it is not needed otherwise. */
  tenantId: v.optional(id),
  /**
   * A folder where triggers with a key of your own are remembered for 24 hours, across restarts and
   * for all who share it.
   */
  journal: v.optional(v.pipe(text, v.nonEmpty('a path was expected'))),
});
export type ConnectOptions = v.InferInput<typeof connectOptions>;

/**
 * A deployment of which all is known. Does no I/O: a wrong key or URL shows at the first call.
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
    ...{ deploymentId, clock, newKey, keepsRolls: false, counter: null },
    apiKey: key.fingerprint(),
    supervisor: new SupervisorApi({ url, apiKey: key }),
    tenant:
      tenantId === undefined
        ? null
        : { tenantId, origin: 'tenantId', hint: 'Check it, and the deployment.' },
    journal: journal === undefined ? null : openRunJournal(resolve(journal), clock),
    flags: ['--deployment', String(deploymentId), '--supervisor-url', urlText(url)],
  });
}

const profileName = v.optional(v.pipe(text, v.nonEmpty('a name was expected')));

export interface ConnectProfileOptions {
  signal?: AbortSignal | undefined;
  /** The name of the deployment, as consent to act on one whose profile is protected. */
  confirm?: string | undefined;
  /** The environment; the process's own unless given. */
  env?: Env | undefined;
}

/**
 * A deployment as the commands find it, with their run journal. Core is asked only where its id or
 * Supervisor is not known.
 * @param name the profile, which is then taken whole; without it, the environment's settings, and
 * the current profile
 * @throws {LdctlError} with exit code 2 for a setting that is missing, or a key that cannot be had,
 * 5 for a profile or a deployment that does not exist, 4 or 6 when Core has to be asked and cannot
 * be, 130 for an abort
 */
export async function connectProfile(
  name?: string,
  options: ConnectProfileOptions = {},
): Promise<Deployment> {
  const { env = process.env, confirm, signal: outer } = options;
  check(profileName, 'connectProfile', name);
  if (name !== undefined) refuseKey(name, 'the name of the profile', env);
  const signal = outer ? interruptOf(outer) : new AbortController().signal;
  const folder = await configDir(env);
  const settings = resolveSettings({
    ...{ flags: { profile: name }, env, notify: () => undefined },
    readConfig: () => new ProfileStore(folder, clock).read(),
    keys: { env, keyring: systemKeyring(env), isSilent: true },
  });
  const coreFor = ({ apiUrl: url, key: apiKey }: Pick<TenantAccess, 'apiUrl' | 'key'>) =>
    new CoreApi({ url, apiKey });
  const lookUp = (access: TenantAccess) => coreFor(access).structure(access.tenantId, { signal });
  const target = await resolveTarget(settings, lookUp, signal);
  const supervisor = new SupervisorApi({ url: target.supervisorUrl.value, apiKey: target.key });
  const core = coreFor({ apiUrl: settings.apiUrl.value, key: target.key });
  const counter = nodeCounter(target, settings, core, null);
  const { profile } = settings;
  const needed = settings.deployment?.value.name ?? String(target.deployment.id);
  return deploymentOn(
    originOf(target, settings, { supervisor, counter, folder, clock, newKey }),
    () => {
      if (profile?.protected !== true || confirm === needed) return;
      const hint = `Give connectProfile the name of the deployment: { confirm: ${JSON.stringify(needed)} }.`;
      const what = `profile ${profile.name} is protected, and acting on it was not confirmed; nothing was sent`;
      throw new UsageError(what, { code: 'consent_missing', hint });
    },
  );
}
