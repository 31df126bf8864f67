import { STATUS_CODES } from 'node:http';
import * as v from 'valibot';
import { formatDuration } from '../base/durations.js';
import { ApiError, RedirectError, type ApiErrorFields } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { excerpt, header, parseHttpDate, quote, requestIdOf, serverTimeOf, type Answer } from './answers.js';

/** What to do next, where that depends on the call. */
export interface CallHints {
  /** For a 403. */
  forbidden: string;
  /** For a 404. */
  notFound: string;
}

const said = v.fallback(v.optional(v.string()), undefined);
/** What is left of an RFC 7807 body when nothing about it is taken for granted. */
const problemSchema = v.object({
  code: said,
  reason: said,
  detail: said,
  title: said,
  instance: said,
  field: said,
  field_issues: v.fallback(v.array(v.object({ code: said, reason: said, path: said })), []),
});

const MOST_ISSUES = 5;

/**
 * Lets a 2xx pass.
 * @throws RedirectError for a 3xx, ApiError for the rest
 */
export function refuseFailure(answer: Answer, hints: CallHints): void {
  const { status, url, apiKey } = answer;
  if (status >= 200 && status < 300) return;
  if (status < 300 || status >= 400) throw apiError(answer, hints);
  const location = quote(header(answer, 'location'), apiKey);
  const to = location && ` to ${location}`;
  throw new RedirectError(`${url.host} redirected the request (${status})${to}, which the API never does`, status, {
    requestId: requestIdOf(answer),
    hint: `Check the URL, ${url.origin}. The API key was not sent on.`,
  });
}

function apiError(answer: Answer, hints: CallHints): ApiError {
  const { status, body, url, apiKey } = answer;
  const problem = problemOf(body);
  const own = (text: string | undefined): string => quote(text ?? '', apiKey);
  const fieldIssues = (problem?.field_issues ?? []).map(({ code, reason, path }) => ({
    code: own(code),
    reason: own(reason),
    path: own(path) || undefined,
  }));
  const code = own(problem?.code);
  const fields: ApiErrorFields = {
    status,
    // A code is for programs to branch on: one with blanks or a masked key in it is none.
    code: /^[\w.:-]{1,64}$/.test(code) ? code : `http_${status}`,
    reason: problem ? own(problem.reason || problem.detail || problem.title) : excerpt(body, apiKey),
    retryAfterMs: retryAfterOf(answer),
    field: own(problem?.field) || undefined,
    fieldIssues,
  };
  const wrongPlace = `The API would say that in another way: check the URL, ${url.origin}.`;
  return new ApiError(messageOf(answer, fields), fields, {
    hint: status === 404 && !problem ? wrongPlace : hintFor(fields, hints),
    requestId: requestIdOf(answer) ?? (own(problem?.instance) || undefined),
  });
}

/** Undefined when the body is no problem at all: a proxy's page, or nothing. */
function problemOf(body: string): v.InferOutput<typeof problemSchema> | undefined {
  try {
    return v.parse(problemSchema, parseJson(body));
  } catch {
    return undefined;
  }
}

/** What is wrong first, then how the API calls it. */
function messageOf({ status, url }: Answer, { code, reason, field, fieldIssues = [] }: ApiErrorFields): string {
  const issues = fieldIssues.slice(0, MOST_ISSUES).map((issue) => {
    const about = issue.path ?? field;
    return `${about ? `${about}: ` : ''}${issue.reason || issue.code}`;
  });
  const more = fieldIssues.length - issues.length;
  const causes = [...issues, more > 0 ? `${more} more` : '', reason].filter(Boolean).join('; ');
  const name = code === `http_${status}` ? (STATUS_CODES[status] ?? '') : code;
  return causes ? `${causes} (${status} ${name})` : `${url.host} answered ${status} ${name}`;
}

function hintFor({ status, code, retryAfterMs }: ApiErrorFields, hints: CallHints): string | undefined {
  const later = `Try again${retryAfterMs === undefined ? ' later' : ` in ${formatDuration(retryAfterMs)}`}.`;
  if (code === 'idempotency_error') {
    return 'This idempotency key was used for another request in the last 10 minutes. Use another key.';
  }
  if (code === 'idempotent_request_in_progress') {
    return 'The first request with this idempotency key is still running. Follow it, or try again with the same key.';
  }
  if (status === 400) return 'It is the request itself that was refused: change what the message names.';
  if (status === 401) return 'The API key is missing, wrong, expired or revoked: check it with `ldctl whoami`.';
  if (status === 403) return hints.forbidden;
  if (status === 404) return hints.notFound;
  if (status === 429) return `Too many requests with this key. ${later}`;
  return status === 408 || status === 425 || status >= 500 ? later : undefined;
}

/**
 * Seconds or an HTTP-date, as milliseconds from now. A date is understood by the server's own clock, so that a local clock that
 * is hours off does not turn a minute into hours.
 */
function retryAfterOf(answer: Answer): number | undefined {
  const text = header(answer, 'retry-after').trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.round(Number(text) * 1000), Number.MAX_SAFE_INTEGER);
  const time = parseHttpDate(text);
  return time === null ? undefined : Math.max(0, time - (serverTimeOf(answer) ?? answer.receivedAt));
}
