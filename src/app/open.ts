/*
 * A deployment as its settings name it, opened: clients, log, journal, and the way to ask Core.
 */

import type { CoreApi, DeploymentPath } from '../api/core-api.js';
import { optional, type Clock } from '../base/clock.js';
import { hexHash } from '../base/hash.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import type { Supervisor } from '../base/supervisor.js';
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
import type { ExpectedTenant } from '../job/foreign.js';
import { openLog, type ActivityLog } from '../log/log.js';

/** The part of the Core API that ldctl uses. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure' | 'deployment'>;

/** What a deployment is opened with. */
interface OpenTools {
  clock: Clock;
  signal: AbortSignal;
  /** Makes a key that no other trigger has. */
  newKey: () => string;
  journal: RunJournal;
  supervisor: (target: Target) => Supervisor;
  core: (access: Pick<TenantAccess, 'apiUrl' | 'key'>) => Pick<Core, 'structure' | 'deployment'>;
}

export type Place = Omit<DeploymentPath, 'deploymentId'>;
export type KnownPlace = Partial<Record<keyof Place, Id | undefined>>;

/** The way to ask Core how many nodes a deployment has. */
export interface NodeCounter {
  /** Whether this Core certainly knows the deployment. If not, it is only asked on demand. */
  isCertain: boolean;
  /** Where it stands, as far as that is known before the log is read. */
  place: KnownPlace;
  /** The same, looked up in the tenant's structure; nothing new where that cannot be had. */
  lookUp: () => Promise<KnownPlace>;
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
  /** Null: nothing is recorded here, so only the server remembers a caller's key. */
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
  /** Its path, which is looked up once; null where that cannot be had. */
  path: () => Promise<string | null>;
}

/** The deployment of these settings. @throws as `resolveTarget` does */
export async function openDeployment(
  settings: Settings,
  tools: OpenTools,
): Promise<OpenDeployment> {
  const { clock, signal, newKey, journal } = tools;
  const lookUp = (access: TenantAccess) =>
    tools.core(access).structure(access.tenantId, { signal });
  const target = await resolveTarget(settings, lookUp, signal);
  const { deployment, key } = target;
  const supervisor = tools.supervisor(target);
  const core = tools.core({ apiUrl: settings.apiUrl.value, key });
  let placed: Promise<PlacedDeployment | null> | undefined;
  const findOnce = () => (placed ??= findPlaced(settings, target, core, tools));
  const place = { tenantId: settings.tenantId?.value, ...standingOf(settings, target) };
  return {
    target,
    deploymentId: deployment.id,
    supervisor,
    log: openLog(supervisor, deployment.id, clock),
    clock,
    newKey,
    tenant: expectedTenant(settings),
    apiKeyHash: key.fingerprint(hexHash),
    journal,
    counter: {
      isCertain: isCoreCertain(settings, target.supervisorUrl),
      place,
      lookUp: async () => ({ ...place, ...idsOf(await findOnce()) }),
      async count(place, limited) {
        const at = { ...place, deploymentId: deployment.id };
        return (await core.deployment(at, { signal: limited })).nodes_count;
      },
    },
    flags: resumeFlags(settings, target),
    keepsRolls: false,
    path: async () => {
      if (!deployment.path) await findOnce();
      return deployment.path;
    },
  };
}

/**
 * Looks up where the deployment stands, if it is certain which Core knows that. Gives the target its
 * name and its path.
 */
async function findPlaced(
  { apiUrl, tenantId }: Settings,
  { deployment, supervisorUrl }: Target,
  core: Pick<Core, 'structure'>,
  tools: Pick<OpenTools, 'clock' | 'signal'>,
): Promise<PlacedDeployment | null> {
  if (!tenantId || !isCoreCertain({ apiUrl }, supervisorUrl)) return null;
  return optional(tools, async (signal) => {
    const structure = await core.structure(tenantId.value, { signal });
    const found = findDeployment(structure, deployment);
    deployment.name = found.deployment.name;
    deployment.path = placeText(found);
    return found;
  });
}

/** Division and environment of the deployment, by a look-up or by its profile. */
function standingOf({ deployment, profile }: Settings, { placed }: Target): KnownPlace {
  if (placed) return idsOf(placed);
  if (deployment?.source.from !== 'profile') return {};
  return { divisionId: profile?.division_id, environmentId: profile?.environment_id };
}

const idsOf = (placed: PlacedDeployment | null): KnownPlace =>
  placed ? { divisionId: placed.division.id, environmentId: placed.environment.id } : {};

function expectedTenant({ tenantId }: Settings): ExpectedTenant | null {
  return tenantId && { tenantId: tenantId.value, origin: tenantId.source.name };
}
