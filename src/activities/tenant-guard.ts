import { InvalidAnswerError, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ActivityPage, Supervisor } from '../base/supervisor.js';

/** Whose nodes are meant to be acted on, and who says so. */
export interface ExpectedTenant {
  tenantId: Id;
  /** Where the tenant comes from, in words: `profile prod`, `LD_TENANT_ID`. */
  origin: string;
  /** What to do about a wrong one. */
  hint: string;
}

/**
 * A Supervisor that shows no log of another tenant or deployment as long as nothing was posted through it (design, "Whose log it is"): settings that mix the tenant of one with the deployment of another must not restart
 * somebody else's nodes. Since the log is read before anything is sent, what it throws ends a trigger with exit 5 or 6.
 * Once something was sent, hiding the log would only hide what came of it.
 * @param expected null where nothing is known of the tenant
 */
export function guardLog(supervisor: Supervisor, expected: ExpectedTenant | null): Supervisor {
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

/**
 * An entry that does not name its tenant or its deployment is let pass.
 * @throws LdctlError (exit 5) when an entry is another tenant's; InvalidAnswerError (exit 6) when it is of another
 *   deployment, or an id has lost digits
 */
function refuseOthers({ items }: ActivityPage, deploymentId: Id, expected: ExpectedTenant | null): void {
  for (const { deployment_id: deployment, tenant_id: tenant } of items) {
    if (isOther(deployment, deploymentId)) throw wrongDeployment(deploymentId, deployment);
    if (!expected || !isOther(tenant, expected.tenantId)) continue;
    if (isRounded(tenant, expected.tenantId)) throw rounded('tenant', expected.tenantId, tenant);
    const theirs = `deployment ${deploymentId} belongs to tenant ${tenant}`;
    throw new LdctlError(
      'refused',
      'wrong_tenant',
      `${theirs}, and ${expected.origin} is for tenant ${expected.tenantId}`,
      {
        hint: `Nothing was sent. ${expected.hint}`,
      },
    );
  }
}

function isOther(id: Id | null | undefined, ours: Id): id is Id {
  return id !== undefined && id !== null && id !== ours;
}

/**
 * Whether it is what a reader that keeps numbers as doubles makes of our id: it writes the double's own value, or the
 * shortest digits that mean it. An id that is merely close is another one: ids are given out one after the other.
 */
function isRounded(id: Id, ours: Id): boolean {
  const double = Number(ours);
  return id === BigInt(double) || id === BigInt(String(double));
}

function wrongDeployment(ours: Id, theirs: Id): InvalidAnswerError {
  if (isRounded(theirs, ours)) return rounded('deployment', ours, theirs);
  return new InvalidAnswerError(`the log of deployment ${ours} holds entries of deployment ${theirs}`, {
    code: 'wrong_deployment',
    hint: 'Nothing was sent. Check the supervisor URL, and what is between here and there: a proxy or a cache may answer for another.',
  });
}

function rounded(what: string, ours: Id, theirs: Id): InvalidAnswerError {
  return new InvalidAnswerError(`the log names ${what} ${theirs}, which is ${ours} with digits lost on its way`, {
    code: 'id_rounded',
    hint: 'Nothing was sent: node ids would be wrong as well. Something between here and the supervisor, such as a proxy, reads its numbers as doubles.',
  });
}
