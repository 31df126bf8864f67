import { Interrupted, LdctlError } from '../../base/errors.js';
import type { ApiKey } from '../../base/secret.js';
import { urlText } from '../../base/text.js';
import type { KeyContext, TenantStructure } from '../../api/core-api.js';
import type { IdentityDocument } from '../../output/identity.js';
import { findDeployment, type PlacedDeployment } from '../../config/deployments.js';
import { expiryOf } from '../../config/expiry.js';
import { isGranted } from '../../config/grants.js';
import { settingOrigins } from '../../config/origins.js';
import type { Settings } from '../../config/settings.js';
import type { CommandContext } from '../context.js';

const LOOKED_UP = { source: { from: 'structure' } } as const;

/** What the API said, as far as it could be asked. */
interface Known {
  keyContext: KeyContext | null;
  structure: TenantStructure | null;
  placed: PlacedDeployment | null;
  /** Why not all of it is known. */
  notes: string[];
}

/**
 * Finds out who the key is and what it may do to the current deployment. Without a tenant id the API cannot be asked;
 * a deployment that cannot be looked up is a note, and no failure.
 * @throws UsageError when there is no key; ApiError (401) when the API does not know it; the errors of the Core API
 */
export async function identify(context: CommandContext): Promise<IdentityDocument> {
  const { settings } = context;
  const key = await context.key();
  const { keyContext, structure, placed, notes } = await askApi(context, key);
  const place = placed && { divisionId: placed.division.id, environmentId: placed.environment.id };
  const isUnseen = structure !== null && settings.deployment !== null && placed === null;
  const may = (permission: 'deployment:read' | 'deployment:manage'): boolean | null => {
    if (!keyContext || !settings.deployment) return null;
    return isUnseen ? false : isGranted(keyContext.permissions, permission, place);
  };
  const expiresAt = keyContext ? (keyContext.expiry_at ?? null) : storedExpiry(settings);
  const wanted = settings.deployment?.value;
  const lookedUp = settings.supervisorUrl === null ? (placed?.deployment.supervisor_url ?? null) : null;
  return {
    profile: settings.profile?.name ?? null,
    protected: settings.profile?.protected ?? false,
    api_key: key.mask(),
    key_id: keyContext?.id ?? null,
    key_name: keyContext?.name ?? null,
    user_id: keyContext?.user_id ?? null,
    role: keyContext?.role_name ?? null,
    expires_at: expiresAt,
    expires_in_days: expiresAt === null ? null : (expiryOf(expiresAt, context.host.clock.now())?.daysLeft ?? null),
    allowed_ips: keyContext?.validate_ip ? (keyContext.allowed_ips ?? []) : null,
    tenant_id: settings.tenantId?.value ?? null,
    tenant_name: structure?.name ?? null,
    api_url: urlText(settings.apiUrl.value),
    deployment_id: placed?.deployment.id ?? wanted?.id ?? null,
    deployment_name: placed?.deployment.name ?? wanted?.name ?? null,
    division_name: placed?.division.name ?? null,
    environment_name: placed?.environment.name ?? null,
    supervisor_url: settings.supervisorUrl ? urlText(settings.supervisorUrl.value) : lookedUp,
    may_read: may('deployment:read'),
    may_manage: may('deployment:manage'),
    origins: settingOrigins(lookedUp === null ? settings : { ...settings, supervisorUrl: LOOKED_UP }),
    notes,
  };
}

async function askApi(context: CommandContext, key: ApiKey): Promise<Known> {
  const { tenantId, apiUrl, deployment } = context.settings;
  if (!tenantId) {
    const what = 'without a tenant id the API cannot be asked whose key this is, what it may do, and when it expires';
    return {
      keyContext: null,
      structure: null,
      placed: null,
      notes: [`${what}: give --tenant-id, or set LD_TENANT_ID`],
    };
  }
  const core = context.core({ apiUrl: apiUrl.value, key });
  const { signal } = context;
  const keyContext = await core.keyContext(tenantId.value, { signal });
  const known: Known = { keyContext, structure: null, placed: null, notes: [] };
  if (!deployment) return { ...known, notes: ['no deployment is chosen, so what the key may do to it is not known'] };
  try {
    known.structure = await core.structure(tenantId.value, { signal });
    known.placed = findDeployment(known.structure, deployment.value);
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    known.notes.push(error.message);
  }
  return known;
}

/** What is stored about the profile's own key still holds when the API cannot be asked. */
function storedExpiry({ profile, key }: Settings): string | null {
  return key?.source.from === 'profile' ? (profile?.expiresAt ?? null) : null;
}
