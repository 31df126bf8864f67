/*
 * A deployment as its settings name it, opened: clients, log, journal, and the way to ask Core.
 */

import type { DeploymentAddress } from '../api/core-api.js';
import type { Activity } from '../base/activity.js';
import { optional, type Clock } from '../base/clock.js';
import { refusedError, usageError } from '../base/errors.js';
import { hexHash } from '../base/hash.js';
import type { Id } from '../base/ids.js';
import type { RunJournal } from '../base/journal.js';
import { once } from '../base/once.js';
import type { ApiKey } from '../base/secret.js';
import type { Supervisor } from '../base/supervisor.js';
import { urlText } from '../base/text.js';
import type { Profile } from '../config/profiles.js';
import {
  protectorByName,
  protectorOf,
  STRUCTURE,
  variablesOf,
  type AccountSettings,
  type DeploymentRef,
  type DeploymentSettings,
  type Setting,
  type Source,
  type SupervisorSetting,
} from '../config/settings.js';
import {
  deploymentText,
  findDeployment,
  refTo,
  supervisorUrlOf,
  urlFor,
} from '../config/structure.js';
import type { ExpectedTenant } from '../log/foreign.js';
import { openLog, type ActivityLog } from '../log/log.js';
import { endpointAt, type Account, type Core, type Endpoint } from './account.js';

/** What a deployment is opened with. */
interface OpenTools {
  clock: Clock;
  signal: AbortSignal;
  /** Makes a key that no other trigger has. */
  newKey: () => string;
  /** Says which setting does not count. */
  say: (line: string) => void;
  journal: RunJournal;
  supervisor: (endpoint: Endpoint, deployment: KnownRef) => Supervisor;
}

/** Mutable: `place` fills in name and path later, when they are needed. */
type KnownRef = DeploymentRef & { id: Id };

/** Where a deployment is reached. */
interface Located {
  ref: KnownRef;
  /** Core has said what it is called. A path that a profile stores may be an old one. */
  isCalledSo: boolean;
  supervisorUrl: Setting<URL> & Partial<SupervisorSetting>;
}

/**
 * How many nodes Core counts, asked once; null where that is not known, or it counts none.
 * @param entries of the log: the first names division and environment
 */
export type Counting = (entries: readonly Activity[]) => Promise<number | null>;

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
  /** The profile that it is reached by; null without one, and where variables override it. */
  profile: string | null;
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

/** One deployment of an account, and all that is used for it, each made once. */
export interface OpenDeployment extends Connection, Located {
  account: Account;
  apiKey: ApiKey;
  /** The profile that protects it. */
  protector: Profile | null;
  /** What it is called: its path, where that can be had; else its name or id. */
  place: () => Promise<string>;
}

/**
 * Core is asked only for what is not known, id or supervisor URL, so that an outage of Core stops
 * no restart.
 * @throws UsageError without a key or a deployment; as `Account.structure` and `findDeployment` do
 */
export async function openDeployment(
  account: Account,
  settings: DeploymentSettings,
  tools: OpenTools,
): Promise<OpenDeployment> {
  const { clock, newKey, journal } = tools;
  account.assertKey();
  const located = await locate(account, settings, tools.say);
  const { ref, supervisorUrl } = located;
  const apiKey = await account.key();
  const supervisor = tools.supervisor(endpointAt(supervisorUrl, apiKey), ref);
  const isCertain = coreKnows(account.settings, supervisorUrl);
  const { tenantId } = account.settings;
  /** Fills in what is not known of the deployment yet. */
  const complete = once(async () => {
    if (!tenantId || !isCertain) return;
    await optional(tools, async (limited) => {
      Object.assign(ref, refTo(findDeployment(await account.structure(limited), ref)));
      located.isCalledSo = true;
    });
  });
  const place = async () => {
    if (!ref.path) await complete();
    return deploymentText(ref);
  };
  // Until Core has said what it is called, it may be the one that is protected.
  const possibleProtector = () => (located.isCalledSo ? null : protectorByName(settings));
  if (possibleProtector()) await complete();
  return {
    ...located,
    account,
    apiKey,
    protector: protectorOf(settings, ref) ?? possibleProtector(),
    place,
    deploymentId: ref.id,
    profile: profileUsed(account.settings, settings, located)?.name ?? null,
    supervisor,
    log: openLog(supervisor, ref.id, clock),
    clock,
    newKey,
    tenant: tenantId && { tenantId: tenantId.value, origin: tenantId.source.name },
    apiKeyHash: apiKey.fingerprint(hexHash),
    journal,
    counter: nodeCounter(ref, account, { clock, isCertain, complete }),
    flags: flagsToContinue(account.settings, settings, located),
  };
}

/** By its settings, and where they leave something open, by the tenant's structure. */
async function locate(
  account: Account,
  { named, supervisorUrl }: DeploymentSettings,
  say: (line: string) => void,
): Promise<Located> {
  if (!named) {
    const what = 'no deployment: neither a flag, nor LD_DEPLOYMENT_ID, nor a profile names one';
    throw usageError('no_deployment', what);
  }
  const { id } = named.value;
  const known = urlFor(supervisorUrl, named.value, say);
  if (id !== null && known) {
    return { ref: { ...named.value, id }, isCalledSo: false, supervisorUrl: known };
  }
  const structure = await account.structure();
  const placed = findDeployment(structure, named.value);
  const ref = refTo(placed);
  const given = known === undefined ? urlFor(supervisorUrl, ref, say, structure) : known;
  return {
    ref,
    isCalledSo: true,
    supervisorUrl: given ?? { value: supervisorUrlOf(placed.deployment), source: STRUCTURE },
  };
}

