import { type Id } from '../base/ids.js';
import { type Accepted, type ActivityPage, type PageQuery } from '../base/supervisor.js';
import { type DeploymentDetails, type KeyContext, type TenantStructure } from '../base/wire.js';
import { pageOf } from './activity-page.js';
import { type ApiResponse, header, requestIdOf } from './api-response.js';
import { parseHttpDate } from './http-dates.js';
import { check, invalidAnswer, jsonOf } from './json-answer.js';
import { type CallHints, refuseFailure } from './problems.js';
import { deploymentDetails, keyContext, tenantStructure } from './schemas.js';

/*
 * What an answer means: the value that was asked for, or the error that the contract has for it. Pure, so that a
 * test, or a bench in virtual time, can hand in answers that never were on a wire.
 */

const ALLOW_LIST = "If the key has an allow-list, it must name this machine's address.";
const SEE_GRANTS = '`ldctl whoami` shows what it may do.';
const DEPLOYMENT_UNKNOWN =
  'The deployment is unknown, or this key may not see it: `ldctl deployments list` shows those that it may.';
const TRIGGER_HINTS: CallHints = {
  forbidden: `The key needs the permission deployment:manage. ${ALLOW_LIST} ${SEE_GRANTS}`,
  notFound: DEPLOYMENT_UNKNOWN,
};
/** For whatever is read of a deployment. */
const READ_HINTS: CallHints = {
  forbidden: `The key needs the permission deployment:read. ${ALLOW_LIST} ${SEE_GRANTS}`,
  notFound: DEPLOYMENT_UNKNOWN,
};
const CORE_HINTS: CallHints = {
  forbidden: `The key may not read this tenant. ${ALLOW_LIST}`,
  notFound: "The tenant is unknown, or not this key's: check the tenant id.",
};

/**
 * The answer to a trigger. Only a 202 is one (contract, "Supervisor: trigger"); its body is ignored.
 * @throws ApiError, RedirectError, InvalidAnswerError for any other 2xx
 */
export function readAccepted(response: ApiResponse): Accepted {
  refuseFailure(response, TRIGGER_HINTS);
  if (response.status !== 202) throw invalidAnswer(response, `answered ${response.status} where 202 was expected`);
  return {
    requestId: requestIdOf(response) ?? null,
    replayed: header(response, 'idempotent-replayed')?.trim().toLowerCase() === 'true',
    serverTime: serverTimeOf(response),
  };
}

/**
 * The answer to a listing of the activity log.
 * @throws ApiError, RedirectError, InvalidAnswerError
 */
export function readActivityPage(response: ApiResponse, query: PageQuery): ActivityPage {
  refuseFailure(response, READ_HINTS);
  const page = pageOf(response, query);
  const serverTime = serverTimeOf(response);
  return serverTime === null ? page : { ...page, serverTime };
}

/**
 * The answer to "whose key is this". The key's fields may be at the top, or under `api_key` (contract, "Core: whose key is this").
 * @throws ApiError, RedirectError, InvalidAnswerError
 */
export function readKeyContext(response: ApiResponse): KeyContext {
  refuseFailure(response, CORE_HINTS);
  return check(response, keyContext, jsonOf(response));
}

/**
 * The answer to "which deployments are there". What the contract has as `null` is null when it is absent, too.
 * @throws ApiError, RedirectError, InvalidAnswerError
 */
export function readStructure(response: ApiResponse): TenantStructure {
  refuseFailure(response, CORE_HINTS);
  return check(response, tenantStructure, jsonOf(response));
}

/**
 * The answer to "how many nodes".
 * @throws ApiError, RedirectError, InvalidAnswerError, which an answer about another deployment is too
 */
export function readDeployment(response: ApiResponse, deploymentId: Id): DeploymentDetails {
  refuseFailure(response, READ_HINTS);
  const details = check(response, deploymentDetails, jsonOf(response));
  if (details.id === deploymentId) return details;
  throw invalidAnswer(response, `the answer is about deployment ${details.id}, not ${deploymentId}`);
}

/** The server's own clock as it answered, milliseconds UTC; null when it does not say. */
function serverTimeOf(response: ApiResponse): number | null {
  return parseHttpDate(header(response, 'date') ?? '');
}
