import { STATUS_CODES } from 'node:http';
import * as v from 'valibot';
import { formatDuration } from '../base/durations.js';
import {
  ApiError,
  invalidAnswerError,
  REDIRECT,
  TransportError,
  type ApiErrorFields,
} from '../base/errors.js';
import { sortedUnique } from '../base/ids.js';
import { parseJson } from '../base/json.js';
import type { ApiKey } from '../base/secret.js';
import type { WireTrigger } from '../base/supervisor.js';
import { plainText, shortList } from '../base/text.js';

/** An HTTP answer that was read to its end. */
export interface Answer {
  /** Not `URL` itself: not every program that imports this has that type. */
  url: { readonly host: string; readonly origin: string };
  status: number;
  /** Names in lower case, as Node gives them. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Null when it is larger than any answer of the APIs. */
  body: string | null;
  /** Masked in every text of the answer that an error quotes. */
  apiKey: ApiKey;
  /** What gave the URL, for people. */
  urlFrom?: string | undefined;
}

/** The API's address, and which setting it is from. */
const baseOf = ({ url, urlFrom }: Answer) => url.origin + (urlFrom ? ` (from ${urlFrom})` : '');

export function header({ headers }: Answer, name: string): string {
  return String(headers[name] ?? '');
}

export function requestIdOf(answer: Answer): string | undefined {
  return quote(header(answer, 'ld-request'), answer.apiKey, 100) || undefined;
}

/** The server's clock as it answered. With an `age`, a cache did, and its `date` is an old one. */
export function serverTimeOf(answer: Answer): number | null {
  const isOld = /[1-9]/.test(header(answer, 'age'));
  return isOld ? null : parseHttpDate(header(answer, 'date'));
}

function parseHttpDate(text: string) {
  const time = text.endsWith(' GMT') ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? null : time;
}

/** An integer is a bigint here. */
export const safeCount = v.pipe(v.bigint(), v.minValue(0n), v.transform(Number), v.safeInteger());

/** The value in the JSON of a 200. @throws ApiError, TransportError */
export function readValue<T>(
  answer: Answer,
  schema: v.GenericSchema<unknown, T>,
  asked: FailureContext,
): T {
  expectStatus(answer, 200, asked);
  const result = v.safeParse(schema, jsonOf(answer), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue);
  const what = `${where ? `${where}: ` : ''}${issue.message}`;
  throw invalidAnswer(answer, `the answer has another shape: ${quote(what, answer.apiKey)}`);
}

function jsonOf(answer: Answer) {
  const { body, apiKey } = answer;
  if (body === null) throw invalidAnswer(answer, 'the answer is larger than 32 MiB');
  try {
    return parseJson(body);
  } catch (error) {
    if (/^\s*</.test(body)) {
      const text = excerpt(body, apiKey);
      throw invalidAnswer(answer, `the answer is a web page${text && `: ${text}`}`);
    }
    throw invalidAnswer(
      answer,
      `the answer is not JSON, or was cut off: ${quote((error as Error).message, apiKey)}`,
    );
  }
}

function invalidAnswer(answer: Answer, what: string) {
  const hint = `Check the URL, ${baseOf(answer)}, and any proxy in between.`;
  return invalidAnswerError(what, { hint, requestId: requestIdOf(answer) });
}

/** What the message and the hint of a failure depend on. */
interface FailureContext {
  permission?: string;
  trigger?: Pick<WireTrigger, 'deploymentId' | 'nodes'>;
}

const textIfAny = v.fallback(v.optional(v.string()), undefined);
/** An RFC 7807 body. A field that is missing or of another type is left out. */
const problemSchema = v.object({
  code: textIfAny,
  reason: textIfAny,
  field: textIfAny,
  instance: textIfAny,
  field_issues: v.fallback(
    v.array(v.object({ code: textIfAny, reason: textIfAny, path: textIfAny })),
    [],
  ),
});

/** @throws ApiError for a 4xx and a 5xx, TransportError for the rest */
export function expectStatus(answer: Answer, expected: 200 | 202, asked: FailureContext): void {
  const { status, url, apiKey } = answer;
  if (status === expected) return;
  if (status < 300) {
    throw invalidAnswer(answer, `${url.host} answered ${status} where ${expected} was expected`);
  }
  if (status >= 400) throw apiError(answer, asked);
  const location = quote(header(answer, 'location'), apiKey);
  const message = `${url.host} redirected the request (${status})${location && ` to ${location}`}`;
  const hint = `Check the URL, ${baseOf(answer)}. The API never redirects. The key was not sent on.`;
  const options = { requestId: requestIdOf(answer), hint };
  throw new TransportError(REDIRECT, message, { sent: 'maybe', transient: false }, options);
}

