import { LdctlError } from '../core/errors.js';
import type { Id } from '../core/ids.js';
import type { ActivityPage, Supervisor } from '../core/supervisor.js';

/** Whose nodes are meant to be acted on, and who says so. */
export interface ExpectedTenant {
  tenantId: Id;
  /** The profile that the tenant comes from. */
  profile: string;
}

/**
 * A Supervisor that shows no log of another tenant as long as nothing was posted through it: a profile that mixes the
 * tenant of one with the deployment of another must not restart somebody else's nodes. Since the log is read before
 * anything is sent, what it throws ends a trigger with exit 5. Once something was sent, hiding the log would only hide
 * what came of it.
 */
export function guardTenant(supervisor: Supervisor, expected: ExpectedTenant): Supervisor {
  let posted = false;
  return {
    trigger: (request, options) => {
      posted = true;
      return supervisor.trigger(request, options);
    },
    list: async (deploymentId, query, options) => {
      const page = await supervisor.list(deploymentId, query, options);
      if (!posted) refuseOthers(page, deploymentId, expected);
      return page;
    },
  };
}

/** @throws LdctlError (exit 5) when an entry is another tenant's; one that names no tenant is let pass */
function refuseOthers({ items }: ActivityPage, deploymentId: Id, { tenantId, profile }: ExpectedTenant): void {
  const other = items.find((activity) => (activity.tenant_id ?? tenantId) !== tenantId);
  if (!other) return;
  const theirs = `deployment ${deploymentId} belongs to tenant ${String(other.tenant_id)}`;
  throw new LdctlError('refused', 'wrong_tenant', `${theirs}, and profile ${profile} is for tenant ${tenantId}`, {
    hint: `Nothing was sent. \`ldctl profiles show ${profile}\` shows what it holds; \`ldctl profiles update\` mends it.`,
  });
}
