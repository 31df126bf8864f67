import { type Id } from '../core/ids.js';
import { type DivisionGrants, type KeyContext, type Permissions, type TenantStructure } from '../core/wire.js';
import { type Place } from './activity-log.js';
import { type SandboxRequest } from './message.js';
import { Refusal } from './problems.js';
import { randomText, type Random } from './random.js';
import { OPERATORS, STAGING } from './tenant.js';

/**
 * `admin` may do everything; `readonly` may read; `scoped` may act in one environment only; `expired` was good until
 * two days ago; `expiring` is another operator's, for one division and five more days; `elsewhere` is bound to another
 * address.
 */
export type KeyLabel = 'admin' | 'readonly' | 'scoped' | 'expired' | 'expiring' | 'elsewhere';

export interface SandboxKey {
  label: KeyLabel;
  /** The secret itself. */
  value: string;
  /** Whom the activity log names. */
  authorId: Id;
  /** Ms UTC. */
  expiresAt: number;
  context: KeyContext;
}

const DAY = 86_400_000;
/** Contract, "Core: whose key is this": keys expire after 365 days at most. */
const LONGEST_LIFE = 365 * DAY;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const EVERYTHING: Permissions = {
  tenant: ['tenant:manage'],
  division: ['division:manage'],
  environment: ['environment:manage', 'deployment:manage'],
  divisions: {},
};
const READ_ONLY: Permissions = {
  tenant: ['tenant:read'],
  division: ['division:read'],
  environment: ['environment:read', 'deployment:read'],
  divisions: {},
};
const ONE_ENVIRONMENT = inOneDivision({
  environment: [],
  environments: {
    [String(STAGING.environment.id)]: { name: STAGING.environment.name, permissions: ['deployment:manage'] },
  },
});
const ONE_DIVISION = inOneDivision({ environment: ['environment:read', 'deployment:manage'], environments: {} });

interface KeyTraits {
  ordinal: bigint;
  role: string;
  permissions: Permissions;
  author: Id;
  /** How long it is good for yet. */
  days: number;
  division?: { id: Id; name: string };
  allowedIps?: string[];
}

const { ada, bo } = OPERATORS;
const TRAITS: Record<KeyLabel, KeyTraits> = {
  admin: { ordinal: 1n, role: 'admin', permissions: EVERYTHING, author: ada, days: 200 },
  readonly: { ordinal: 2n, role: 'viewer', permissions: READ_ONLY, author: bo, days: 90 },
  scoped: {
    ordinal: 3n,
    role: 'testing operator',
    permissions: ONE_ENVIRONMENT,
    author: bo,
    days: 90,
    division: STAGING.division,
  },
  expired: { ordinal: 4n, role: 'admin', permissions: EVERYTHING, author: ada, days: -2 },
  expiring: {
    ordinal: 5n,
    role: 'operator',
    permissions: ONE_DIVISION,
    author: bo,
    days: 5,
    division: STAGING.division,
  },
  elsewhere: {
    ordinal: 6n,
    role: 'admin',
    permissions: EVERYTHING,
    author: ada,
    days: 200,
    // From the block reserved for documentation (RFC 5737): never the caller's address.
    allowedIps: ['203.0.113.7'],
  },
};

export type KeyRing = Readonly<Record<KeyLabel, SandboxKey>>;

/** One key of each kind; lives are counted from `now` (ms UTC). */
export function makeKeys(now: number, random: Random): KeyRing {
  const make = (label: KeyLabel): SandboxKey => makeKey(label, now, random);
  return {
    admin: make('admin'),
    readonly: make('readonly'),
    scoped: make('scoped'),
    expired: make('expired'),
    expiring: make('expiring'),
    elsewhere: make('elsewhere'),
  };
}

function makeKey(label: KeyLabel, now: number, random: Random): SandboxKey {
  const { ordinal, ...traits } = TRAITS[label];
  const expiresAt = now + traits.days * DAY;
  return {
    label,
    value: `ld_pk_${randomText(random, ALPHABET, 32)}`,
    authorId: traits.author,
    expiresAt,
    context: {
      id: 7262500000000000000n + ordinal,
      name: `sandbox ${label}`,
      user_id: traits.author,
      role_id: 7262400000000000000n + ordinal,
      role_name: traits.role,
      division_id: traits.division?.id ?? null,
      division_name: traits.division?.name ?? null,
      validate_ip: traits.allowedIps !== undefined,
      allowed_ips: traits.allowedIps ?? [],
      expiry_at: new Date(expiresAt).toISOString(),
      created_at: new Date(expiresAt - LONGEST_LIFE).toISOString(),
      permissions: traits.permissions,
    },
  };
}

/**
 * The key a request carries (contract, "Shared by both").
 * @throws Refusal 401 when it is missing, wrong or expired at `at` (ms UTC); 403 from an address that is not allowed
 */
export function authenticate(keys: KeyRing, request: SandboxRequest, at: number): SandboxKey {
  const value = request.headers['ld-api-key'];
  if (value === undefined) throw new Refusal('unauthorized', 'The ld-api-key header is missing.');
  const key = Object.values(keys).find((known) => known.value === value);
  if (!key) throw new Refusal('unauthorized', 'The API key is wrong or was revoked.');
  if (at >= key.expiresAt) throw new Refusal('unauthorized', 'The API key has expired.');
  const address = request.remoteAddress ?? '127.0.0.1';
  const { validate_ip, allowed_ips } = key.context;
  if (validate_ip && !allowed_ips?.includes(address)) {
    throw new Refusal('forbidden', `This key may not be used from ${address}.`);
  }
  return key;
}

export type DeploymentPermission = 'deployment:read' | 'deployment:manage';

/**
 * Whether the key holds a permission on the deployments of an environment: granted for the whole tenant, the division,
 * or that environment (contract, "Core: whose key is this"). A grant of `x:manage` includes `x:read`.
 */
export function holds(
  { permissions }: KeyContext,
  wanted: DeploymentPermission,
  { divisionId, environmentId }: Pick<Place, 'divisionId' | 'environmentId'>,
): boolean {
  const division = permissions.divisions[String(divisionId)];
  const granted = [
    ...permissions.environment,
    ...(division?.environment ?? []),
    ...(division?.environments[String(environmentId)]?.permissions ?? []),
  ];
  return granted.includes(wanted) || granted.includes(wanted.replace(':read', ':manage'));
}

/** The structure with only what the key may see: an environment or a division where it may see nothing is left out. */
export function visibleStructure(context: KeyContext, structure: TenantStructure): TenantStructure {
  const divisions = structure.divisions.map((division) => ({
    ...division,
    environments: division.environments.filter((environment) =>
      holds(context, 'deployment:read', { divisionId: division.id, environmentId: environment.id }),
    ),
  }));
  return { ...structure, divisions: divisions.filter((division) => division.environments.length > 0) };
}

function inOneDivision(grants: Pick<DivisionGrants, 'environment' | 'environments'>): Permissions {
  const { id, name } = STAGING.division;
  const division = { name, permissions: ['division:read'], ...grants };
  return { tenant: [], division: [], environment: [], divisions: { [String(id)]: division } };
}
