import { Interrupted, LdctlError } from '../../core/errors.js';
import type { ApiKey } from '../../core/secret.js';
import type { KeyContext, TenantStructure } from '../../core/wire.js';
import type { IdentityDocument } from '../../output/identity.js';
import { findDeployment, type PlacedDeployment } from '../../profiles/deployments.js';
import { expiryOf } from '../../profiles/expiry.js';
import { isGranted } from '../../profiles/grants.js';
import { settingOrigins } from '../../profiles/origins.js';
import type { Settings } from '../../profiles/settings.js';
import { hrefOf } from './add-profile.js';
import type { Session } from '../session.js';

/** What the API said, as far as it could be asked. */
interface Told {
  context: KeyContext | null;
  structure: TenantStructure | null;
  placed: PlacedDeployment | null;
  /** Why not all of it is known. */
  notes: string[];
}

/**
 * Finds out who the key is and what it may do to the current deployment. Without a tenant id the API cannot be asked;
 * a deployment that cannot be looked up is a note, and no failure.
 * @param now ms, UTC
 * @throws UsageError when there is no key; ApiError (401) when the API does not know it; the errors of the Core API
 */
export async function identify(session: Session, now: number, signal: AbortSignal): Promise<IdentityDocument> {
  const { settings } = session;
  const key = await session.key(signal);
  const { context, structure, placed, notes } = await askApi(session, key, signal);
  const place = placed && { divisionId: placed.division.id, environmentId: placed.environment.id };
  const isUnseen = structure !== null && settings.deployment !== null && placed === null;
  const may = (permission: 'deployment:read' | 'deployment:manage'): boolean | null => {
    if (!context || !settings.deployment) return null;
    return isUnseen ? false : isGranted(context.permissions, permission, place);
  };
  const expiresAt = context ? (context.expiry_at ?? null) : storedExpiry(settings);
  const wanted = settings.deployment?.value;
  const supervisorUrl = settings.supervisorUrl
    ? hrefOf(settings.supervisorUrl.value)
    : placed?.deployment.supervisor_url;
  return {
    profile: settings.profile?.name ?? null,
    protected: settings.profile?.protected ?? false,
    api_key: key.mask(),
    key_id: context?.id ?? null,
    key_name: context?.name ?? null,
    user_id: context?.user_id ?? null,
    role: context?.role_name ?? null,
    expires_at: expiresAt,
    expires_in_days: expiresAt === null ? null : (expiryOf(expiresAt, now)?.daysLeft ?? null),
    allowed_ips: context?.validate_ip ? (context.allowed_ips ?? []) : null,
    tenant_id: settings.tenantId?.value ?? null,
    tenant_name: structure?.name ?? null,
    api_url: hrefOf(settings.apiUrl.value),
    deployment_id: placed?.deployment.id ?? wanted?.id ?? null,
    deployment_name: placed?.deployment.name ?? wanted?.name ?? null,
    division_name: placed?.division.name ?? null,
    environment_name: placed?.environment.name ?? null,
    supervisor_url: supervisorUrl ?? null,
    may_read: may('deployment:read'),
    may_manage: may('deployment:manage'),
    origins: originsOf(settings, placed),
    notes,
  };
}

async function askApi(session: Session, key: ApiKey, signal: AbortSignal): Promise<Told> {
  const { tenantId, apiUrl, deployment } = session.settings;
  if (!tenantId) {
    const what = 'without a tenant id the API cannot be asked whose key this is, what it may do, and when it expires';
    return { context: null, structure: null, placed: null, notes: [`${what}: give --tenant-id, or set LD_TENANT_ID`] };
  }
  const core = session.core({ apiUrl: apiUrl.value, key });
  const context = await core.keyContext(tenantId.value, { signal });
  const told: Told = { context, structure: null, placed: null, notes: [] };
  if (!deployment) return { ...told, notes: ['no deployment is chosen, so what the key may do to it is not known'] };
  try {
    told.structure = await core.structure(tenantId.value, { signal });
    told.placed = findDeployment(told.structure, deployment.value);
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    told.notes.push(error.message);
  }
  return told;
}

/** What is stored about the profile's own key still holds when the API cannot be asked. */
function storedExpiry({ profile, key }: Settings): string | null {
  return key?.source.from === 'profile' ? (profile?.expiresAt ?? null) : null;
}

function originsOf(settings: Settings, placed: PlacedDeployment | null): IdentityDocument['origins'] {
  const origins = settingOrigins(settings);
  const lookedUp = settings.supervisorUrl === null && placed?.deployment.supervisor_url;
  return lookedUp ? { ...origins, supervisor_url: "the tenant's structure" } : origins;
}
