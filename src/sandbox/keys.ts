import { type Id } from '../base/ids.js';
import { type DivisionGrants, type KeyContext, type Permissions } from '../base/wire.js';
import { randomText, type RandomSource } from './random.js';
import { OPERATORS, STAGING } from './tenant.js';

/**
 * `admin` may do everything; `readonly` may read; `scoped` may act in one environment only; `expired` was good until
 * two days ago; `expiring` is another operator's, for one division and five more days; `elsewhere` is bound to another
 * address; `minimal` may act on every deployment and look nothing up: it lacks `info:read`.
 */
export type KeyLabel = 'admin' | 'readonly' | 'scoped' | 'expired' | 'expiring' | 'elsewhere' | 'minimal';

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
/** Keys expire after 365 days at most (contract, "Core: whose key is this"). */
const LONGEST_LIFE = 365 * DAY;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const EVERYTHING: Permissions = {
  tenant: ['info:manage', 'division:manage', 'role:manage', 'member:manage', 'api_key:manage'],
  division: ['environment:manage'],
  environment: ['deployment:manage'],
  divisions: {},
};
const READ_ONLY: Permissions = {
  tenant: ['info:read', 'division:read'],
  division: ['environment:read'],
  environment: ['deployment:read'],
  divisions: {},
};
const TRIGGER_ONLY: Permissions = { tenant: [], division: [], environment: ['deployment:manage'], divisions: {} };
const ONE_ENVIRONMENT = inOneDivision({
  environment: [],
  environments: {
    [String(STAGING.environment.id)]: { name: STAGING.environment.name, permissions: ['deployment:manage'] },
  },
});
const ONE_DIVISION = inOneDivision({ environment: ['deployment:manage'], environments: {} });

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
  minimal: { ordinal: 7n, role: 'trigger', permissions: TRIGGER_ONLY, author: ada, days: 200 },
};

export type KeyRing = Readonly<Record<KeyLabel, SandboxKey>>;

/** One key of each kind; lives are counted from `now` (ms UTC). */
export function makeKeys(now: number, random: RandomSource): KeyRing {
  const make = (label: KeyLabel): SandboxKey => makeKey(label, now, random);
  return {
    admin: make('admin'),
    readonly: make('readonly'),
    scoped: make('scoped'),
    expired: make('expired'),
    expiring: make('expiring'),
    elsewhere: make('elsewhere'),
    minimal: make('minimal'),
  };
}

function makeKey(label: KeyLabel, now: number, random: RandomSource): SandboxKey {
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

function inOneDivision(grants: Pick<DivisionGrants, 'environment' | 'environments'>): Permissions {
  const { id, name } = STAGING.division;
  const division = { name, permissions: ['environment:read'], ...grants };
  return { tenant: ['info:read'], division: [], environment: [], divisions: { [String(id)]: division } };
}
