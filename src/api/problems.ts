import { STATUS_CODES } from 'node:http';
import { formatDuration } from '../base/durations.js';
import { ApiError, RedirectError, type ApiErrorFields, type FieldIssue } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { type ApiResponse, attempted, header, origin, requestIdOf } from './api-response.js';
import { parseHttpDate, parseRetryAfter } from './http-dates.js';
import { excerpt, quote } from './quote.js';

/** What to do next, where that depends on the call. */
export interface CallHints {
  /** For a 403. */
  forbidden: string;
  /** For a 404. */
  notFound: string;
}

/** What is left of an RFC 7807 body when nothing about it is taken for granted (contract, "Errors"). */
interface ProblemFields {
  code?: string;
  reason?: string;
  instance?: string;
  field?: string;
  issues: FieldIssue[];
}

const MOST_ISSUES = 5;

/**
 * Lets a 2xx pass.
 * @throws RedirectError for a 3xx, ApiError for the rest
 */
export function refuseFailure(response: ApiResponse, hints: CallHints): void {
  const { status } = response;
  if (status >= 200 && status < 300) return;
  throw status >= 300 && status < 400 ? redirectError(response) : apiError(response, hints);
}

function redirectError(response: ApiResponse): RedirectError {
  const location = quote(header(response, 'location') ?? '', response.apiKey);
  return new RedirectError(
    `${attempted(response)}: redirected (${response.status})${location && ` to ${location}`}, which the API never does`,
    response.status,
    { requestId: requestIdOf(response), hint: `Check the URL, ${origin(response)}. The API key was not sent on.` },
  );
}

function apiError(response: ApiResponse, hints: CallHints): ApiError {
  const { status } = response;
  const problem = readProblem(response);
  const fields: ApiErrorFields = {
    status,
    code: problem?.code ?? `http_${status}`,
    reason: problem?.reason ?? excerpt(response.body, response.apiKey),
    retryAfterMs: retryAfterOf(response),
    field: problem?.field,
    fieldIssues: problem?.issues,
  };
  const wrongPlace = `The API would say that in another way: check the URL, ${origin(response)}.`;
  return new ApiError(messageOf(response, fields.reason, problem), fields, {
    hint: status === 404 && !problem ? wrongPlace : hintFor(fields, hints),
    requestId: requestIdOf(response) ?? problem?.instance,
  });
}

/** With the cause first where it is in the request itself, which whoever made it can mend. */
function messageOf(response: ApiResponse, reason: string, problem: ProblemFields | undefined): string {
  const { status } = response;
  const issues = problem && describeIssues(problem);
  const causes = [issues, reason].filter(Boolean).join('; ');
  if (status === 400 && problem && causes) return `${causes}: ${attempted(response)} was answered with 400`;
  const what = [problem?.code ?? STATUS_CODES[status], reason, issues].filter(Boolean);
  return `${attempted(response)}: ${status} ${what.join(': ')}`;
}

function hintFor({ status, code, retryAfterMs }: ApiErrorFields, hints: CallHints): string | undefined {
  const later = `Try again${retryAfterMs === undefined ? ' later' : ` in ${formatDuration(retryAfterMs)}`}.`;
  if (code === 'idempotency_error') {
    return 'This idempotency key was used for another request in the last 10 minutes. Use another key.';
  }
  if (code === 'idempotent_request_in_progress') {
    return 'The first request with this idempotency key is still running. Follow it, or try again with the same key.';
  }
  switch (status) {
    case 400:
      return 'It is the request itself that was refused: change what the message names.';
    case 401:
      return 'The API key is missing, wrong, expired or revoked: check it with `ldctl whoami`.';
    case 403:
      return hints.forbidden;
    case 404:
      return hints.notFound;
    case 429:
      return `Too many requests with this key. ${later}`;
    default:
      return status === 408 || status === 425 || status >= 500 ? later : undefined;
  }
}

/** Undefined when the body is no problem at all: a proxy's page, or nothing. */
function readProblem(response: ApiResponse): ProblemFields | undefined {
  const body = jsonObject(response.body);
  if (!body) return undefined;
  const say = (source: Record<string, unknown>, ...names: string[]): string | undefined => {
    const found = names.map((name) => source[name]).find((value) => typeof value === 'string' && value !== '');
    return typeof found === 'string' ? quote(found, response.apiKey) : undefined;
  };
  const code = say(body, 'code');
  const issues = Array.isArray(body.field_issues) ? body.field_issues.filter(isObject) : [];
  return {
    // A code is for programs to branch on: one with blanks or a masked key in it is none.
    code: code && /^[\w.:-]{1,64}$/.test(code) ? code : undefined,
    reason: say(body, 'reason', 'detail', 'title') ?? '',
    instance: say(body, 'instance'),
    field: say(body, 'field'),
    issues: issues.map((issue) => ({
      code: say(issue, 'code') ?? '',
      reason: say(issue, 'reason') ?? '',
      path: say(issue, 'path'),
    })),
  };
}

function describeIssues({ field, issues }: ProblemFields): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ path, code, reason }) => {
    const about = path ?? field;
    return `${about ? `${about}: ` : ''}${reason || code}`;
  });
  const more = issues.length - lines.length;
  return [...lines, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

/**
 * A date is understood by the server's own clock, which its `date` header tells, so that a local clock that is hours
 * off does not turn a minute into hours.
 */
function retryAfterOf(response: ApiResponse): number | undefined {
  const now = parseHttpDate(header(response, 'date') ?? '') ?? response.receivedAt;
  return now === undefined ? undefined : parseRetryAfter(header(response, 'retry-after') ?? '', now);
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
