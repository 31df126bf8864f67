/*
 * A deployment as its settings name it, opened: clients, log, journal, and the way to ask Core.
 */

import type { CoreApi, DeploymentAddress } from '../api/core-api.js';
import type { Activity } from '../base/activity.js';
import { optional, type Clock } from '../base/clock.js';
import { refusedError } from '../base/errors.js';
import { hexHash } from '../base/hash.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import type { Supervisor } from '../base/supervisor.js';
import { isProtectedByName, type Settings } from '../config/settings.js';
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
  /** Says which setting does not count. */
  say: (line: string) => void;
  journal: RunJournal;
  supervisor: (target: Target) => Supervisor;
  core: (access: Pick<TenantAccess, 'apiUrl' | 'key'>) => Pick<Core, 'structure' | 'deployment'>;
}

/**
 * How many nodes Core counts, asked once; undefined where that is not known, or it counts none.
 * @param entries of the log: the first names division and environment
 */
export type Counting = (entries: readonly Activity[]) => Promise<number | undefined>;

/** The way to ask Core how many nodes a deployment has. */
export interface NodeCounter {
  /** Whether this Core certainly knows the deployment. If not, it is only asked on demand. */
  isCertain: boolean;
  /**
   * Starts a count. It needs the division and environment of the deployment: if they are known,
   * Core is asked at once, beside the first page of the log, else after that page, which names
   * them.
   * @param patience how long Core has, ms: what is not there by then is not known, and fails
   * nothing. `demanded`: what cannot be had is an error
   */
  start: (patience: number | 'demanded', signal: AbortSignal) => Counting;
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
  /** Set by the command that keeps rolls, so that `activities roll --resume` finds one again. */
  keepsRolls?: boolean;
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
  const target = await resolveTarget(settings, structureFor, tools.say, signal);
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
  const nameTarget = async () => {
    if (!deployment.path) await completeOnce();
  };
  if (isProtectedByName(settings)) await nameTarget();
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
    counter: nodeCounter(target, {
      core,
      clock,
      isCertain,
      tenantId: tenantId?.value,
      complete: completeOnce,
    }),
    flags: resumeFlags(settings, target),
    nameTarget,
  };
}

/** @param complete fills in the place of the deployment, if it can be had */
export function nodeCounter(
  { deployment }: Pick<Target, 'deployment'>,
  {
    core,
    clock,
    isCertain,
    tenantId,
    complete,
  }: {
    core: Pick<Core, 'deployment'>;
    clock: Clock;
    isCertain: boolean;
    tenantId: Id | undefined;
    complete: () => Promise<void>;
  },
): NodeCounter {
  const addressBy = (entry?: Activity) => addressOf(deployment, tenantId, entry);
  const countAt = async (
    known: DeploymentAddress | null,
    signal: AbortSignal,
    budgetMs?: number,
  ) => {
    if (!known) await complete();
    const address = known ?? addressBy();
    if (!address) {
      throw notCounted('the log is empty, so ldctl does not know where Core has this deployment');
    }
    const { nodes_count: nodes } = await core.deployment(address, { signal, budgetMs });
    if (nodes === 0) throw notCounted('Core counts no nodes in this deployment');
    return nodes;
  };
  const countIn = async (ms: number, at: DeploymentAddress | null, signal: AbortSignal) =>
    (await optional({ clock, signal }, (limited) => countAt(at, limited, ms), ms)) ?? undefined;
  return {
    isCertain,
    start(patience, signal) {
      let counted: ReturnType<Counting> | undefined;
      const ask = (address: DeploymentAddress | null) => {
        counted ??=
          patience === 'demanded' ? countAt(address, signal) : countIn(patience, address, signal);
        // It may fail while a page is on its way, before anyone waits for it.
        counted.catch(() => undefined);
        return counted;
      };
      const known = addressBy();
      if (known) void ask(known);
      return ([entry]) => ask(addressBy(entry));
    },
  };
}

/** By what is known of the deployment, else by an entry; null where something is missing. */
function addressOf(
  { id, ...known }: Target['deployment'],
  tenantId: Id | undefined,
  entry: Activity | undefined,
): DeploymentAddress | null {
  const tenant = tenantId ?? entry?.tenant_id;
  const { divisionId = entry?.division_id, environmentId = entry?.environment_id } = known;
  return tenant && divisionId && environmentId
    ? { tenantId: tenant, divisionId, environmentId, deploymentId: id }
    : null;
}

const notCounted = (why: string) =>
  refusedError('no_nodes_counted', why, 'Name the nodes, or say how many there must be.');