/**
 * Whether this Core certainly knows the deployment: its URL was given, or it named the supervisor,
 * or that is one of LaserData's own. A key for an on-premise supervisor must not travel to the
 * public Core unasked.
 */
const coreKnows = ({ apiUrl }: AccountSettings, supervisorUrl: Setting<URL>) =>
  apiUrl.source.from !== 'default' || isNamedByCore(supervisorUrl) || isHosted(supervisorUrl);

const isNamedByCore = ({ source }: Setting<URL>) => source.from === 'structure';
const isHosted = ({ value }: Setting<URL>) => value.hostname.endsWith('.laserdata.cloud');

/** The profile, unless variables override it. */
function profileUsed(
  { profile, key, tenantId, apiUrl }: AccountSettings,
  { named }: Pick<DeploymentSettings, 'named'>,
  { supervisorUrl }: Located,
) {
  const isMixed = variablesOf([key, tenantId, apiUrl, named, supervisorUrl]).length > 0;
  return isMixed ? null : profile;
}

/**
 * The flags by which a later command acts on the same deployment as the same user, and asks Core
 * under the same conditions, without what the environment or the profile gives again. Never a key:
 * - all from profile prod: `--profile prod`
 * - the deployment from profile prod, the key from LD_API_KEY: `--deployment 71 --supervisor-url …`,
 *   since `--profile` would ignore the variable
 * - all from variables: nothing
 */
function flagsToContinue(
  account: AccountSettings,
  { named }: Pick<DeploymentSettings, 'named'>,
  located: Located,
): string[] {
  const { tenantId, apiUrl } = account;
  const used = profileUsed(account, { named }, located);
  /** Where the later command is not given the same by a variable or by `--profile`. */
  const isLost = (source?: Source) =>
    source && source.from !== 'env' && !(used && source.from === 'profile');
  const { ref, supervisorUrl } = located;
  const { source: byCore, value: coreUrl } = apiUrl;
  // The later command is given the supervisor's URL, and cannot know that the default Core named
  // it.
  const isDefaultEnough =
    byCore.from === 'default' && (!isNamedByCore(supervisorUrl) || isHosted(supervisorUrl));
  /** A flag with its value, and where that is from; undefined where it is not needed. */
  const flags: ReadonlyArray<readonly [source: Source | undefined, ...words: string[]]> = [
    [named?.source, '--deployment', String(ref.id)],
    // By its variable alone the later command would have to look up again whose URL it is.
    [
      supervisorUrl.of ? STRUCTURE : supervisorUrl.source,
      '--supervisor-url',
      urlText(supervisorUrl.value),
    ],
    [tenantId?.source, '--tenant-id', String(tenantId?.value)],
    [isDefaultEnough ? undefined : byCore, '--api-url', urlText(coreUrl)],
  ];
  return [
    ...(used ? ['--profile', used.name] : []),
    ...flags.flatMap(([source, ...words]) => (isLost(source) ? words : [])),
  ];
}

/** What Core is asked through. */
interface Counter {
  settings: Pick<AccountSettings, 'tenantId'>;
  core: () => Promise<Pick<Core, 'deployment'>>;
}

/** `complete` fills in the place of the deployment, if it can be had. */
export function nodeCounter(
  ref: KnownRef,
  { settings, core }: Counter,
  {
    clock,
    isCertain,
    complete,
  }: { clock: Clock; isCertain: boolean; complete: () => Promise<void> },
): NodeCounter {
  const count = async (entry: Activity | undefined, signal: AbortSignal, budgetMs?: number) => {
    const known = addressOf(ref, settings, entry);
    if (!known) await complete();
    const address = known ?? addressOf(ref, settings);
    if (!address) {
      throw notCounted('the log is empty, so ldctl does not know where Core has this deployment');
    }
    const { nodes_count: nodes } = await (await core()).deployment(address, { signal, budgetMs });
    if (nodes === 0) throw notCounted('Core counts no nodes in this deployment');
    return nodes;
  };
  const countInTime = (entry: Activity | undefined, signal: AbortSignal, ms: number) =>
    optional({ clock, signal }, (limited) => count(entry, limited, ms), ms);
  return {
    isCertain,
    start(patience, signal) {
      const ask = (entry?: Activity) => {
        const counted =
          patience === 'demanded' ? count(entry, signal) : countInTime(entry, signal, patience);
        // It may fail while a page is on its way, before anyone waits for it.
        counted.catch(() => undefined);
        return counted;
      };
      let counted = addressOf(ref, settings) ? ask() : null;
      return ([entry]) => (counted ??= ask(entry));
    },
  };
}

/** By what is known of the deployment, else by an entry; null where something is missing. */
function addressOf(
  { id, ...known }: KnownRef,
  { tenantId }: Counter['settings'],
  entry?: Activity,
): DeploymentAddress | null {
  const tenant = tenantId?.value ?? entry?.tenant_id;
  const { divisionId = entry?.division_id, environmentId = entry?.environment_id } = known;
  return tenant && divisionId && environmentId
    ? { tenantId: tenant, divisionId, environmentId, deploymentId: id }
    : null;
}

const notCounted = (why: string) =>
  refusedError('no_nodes_counted', why, 'Name the nodes, or say how many there must be.');
