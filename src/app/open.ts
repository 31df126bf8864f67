/*
 * A deployment as its settings name it, opened: clients, log, journal, and the way to ask Core.
 */

import type { CoreApi, DeploymentAddress } from '../api/core-api.js';
import type { Activity } from '../base/activity.js';
import { optional, type Clock } from '../base/clock.js';
import { hexHash } from '../base/hash.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import type { Supervisor } from '../base/supervisor.js';
import type { Settings } from '../config/settings.js';
import {
  findDeployment,
  coreKnowsDeployment,
  refTo,
  resolveTarget,
  resumeFlags,
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

/** The way to ask Core how many nodes a deployment has. */
export interface NodeCounter {
  /** Whether this Core certainly knows the deployment. If not, it is only asked on demand. */
  isCertain: boolean;
  /**
   * By which ids Core has the deployment: those that are known of it, else those of an entry of its
   * log, each of which has them all; null where one is missing.
   */
  address: (entry?: Activity) => DeploymentAddress | null;
  /** The same, with what the tenant's structure says of the deployment. */
  lookUp: () => Promise<DeploymentAddress | null>;
  count: (at: DeploymentAddress, signal: AbortSignal) => Promise<number>;
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
  /** Whether `activities roll --resume` finds a roll again: only that command keeps rolls. */
  keepsRolls: boolean;
}

/** One deployment, and all that a command or a program uses for it, each made once. */
export interface OpenDeployment extends Connection {
  target: Target;
  /** Fills in the target's name and path, where they are not known and can be had. */
  nameTarget: () => Promise<void>;
}

/** The deployment of these settings. @throws as `resolveTarget` does */
export async function openDeployment(
  settings: Settings,
  tools: OpenTools,
): Promise<OpenDeployment> {
  const { clock, signal, newKey, journal } = tools;
  const structureFor = (access: TenantAccess) =>
    tools.core(access).structure(access.tenantId, { signal });
  const target = await resolveTarget(settings, structureFor, signal);
  const { deployment, key } = target;
  const supervisor = tools.supervisor(target);
  const core = tools.core({ apiUrl: settings.apiUrl.value, key });
  const isCertain = coreKnowsDeployment(settings, target);
  const { tenantId } = settings;
  /** Fills in what the target does not know of the deployment yet. */
  const complete = async () => {
    if (!tenantId || !isCertain) return;
    await optional(tools, async (limited) => {
      const structure = await core.structure(tenantId.value, { signal: limited });
      Object.assign(deployment, refTo(findDeployment(structure, deployment)));
    });
  };
  let completed: Promise<void> | undefined;
  const completeOnce = () => (completed ??= complete());
  const address: NodeCounter['address'] = (entry) => {
    const tenant = tenantId?.value ?? entry?.tenant_id;
    const {
      id,
      divisionId = entry?.division_id,
      environmentId = entry?.environment_id,
    } = deployment;
    return tenant && divisionId && environmentId
      ? { tenantId: tenant, divisionId, environmentId, deploymentId: id }
      : null;
  };
  return {
    target,
    deploymentId: deployment.id,
    supervisor,
    log: openLog(supervisor, deployment.id, clock),
    clock,
    newKey,
    tenant: tenantId && { tenantId: tenantId.value, origin: tenantId.source.name },
    apiKeyHash: key.fingerprint(hexHash),
    journal,
    counter: {
      isCertain,
      address,
      lookUp: () => completeOnce().then(() => address()),
      count: async (at, limited) => (await core.deployment(at, { signal: limited })).nodes_count,
    },
    flags: resumeFlags(settings, target),
    keepsRolls: false,
    nameTarget: async () => {
      if (!deployment.path) await completeOnce();
    },
  };
}