function apiError(answer: Answer, asked: FailureContext) {
  const { status, apiKey } = answer;
  const body = answer.body ?? '';
  const problem = problemOf(body);
  const quoted = (text = '') => quote(text, apiKey);
  const code = quoted(problem?.code);
  const fields: ApiErrorFields = {
    status,
    // Programs compare it, so a text with spaces or a masked key in it is not a code.
    code: /^[\w.:-]{1,64}$/.test(code) && isApis(answer, problem) ? code : `http_${status}`,
    reason: problem ? quoted(problem.reason) : excerpt(body, apiKey),
    retryAfterMs: readRetryAfter(answer),
    permission: asked.permission,
    fieldIssues: (problem?.field_issues ?? []).map((issue) => ({
      code: quoted(issue.code),
      reason: quoted(issue.reason),
      path: quoted(issue.path ?? problem?.field) || undefined,
    })),
  };
  const requestId = requestIdOf(answer);
  const unknownNodes = unknownNodesOf(fields, asked);
  if (unknownNodes.length > 0) {
    const nodes = shortList(unknownNodes);
    const message = `deployment ${asked.trigger?.deploymentId} has no node ${nodes}`;
    return new ApiError(
      message,
      { ...fields, unknownNodes },
      {
        requestId,
        hint: '`ldctl nodes list` shows the nodes in the log. If one was removed, name the others with --node.',
      },
    );
  }
  const isElsewhere = status === 404 && !problem;
  const hint = isElsewhere
    ? `This does not look like the API's answer: check the URL, ${baseOf(answer)}.`
    : hintFor(fields);
  return new ApiError(messageOf(answer, fields, !problem), fields, { requestId, hint });
}

/** The nodes that the deployment does not have, if nothing else is wrong with the request. */
function unknownNodesOf({ fieldIssues = [] }: ApiErrorFields, { trigger }: FailureContext) {
  const nodes = sortedUnique(trigger?.nodes ?? []);
  const unknown = fieldIssues
    .filter(({ code }) => /unknown|not_found/.test(code))
    // `nodes[2]` is the third of those that were sent.
    .map(({ path = '' }) => nodes[Number(/^nodes\[(\d+)\]$/.exec(path)?.[1])])
    .filter((node) => node !== undefined);
  return unknown.length === fieldIssues.length ? unknown : [];
}

type Problem = v.InferOutput<typeof problemSchema>;

const IDEMPOTENCY = /^(idempotency_error|idempotent_request_in_progress)$/;

/**
 * A gateway may put a 409 of its own in place of an answer, also of one that accepts. The API's has
 * a code of idempotency, or names its request.
 */
function isApis(answer: Answer, problem: Problem | undefined): boolean {
  const { code = '', instance }: Partial<Problem> = problem ?? {};
  const isNamed = !!instance && instance === header(answer, 'ld-request');
  return answer.status !== 409 || IDEMPOTENCY.test(code) || isNamed;
}

/** Undefined for another body, such as a proxy's page. */
function problemOf(body: string): Problem | undefined {
  try {
    return v.parse(problemSchema, parseJson(body));
  } catch {
    return undefined;
  }
}

/**
 * The causes that the server names; with its status, where there are none, it failed, or it may be
 * another one.
 * @param isPage it does not look like the API's answer
 */
function messageOf(
  { status, url }: Answer,
  { code, reason, fieldIssues = [] }: ApiErrorFields,
  isPage: boolean,
) {
  const issues = fieldIssues.map((issue) =>
    [issue.path, issue.reason || issue.code].filter(Boolean).join(': '),
  );
  // More may be said after them.
  const causes = [shortList(issues, 5), reason]
    .filter(Boolean)
    .join('; ')
    .replace(/(?<!\.)\.$/, '');
  if (causes && status < 500 && !isPage) return causes;
  const name = code === `http_${status}` ? (STATUS_CODES[status] ?? '') : code;
  return causes ? `${causes} (${status} ${name})` : `${url.host} answered ${status} ${name}`;
}

/** By the API's own code, else by status. */
const HINTS = new Map<string | number, string>([
  [
    'idempotency_error',
    'This idempotency key was used for another request in the last 10 minutes. Use another key.',
  ],
  [
    'idempotent_request_in_progress',
    'The first request with this idempotency key is still running. Follow it, or try again with the same key.',
  ],
  [400, 'The request itself is wrong: change what the message names.'],
  [401, 'The API key is missing, wrong, expired or revoked: check it with `ldctl whoami`.'],
  [
    403,
    "`ldctl whoami` shows what the key may do. An allow-list must name this machine's address.",
  ],
  [
    404,
    'It does not exist, or this key may not see it: `ldctl deployments list` shows what it may see.',
  ],
]);

function hintFor(fields: ApiErrorFields) {
  const { status, code, retryAfterMs } = fields;
  const known = HINTS.get(code) ?? HINTS.get(status);
  if (known !== undefined) return known;
  const when = retryAfterMs === undefined ? 'later' : `in ${formatDuration(retryAfterMs)}`;
  if (status === 429) return `Too many requests with this key. Try again ${when}.`;
  return status === 408 || status === 425 || status >= 500 ? `Try again ${when}.` : undefined;
}

/**
 * Seconds or an HTTP-date, as milliseconds from now. A date is compared with the server's clock:
 * the local one may be hours off.
 */
function readRetryAfter(answer: Answer) {
  const text = header(answer, 'retry-after').trim();
  const time = parseHttpDate(text);
  if (time === null) return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : undefined;
  return Math.max(0, time - (serverTimeOf(answer) ?? Date.now()));
}

/** A text of the server for an error: without the API key, on one line, and short. */
function quote(text: string, apiKey: ApiKey, longest = 300) {
  // Masked before it is cut, since half a key would not be found.
  const line = apiKey.scrub(plainText(text).replace(/\s+/g, ' ').trim());
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** The first words of a body that is not JSON, such as a proxy's page of HTML. */
function excerpt(body: string, apiKey: ApiKey) {
  const start = apiKey.scrub(body).slice(0, 4096);
  return quote(start.replace(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, ' '), apiKey, 120);
}
