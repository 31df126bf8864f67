import type { ExpectedTenant } from '../activities/tenant-guard.js';
import type { Settings } from '../config/settings.js';

/** The tenant that is known of the target, and who says so. */
export function expectedTenant({ tenantId }: Pick<Settings, 'tenantId'>): ExpectedTenant | null {
  if (tenantId === null || !('name' in tenantId.source)) return null;
  const { from, name } = tenantId.source;
  const mends = `\`ldctl profiles show ${name}\` shows what it holds; \`ldctl profiles update\` mends it.`;
  const hint = from === 'profile' ? mends : `Check ${name}, and the deployment.`;
  return { tenantId: tenantId.value, origin: from === 'profile' ? `profile ${name}` : name, hint };
}
