import { ConnectedCommand } from '../cli/base-command.js';
import type { CommandContext } from '../cli/context.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { urlText } from '../base/text.js';
import type { KeyContext, TenantStructure } from '../api/core-api.js';
import { isGranted } from '../config/grants.js';
import { expiryOf } from '../config/key-life.js';
import {
  protectorOf,
  STRUCTURE,
  type DeploymentRef,
  type DeploymentSettings,
  type Settings,
  type Source,
} from '../config/settings.js';
import { findDeployment, refTo, urlFor, type PlacedDeployment } from '../config/structure.js';
import type { Cell } from '../output/columns.js';
import { fieldsOf } from '../output/list.js';
import { expiryText } from '../cli/profiles/document.js';

export default class Whoami extends ConnectedCommand {
  static override summary =
    'Show whose key this is, what it may do, when it expires, and where each setting came from.';
  static override description =
    '`-o json` shows everything. Without a tenant id ldctl cannot ask about the key, and shows only the settings.';
  static override examples = ['ldctl whoami', 'ldctl whoami --profile prod -o json'];

  protected override async execute() {
    const { flags } = await this.parse(Whoami);
    const context = await this.open(flags);
    const { output, clock } = this.host;
    const { options, inUtc } = output;
    const now = clock.now();
    const found = await findOut(context);
    const identity = identityOf(context.target.settings, found, now);
    if (options.format !== 'table') return this.show(identity, recordOf(identity));
    const { ref, notes } = found;
    const place = ref ? (ref.path ?? ref.name ?? ref.id) : null;
    for (const text of [answerOf(identity, place, now), ...notes.map((note) => `note: ${note}`)]) {
      if (text !== null) context.say(text);
    }
    return this.show(identity, linesOf(identity, place, now, inUtc));
  }
}

type Identity = ReturnType<typeof identityOf>;

/** What the deployment is called: its path, where that is known; else its name or id. */
type Place = string | Id | null;

/** What the API says; without what it was not asked, or could not say. */
interface KeyFacts {
  key: ApiKey;
  known?: KeyContext;
  structure?: TenantStructure;
  placed?: PlacedDeployment;
  ref: DeploymentRef | undefined;
  /** Why something is not known. */
  notes: string[];
}

/**
 * Asks about the key, and where its deployment stands: one that cannot be looked up is a note.
 * @throws ApiError (401) when the API does not know the key
 */
async function findOut(context: CommandContext) {
  const { signal, target } = context;
  const { account, settings } = target;
  const { tenantId } = account.settings;
  const { named } = settings.deployment;
  const key = await account.key();
  const found: KeyFacts = { key, ref: named?.value, notes: [] };
  if (!tenantId) {
    found.notes.push(
      'without a tenant id ldctl cannot ask about the key: give --tenant-id, or set LD_TENANT_ID',
    );
    return found;
  }
  const core = await account.core();
  found.known = await core.keyContext(tenantId.value, { signal });
  if (!named) {
    found.notes.push('no deployment is chosen, so what the key may do to it is not known');
    return found;
  }
  try {
    found.structure = await account.structure();
    found.placed = findDeployment(found.structure, named.value);
    found.ref = refTo(found.placed);
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    found.notes.push(error.message);
  }
  return found;
}

/** What is printed: in JSON, these keys in this order. What is not known is null. */
function identityOf({ account, deployment }: Settings, found: KeyFacts, now: number) {
  const { profile, tenantId, apiUrl } = account;
  const { key, known, structure, ref, notes } = found;
  const supervisor = supervisorOf(deployment, found);
  return {
    profile: profile?.name ?? null,
    protected: protectorOf(deployment, ref) !== null,
    api_key: key.mask(),
    ...keyFields(known, now),
    tenant_id: tenantId?.value ?? null,
    tenant_name: structure?.name ?? null,
    api_url: urlText(apiUrl.value),
    ...deploymentFields(found),
    supervisor_url: supervisor && urlText(supervisor.value),
    may_read: may('read', deployment, found),
    may_manage: may('manage', deployment, found),
    origins: {
      profile: originOf(profile),
      api_key: originOf(account.key),
      tenant_id: originOf(tenantId),
      api_url: originOf(apiUrl),
      deployment: originOf(deployment.named),
      supervisor_url: originOf(supervisor),
    },
    notes,
  };
}

