import { resolve } from 'node:path';
import { parseBaseUrl } from '../api/base-url.js';
import { CoreApi } from '../api/core-api.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import { systemClock } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import { urlText } from '../base/text.js';
import { keepNodes, openRollJournal, openRunJournal } from '../config/journal.js';
import { systemKeyring } from '../config/keyring.js';
import { parseApiKey } from '../config/keys.js';
import { ProfileStore } from '../config/profiles.js';
import { configDir, resolveSettings, type Settings } from '../config/settings.js';
import { resolveTarget, resumeFlags } from '../config/target.js';
import { deploymentOn, interruptOf } from './deployment.js';
import { expectedTenant, type Connection } from './jobs.js';
import { check, connectOptions, connectProfileOptions } from './requests.js';
import type { ConnectOptions, ConnectProfileOptions } from './requests.js';
import type { Deployment } from './types.js';

/**
 * A deployment of which all is known. Does no I/O: a wrong key or URL shows at the first call.
 * @throws {LdctlError} with exit code 2 for options that cannot be used
 */
export function connect(options: ConnectOptions): Deployment {
  const { supervisorUrl, deploymentId, apiKey, tenantId, journal } = check(connectOptions, 'connect', options);
  const url = parseBaseUrl(supervisorUrl, 'supervisorUrl');
  return deploymentOn({
    deploymentId,
    supervisor: new SupervisorApi({ url, apiKey: parseApiKey(apiKey, 'apiKey') }),
    tenant:
      tenantId === undefined ? null : { tenantId, origin: 'tenantId', hint: 'Check tenantId, and the deployment.' },
    clock: systemClock,
    journal: journal === undefined ? null : openRunJournal(resolve(journal), systemClock),
    rolls: null,
    flags: ['--deployment', String(deploymentId), '--supervisor-url', urlText(url)],
  });
}

/**
 * A deployment as the commands find it: profile, environment, key store, with the commands' own run journal.
 * Core is asked only where the deployment's id or its Supervisor is not known.
 * @param name the profile, which is then taken whole; without it, the environment's settings, and the current profile
 * @throws {LdctlError} with exit code 2 for an argument that is wrong, a setting that is missing, or a key that cannot be had, 5
 * for a profile or a deployment that does not exist, 4 or 6 when Core has to be asked and cannot be, 130 for an abort
 */
export async function connectProfile(name?: string, options: ConnectProfileOptions = {}): Promise<Deployment> {
  check(connectProfileOptions, 'connectProfile', { name, ...options });
  const { env = process.env, onNotice = () => undefined, confirm } = options;
  const signal = options.signal ? interruptOf(options.signal) : new AbortController().signal;
  const clock = systemClock;
  const folder = await configDir(env);
  const settings = resolveSettings({
    flags: { profile: name },
    env,
    readConfig: () => new ProfileStore(folder, clock, signal).read(),
    keys: { env, platform: process.platform, keyring: systemKeyring(env), isSilent: true },
    notify: onNotice,
  });
  if (settings.winning !== null) onNotice(settings.winning);
  const lookUp: Parameters<typeof resolveTarget>[1] = ({ apiUrl, key, tenantId }) =>
    new CoreApi({ url: apiUrl, apiKey: key }).structure(tenantId, { signal });
  const target = await resolveTarget(settings, lookUp, signal);
  const connection: Connection = {
    deploymentId: target.deployment.id,
    supervisor: new SupervisorApi({ url: target.supervisorUrl.value, apiKey: target.key }),
    tenant: expectedTenant(settings),
    clock,
    journal: openRunJournal(folder, clock),
    rolls: openRollJournal(folder, clock),
    keepNodes: (nodes) => keepNodes(folder, nodes),
    flags: resumeFlags(settings, target),
  };
  return deploymentOn(connection, () => assertConfirmed(settings, confirm));
}

/** @throws UsageError (exit 2) */
function assertConfirmed({ profile, deployment }: Settings, confirm: string | undefined): void {
  const name = deployment?.value.name ?? String(deployment?.value.id ?? '');
  if (profile?.protected !== true || confirm === name) return;
  throw new UsageError(`profile ${profile.name} is protected, and acting on it was not confirmed; nothing was sent`, {
    code: 'consent_missing',
    hint: `Give connectProfile the name of the deployment: { confirm: ${JSON.stringify(name)} }.`,
  });
}
