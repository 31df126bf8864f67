import type { Id } from '../base/ids.js';

/** A number in [0, 1), as `Math.random` gives it. */
export type RandomSource = () => number;

/** Mulberry32: small, fast, and the same numbers for the same seed on every machine. Not for secrets. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A stream of its own, so that how often one part asks (a request id per poll) does not change what another part
 * gets (the time a node takes): the same seed then means the same run however often the client polls.
 */
export function fork(random: RandomSource): RandomSource {
  return seededRandom(Math.floor(random() * 2 ** 32));
}

/** `length` characters of `alphabet`. */
export function randomText(random: RandomSource, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
}

/** Two people, whose ids a `JSON.parse` would fold into one. */
export const OPERATORS = { ada: 608123456789012345n, bo: 608123456789012346n } as const;

/** `admin` may do everything; `readonly` may look and not act; `minimal` may act and look nothing up: it lacks `info:read`. */
export type KeyLabel = 'admin' | 'readonly' | 'minimal';

export interface SandboxKey {
  label: KeyLabel;
  /** The secret itself. */
  value: string;
  /** Whom the activity log names. */
  authorId: Id;
  context: ReturnType<typeof keyContext>;
}

const DAY = 86_400_000;
const KEY_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Role, author, and the grants for the tenant, for its divisions and for their environments. */
const KEYS: Record<KeyLabel, [role: string, author: Id, tenant: string, division: string, environment: string]> = {
  admin: ['admin', OPERATORS.ada, 'info:manage api_key:manage', 'environment:manage', 'deployment:manage'],
  readonly: ['viewer', OPERATORS.bo, 'info:read division:read', 'environment:read', 'deployment:read'],
  minimal: ['trigger', OPERATORS.ada, '', '', 'deployment:manage'],
};

/** @param now ms UTC, from which their lives are counted */
export function makeKeys(now: number, random: RandomSource): Record<KeyLabel, SandboxKey> {
  const make = (label: KeyLabel, ordinal: bigint): SandboxKey => ({
    label,
    value: `ld_pk_${randomText(random, KEY_CHARACTERS, 32)}`,
    authorId: KEYS[label][1],
    context: keyContext(label, ordinal, now),
  });
  return { admin: make('admin', 1n), readonly: make('readonly', 2n), minimal: make('minimal', 3n) };
}

function keyContext(label: KeyLabel, ordinal: bigint, now: number) {
  const [role_name, user_id, ...grants] = KEYS[label];
  const [tenant = [], division = [], environment = []] = grants.map((text) => text.split(' ').filter(Boolean));
  return {
    id: 7262500000000000000n + ordinal,
    name: `sandbox ${label}`,
    user_id,
    role_id: 7262400000000000000n + ordinal,
    role_name,
    division_id: null,
    division_name: null,
    validate_ip: false,
    allowed_ips: [],
    expiry_at: new Date(now + 200 * DAY).toISOString(),
    created_at: new Date(now - 165 * DAY).toISOString(),
    permissions: { tenant, division, environment, divisions: {} },
  };
}

export const MAIN_DEPLOYMENT_ID: Id = 7263012455120900033n;

/** A deployment as Core lists it. */
export type Deployment = { id: Id } & Record<'name' | 'cloud' | 'variant', string> &
  Record<'region' | 'tier' | 'supervisor_url', string | null>;

/**
 * The tenant: the deployment to try things on, `staging` twice (a name alone is ambiguous), a division of its own with
 * a deployment elsewhere, and one on premises that no supervisor is known for.
 */
export function tenantStructure(url: string) {
  const managed = { cloud: 'aws', region: 'us-east-1', tier: 'medium', variant: 'managed', supervisor_url: url };
  const byoc = { cloud: 'gcp', region: 'europe-west4', tier: null, variant: 'byoc', supervisor_url: url };
  const onPremise = { cloud: 'aws', region: null, tier: null, variant: 'on_premise', supervisor_url: null };
  const environment = (id: Id, name: string, ...deployments: Deployment[]) => ({ id, name, deployments });
  const production = environment(
    7261845022003200202n,
    'production',
    { id: MAIN_DEPLOYMENT_ID, name: 'sandbox', ...managed },
    { id: 7263012455120900034n, name: 'staging', ...managed },
  );
  const testing = environment(7261845022003200203n, 'testing', {
    ...{ id: 7263012455120900035n, name: 'staging' },
    ...managed,
  });
  const lab = environment(
    7261845022003200204n,
    'lab',
    { id: 7263012455120900036n, name: 'telescope', ...byoc },
    { id: 7263012455120900037n, name: 'basement', ...onPremise },
  );
  return {
    id: 7261845022003200001n,
    name: 'sandbox-tenant',
    divisions: [
      { id: 7261845022003200101n, name: 'platform', environments: [production, testing] },
      { id: 7261845022003200102n, name: 'research', environments: [lab] },
    ],
  };
}
