import type { Id } from '../base/ids.js';
import { createHash } from 'node:crypto';

/** A number in [0, 1), as `Math.random` gives it. */
export type RandomSource = () => number;

/** The same numbers for the same seed on every machine. Not for secrets. */
export function seededRandom(seed: number): RandomSource {
  let drawn = 0;
  return () => {
    drawn += 1;
    return createHash('sha256').update(`${seed} ${drawn}`).digest().readUInt32BE() / 2 ** 32;
  };
}

/** Two people, whose ids `JSON.parse` would read as one. */
export const OPERATORS = { ada: 608123456789012345n, bo: 608123456789012346n } as const;

/**
 * `admin` may do everything; `readonly` may look and not act; `minimal` may act and look nothing
 * up: it lacks `info:read`.
 */
export type KeyLabel = 'admin' | 'readonly' | 'minimal';

const DAY = 86_400_000;

/** For the tenant, for its divisions, and for their environments. */
const GRANTS = {
  admin: {
    tenant: ['info:manage', 'api_key:manage'],
    division: ['environment:manage'],
    environment: ['deployment:manage'],
  },
  readonly: {
    tenant: ['info:read', 'division:read'],
    division: ['environment:read'],
    environment: ['deployment:read'],
  },
  minimal: { tenant: [], division: [], environment: ['deployment:manage'] },
} satisfies Record<KeyLabel, Record<'tenant' | 'division' | 'environment', string[]>>;

/**
 * Each key: its secret, and what Core says of it.
 * @param now ms UTC: the keys were made before, and expire after it
 */
export function makeKeys(now: number, seed: number) {
  const make = (label: KeyLabel, ordinal: bigint) => ({
    value: `ld_pk_${String(seed).padEnd(32 - label.length, 'x')}${label}`,
    context: {
      id: 7262500000000000000n + ordinal,
      name: `sandbox ${label}`,
      user_id: OPERATORS.ada,
      role_id: 7262400000000000000n + ordinal,
      role_name: label,
      division_id: null,
      division_name: null,
      validate_ip: false,
      allowed_ips: [],
      expiry_at: new Date(now + 200 * DAY).toISOString(),
      created_at: new Date(now - 165 * DAY).toISOString(),
      permissions: { ...GRANTS[label], divisions: {} },
    },
  });
  return { admin: make('admin', 1n), readonly: make('readonly', 2n), minimal: make('minimal', 3n) };
}
export type SandboxKey = ReturnType<typeof makeKeys>[KeyLabel];

export const MAIN_DEPLOYMENT_ID: Id = 7263012455120900033n;

/** A deployment as Core lists it. */
export type Deployment = { id: Id } & Record<'name' | 'cloud' | 'variant', string> &
  Record<'region' | 'tier' | 'supervisor_url', string | null>;

/**
 * The deployment to try things on, two named `staging`, so that the name is ambiguous, and one in
 * another division, on premises, whose supervisor is not known.
 */
export function tenantStructure(url: string) {
  const managed = {
    cloud: 'aws',
    region: 'us-east-1',
    tier: 'medium',
    variant: 'managed',
    supervisor_url: url,
  };
  const onPremise = {
    cloud: 'gcp',
    region: null,
    tier: null,
    variant: 'on_premise',
    supervisor_url: null,
  };
  const environment = (id: Id, name: string, ...deployments: Deployment[]) => ({
    id,
    name,
    deployments,
  });
  const demo = environment(
    7261845022003200202n,
    'demo',
    { id: MAIN_DEPLOYMENT_ID, name: 'sandbox', ...managed },
    { id: 7263012455120900034n, name: 'staging', ...managed },
  );
  const staging = { id: 7263012455120900035n, name: 'staging', ...managed };
  const testing = environment(7261845022003200203n, 'testing', staging);
  const basement = { id: 7263012455120900037n, name: 'basement', ...onPremise };
  const lab = environment(7261845022003200204n, 'lab', basement);
  return {
    id: 7261845022003200001n,
    name: 'sandbox-tenant',
    divisions: [
      { id: 7261845022003200101n, name: 'platform', environments: [demo, testing] },
      { id: 7261845022003200102n, name: 'research', environments: [lab] },
    ],
  };
}
