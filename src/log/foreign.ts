/*
 * Entries that show that the log is not the one that was meant.
 */

import type { Activity } from '../base/activity.js';
import { LdctlError, refusedError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { Listing } from './list.js';

/**
 * Whose nodes are meant to be acted on, and where that comes from, in words: `profile prod`,
 * `LD_TENANT_ID`.
 */
export interface ExpectedTenant {
  tenantId: Id;
  origin: string;
}

/**
 * Settings that mix the tenant of one with the deployment of another must not restart another
 * tenant's nodes. An entry that does not say whose it is passes.
 * @returns why the log is not this deployment's: exit 5 for another tenant, 6 for another
 * deployment; null when it is
 */
export function foreignLog(
  activities: readonly Activity[],
  deploymentId: Id,
  expected: ExpectedTenant | null,
): LdctlError | null {
  for (const { deployment_id: deployment, tenant_id: tenant } of activities) {
    if ((deployment ?? deploymentId) !== deploymentId) {
      const what = `the log of deployment ${deploymentId} holds entries of deployment ${deployment}`;
      const hint =
        'Check the supervisor URL, and any proxy or cache in between: it may return another answer, or round large numbers.';
      return new LdctlError('unreachable', 'wrong_deployment', what, { hint });
    }
    if (expected && (tenant ?? expected.tenantId) !== expected.tenantId) {
      const what = `deployment ${deploymentId} belongs to tenant ${tenant}, and ${expected.origin} is for tenant ${expected.tenantId}`;
      const hint = `Check ${expected.origin}, and the deployment.`;
      return refusedError('wrong_tenant', what, hint);
    }
  }
  return null;
}

/** Of what was opened: its id, and whose it is to be. */
type Own = { deploymentId: Id; tenant: ExpectedTenant | null };

/** @throws LdctlError as `foreignLog` gives it */
export function refuseForeign(activities: readonly Activity[], { deploymentId, tenant }: Own) {
  const error = foreignLog(activities, deploymentId, tenant);
  if (error) throw error;
}

/** What only reads shows no other deployment's log as this one's. @throws as `refuseForeign` */
export async function* ownListing(listing: Listing, own: Own): Listing {
  for await (const part of listing) {
    refuseForeign(part.entries, own);
    yield part;
  }
}
