import { parseBaseUrl } from '../api/base-url.js';
import { CoreApi } from '../api/core-api.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import { systemClock } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import { configDir } from '../config/config-dir.js';
import { SystemKeyring } from '../config/keyring.js';
import { resumeFlags } from '../config/origins.js';
import { resolveSettings, type Settings } from '../config/settings.js';
import { ProfileStore } from '../config/store.js';
import { resolveTarget } from '../config/target.js';
import { keepNodes } from '../config/old-journal.js';
import { PLATFORM } from '../system/platform.js';
import { userShell } from '../system/shell.js';
import { ConnectedDeployment } from './connected-deployment.js';
import type { Deployment } from './deployment.js';
import { expectedTenant } from './expected-tenant.js';
import { JobSignal } from './job-signal.js';
import { journalsIn } from './journals.js';
import { check, connectProfileSchema, profileSchema } from './request-schemas.js';
import type { Signal } from './old-requests.js';

export interface ConnectProfileOptions {
  signal?: Signal;
  /** The name of the deployment, as consent to act on one whose profile is protected. */
  confirm?: string;
  /** Takes what a command would say on stderr about the settings, line by line: a variable that hides what the profile says. */
  onNotice?: (line: string) => void;
  /** The environment; the process's own unless given. */
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A deployment as the commands find it: profile, environment, key store (design, "Profiles"), with the commands' own run journal.
 * Core is asked only where the deployment's id or its Supervisor is not known.
 * @param name the profile, which is then taken whole; without it, the environment's settings, and the current profile
 * @throws {LdctlError} with exit code 2 for an argument that is wrong, a setting that is missing, or a key that cannot be had, 5
 * for a profile or a deployment that does not exist, 4 or 6 when Core has to be asked and cannot be, 130 for an abort
 */
export async function connectProfile(name?: string, options: ConnectProfileOptions = {}): Promise<Deployment> {
  check(profileSchema, 'connectProfile', { name });
  check(connectProfileSchema, 'connectProfile', options);
  const { env = process.env, onNotice = () => undefined } = options;
  const clock = systemClock;
  const own = new JobSignal(options.signal);
  try {
    const folder = await configDir(env);
    const store = new ProfileStore(folder, clock, own.signal);
    const keys = {
      env,
      platform: PLATFORM,
      clock,
      keyring: new SystemKeyring(env, clock),
      notify: onNotice,
      isSilent: true,
    };
    const settings = resolveSettings({
      flags: { profile: name },
      env,
      readConfig: () => store.read(),
      parseBaseUrl,
      keys,
    });
    const lookUpStructure: Parameters<typeof resolveTarget>[1]['lookUpStructure'] = (
      { apiUrl, key, tenantId },
      signal,
    ) => new CoreApi({ url: apiUrl, apiKey: key, env }).structure(tenantId, { signal });
    const target = await resolveTarget(settings, { parseBaseUrl, lookUpStructure }, own.signal);
    const tools = {
      deploymentId: target.deployment.id,
      supervisor: new SupervisorApi({ url: target.supervisorUrl.value, apiKey: target.key, env }),
      expectedTenant: expectedTenant(settings),
      clock,
      random: Math.random,
      journals: journalsIn(folder, clock, { isOfCommands: true }),
      later: { target: resumeFlags(settings, target), shell: userShell({ platform: PLATFORM, env }) },
      keepNodes: (nodes: readonly bigint[]) => keepNodes(folder, nodes),
    };
    return new ConnectedDeployment(tools, { assertConsent: () => assertConfirmed(settings, options.confirm) });
  } finally {
    own.release();
  }
}

/** @throws UsageError (exit 2) (design, "Consent") */
function assertConfirmed({ profile, deployment }: Settings, confirm: string | undefined): void {
  const name = deployment?.value.name ?? String(deployment?.value.id ?? '');
  if (profile?.protected !== true || confirm === name) return;
  throw new UsageError(`profile ${profile.name} is protected, and acting on it was not confirmed; nothing was sent`, {
    code: 'consent_missing',
    hint: `Give connectProfile the name of the deployment: { confirm: ${JSON.stringify(name)} }.`,
  });
}
