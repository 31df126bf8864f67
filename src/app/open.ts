/*
 * A deployment as its settings name it, opened: clients, log, journal, and the way to ask Core.
 */

import type { CoreApi, DeploymentPath } from '../api/core-api.js';
import { optional, type Clock } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import type { Supervisor } from '../base/supervisor.js';
import { hashOf } from '../config/journal.js';
import type { Settings } from '../config/settings.js';
import {
  findDeployment,
  isCoreCertain,
  placeText,
  resolveTarget,
  resumeFlags,
  type PlacedDeployment,
  type Target,
  type TenantAccess,
} from '../config/target.js';
import type { ExpectedTenant } from '../job/entries.js';
import { openLog, type ActivityLog } from '../log/log.js';

/** The part of the Core API that is used here. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure' | 'deployment'>;

/** What a deployment is opened with. */
interface OpenTools {
  clock: Clock;
  signal: AbortSignal;
  /** Makes a key that no other trigger has. */
  newKey: () => string;
  /** Null: nothing is recorded here, so only the server remembers a caller's key. */
  journal: RunJournal | null;
  supervisor: (target: Target) => Supervisor;
  /** Without it Core is never asked. */
  core?: (access: Pick<TenantAccess, 'apiUrl' | 'key'>) => Pick<Core, 'structure' | 'deployment'>;
  /** Whether the command shows its path, so that Core is asked for that in any case. */
  showsPath: boolean;
}

export type Place = Omit<DeploymentPath, 'deploymentId'>;

/** The way to ask Core how many nodes a deployment has. */
export interface NodeCounter {
  /** Whether this Core certainly knows the deployment. If not, it is only asked on demand. */
  isCertain: boolean;
  tenantId: Id | undefined;
  /** Its division and environment; null where only entries of the log name them. Never rejects. */
  place: () => Promise<Place | null>;
  count: (place: Place, signal: AbortSignal) => Promise<number>;
}

/** What the jobs on a deployment are done with. */
export interface Connection {
  deploymentId: Id;
  supervisor: Supervisor;
  log: ActivityLog;
  clock: Clock;
  newKey: () => string;
  /** The tenant that the settings name: a log of another one is refused. */
  tenant: ExpectedTenant | null;
  /** 8 digits of the hash of its API key. */
  apiKeyHash: string;
  journal: RunJournal | null;
  /** Null where no Core is known. */
  counter: NodeCounter | null;
  /** Flags by which a later command acts on the same deployment, as the same user; never a key. */
  flags: readonly string[];
  /** Whether `activities roll --resume` finds a roll again. */
  keepsRolls: boolean;
}

/** One deployment, and all that a command or a program uses for it, each made once. */
export interface OpenDeployment extends Connection {
  target: Target;
  /** Its path, which is looked up once; null where that is not known. */
  path: () => Promise<string | null>;
}

/** The deployment of these settings. @throws as `resolveTarget` does */
export async function openDeployment(
  settings: Settings,
  tools: OpenTools & Required<Pick<OpenTools, 'core'>>,
): Promise<OpenDeployment> {
  const { signal } = tools;
  const lookUp = (access: TenantAccess) =>
    tools.core(access).structure(access.tenantId, { signal });
  return openTarget(settings, await resolveTarget(settings, lookUp, signal), tools);
}

/** Opens a deployment of which id, key and supervisor are known. Does no I/O. */
export function openTarget(settings: Settings, target: Target, tools: OpenTools): OpenDeployment {
  const { deployment, key } = target;
  const { clock, newKey, journal, showsPath } = tools;
  const supervisor = tools.supervisor(target);
  const core = tools.core?.({ apiUrl: settings.apiUrl.value, key });
  let found: Promise<PlacedDeployment | null> | undefined;
  const findOnce = () => (found ??= findPlace(settings, target, core, tools));
  return {
    target,
    deploymentId: deployment.id,
    supervisor,
    log: openLog(supervisor, deployment.id, clock),
    clock,
    newKey,
    tenant: expectedTenant(settings),
    apiKeyHash: key.fingerprint(hashOf),
    journal,
    counter: core ? counterOf(settings, target, core, showsPath ? findOnce : null) : null,
    flags: resumeFlags(settings, target),
    keepsRolls: false,
    path: async () => {
      if (!deployment.path) await findOnce();
      return deployment.path ?? null;
    },
  };
}

/**
 * Where the deployment stands; null where that is not known, or it is not certain which Core knows
 * it. Gives the deployment of the target its name and its path.
 */
async function findPlace(
  { apiUrl, tenantId }: Settings,
  { deployment, supervisorUrl, placed }: Target,
  core: Pick<Core, 'structure'> | undefined,
  tools: Pick<OpenTools, 'clock' | 'signal'>,
): Promise<PlacedDeployment | null> {
  if (placed) return placed;
  if (!core || deployment.path || !tenantId || !isCoreCertain({ apiUrl }, supervisorUrl)) {
    return null;
  }
  return optional(tools, async (signal) => {
    const structure = await core.structure(tenantId.value, { signal });
    const found = findDeployment(structure, { id: deployment.id, name: null });
    deployment.name = found.deployment.name;
    deployment.path = placeText(found);
    return found;
  });
}

/** @param findOnce null where its path is not looked up anyway: then entries of the log name it */
function counterOf(
  settings: Settings,
  { supervisorUrl, deployment }: Target,
  core: Pick<Core, 'deployment'>,
  findOnce: (() => Promise<PlacedDeployment | null>) | null,
): NodeCounter {
  const tenantId = settings.tenantId?.value;
  return {
    isCertain: isCoreCertain(settings, supervisorUrl),
    tenantId,
    async place() {
      const kept = keptPlace(settings);
      if (kept) return kept;
      const found = await findOnce?.().catch(() => null);
      if (tenantId === undefined || !found) return null;
      return { tenantId, divisionId: found.division.id, environmentId: found.environment.id };
    },
    async count(place, signal) {
      const path = { ...place, deploymentId: deployment.id };
      return (await core.deployment(path, { signal })).nodes_count;
    },
  };
}

/** Where the profile of the deployment says that it stands. */
function keptPlace({ deployment, profile, tenantId }: Settings): Place | null {
  const { division_id: divisionId, environment_id: environmentId, tenant_id } = profile ?? {};
  if (deployment?.source.from !== 'profile' || !divisionId || !environmentId) return null;
  const tenant = tenantId?.value ?? tenant_id;
  return tenant === undefined ? null : { tenantId: tenant, divisionId, environmentId };
}

function expectedTenant({ tenantId }: Settings): ExpectedTenant | null {
  if (tenantId === null || !('name' in tenantId.source)) return null;
  const { from, name } = tenantId.source;
  const origin = from === 'profile' ? `profile ${name}` : name;
  return { tenantId: tenantId.value, origin, hint: `Check ${origin}, and the deployment.` };
}