function keyFields(known: Partial<KeyContext> | undefined, now: number) {
  const {
    id = null,
    name = null,
    user_id = null,
    role_name = null,
    expiry_at = null,
  } = known ?? {};
  return {
    key_id: id,
    key_name: name,
    user_id,
    role: role_name,
    expires_at: expiry_at,
    /** Whole days; negative when it has expired. */
    expires_in_days: expiryOf(expiry_at, now)?.daysLeft ?? null,
    /** The addresses the key may be used from; null for any. */
    allowed_ips: known?.validate_ip ? (known.allowed_ips ?? []) : null,
  };
}

function deploymentFields({ ref, placed }: KeyFacts) {
  return {
    deployment_id: ref?.id ?? null,
    deployment_name: ref?.name ?? null,
    division_name: placed?.division.name ?? null,
    environment_name: placed?.environment.name ?? null,
  };
}

function supervisorOf(
  { supervisorUrl }: DeploymentSettings,
  { ref, placed, structure, notes }: KeyFacts,
) {
  const given = ref
    ? urlFor(supervisorUrl, ref, (note) => notes.push(note), structure)
    : supervisorUrl;
  const href = placed?.deployment.supervisor_url;
  if (given || !href) return given ?? null;
  return { value: { href }, source: STRUCTURE };
}

/** Null where it cannot be known. */
function may(
  wanted: 'read' | 'manage',
  { named }: DeploymentSettings,
  { known, structure, placed, ref }: KeyFacts,
): boolean | null {
  if (!known || !named) return null;
  return structure && !placed ? false : isGranted(known.permissions, wanted, ref ?? {});
}

/**
 * The answer in one sentence: `sandbox admin (admin) may read and act on
 * platform/demo/sandbox; key good for 199 days`.
 */
function answerOf(identity: Identity, place: Place, now: number) {
  const { key_name: name, role, expires_at: at, may_read, may_manage } = identity;
  if (name === null) return null;
  const verbs = [may_read && 'read', may_manage && 'act on'].filter(Boolean).join(' and ');
  const what = may_manage === null ? '' : ` may ${verbs || 'neither read nor act on'} ${place}`;
  const expiry = expiryOf(at, now);
  const life = expiry ? `; ${expiry.life}` : '';
  return `${name} (${role})${what}${life}`;
}

/** `flag --deployment`, `env LD_API_KEY`, `profile prod`, `default`; null for what is not set. */
function originOf(setting: { source: Source } | null): string | null {
  if (!setting) return null;
  const { from, name } = setting.source;
  return from === 'flag' || from === 'env' ? `${from} ${name}` : name;
}

/** Six lines for people. */
function linesOf(identity: Identity, place: Place, now: number, utc: boolean) {
  const { origins, key_id, expires_at: at, allowed_ips: addresses } = identity;
  const from = (value: Cell, origin: string | null) => origin && `${value}  (${origin})`;
  return fieldsOf({
    key: from(identity.api_key, origins.api_key),
    tenant: from(identity.tenant_name ?? identity.tenant_id, origins.tenant_id),
    deployment: from(place, origins.deployment),
    supervisor: from(identity.supervisor_url, origins.supervisor_url),
    expires: at && expiryText(at, now, utc),
    addresses: addresses?.join(' ') ?? (key_id === null ? null : 'any'),
  });
}

/** One record of CSV: all but where the settings came from. */
const recordOf = ({ origins, ...known }: Identity) =>
  fieldsOf({ ...known, allowed_ips: known.allowed_ips?.join(' '), notes: known.notes.join('; ') });
