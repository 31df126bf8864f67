import * as v from 'valibot';
import { InvalidAnswerError } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { type ApiResponse, attempted, header, origin, requestIdOf } from './api-response.js';
import { excerpt, quote } from './quote.js';

/**
 * The JSON of a 200. Its `content-type` does not matter, as long as it is JSON.
 * @throws InvalidAnswerError for another status, or a body that is not JSON
 */
export function jsonOf(response: ApiResponse): unknown {
  const { status, body, bodyError, apiKey } = response;
  if (status !== 200) throw invalidAnswer(response, `answered ${status} where 200 was expected`);
  if (bodyError === 'too_large') {
    throw invalidAnswer(response, 'the answer is larger than 32 MiB', { code: 'answer_too_large' });
  }
  if (bodyError === 'encoded') {
    const what = `the answer is encoded (${quote(header(response, 'content-encoding') ?? '', apiKey)})`;
    throw invalidAnswer(response, `${what}, which was not asked for`, { code: 'answer_encoded' });
  }
  if (body.trim() === '') throw invalidAnswer(response, 'the answer is empty');
  try {
    return parseJson(body);
  } catch (error) {
    const flawed = error instanceof Error ? error.message : String(error);
    throw isPage(response)
      ? invalidAnswer(response, `the answer is a web page: ${excerpt(body, apiKey)}`, { hint: notTheApi(response) })
      : invalidAnswer(response, `the answer is not JSON, or was cut off: ${quote(flawed, apiKey)}`);
  }
}

/**
 * Checks JSON against a shape of the contract.
 * @returns what the schema makes of it
 * @throws InvalidAnswerError that says which field is wrong
 */
export function check<T>(response: ApiResponse, schema: v.GenericSchema<unknown, T>, json: unknown): T {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue);
  const what = `${where ? `${where}: ` : ''}${issue.message}`;
  throw invalidAnswer(response, `the answer has another shape: ${quote(what, response.apiKey)}`);
}

/** @param what said after `METHOD /path: ` */
export function invalidAnswer(
  response: ApiResponse,
  what: string,
  options: { code?: string; hint?: string } = {},
): InvalidAnswerError {
  return new InvalidAnswerError(`${attempted(response)}: ${what}`, {
    code: options.code,
    hint: options.hint ?? `If it stays like this, check the URL, ${origin(response)}, and any proxy in between.`,
    requestId: requestIdOf(response),
  });
}

function isPage(response: ApiResponse): boolean {
  return /^\s*</.test(response.body) || /\bhtml\b/i.test(header(response, 'content-type') ?? '');
}

function notTheApi(response: ApiResponse): string {
  return `That does not look like the API: check the URL, ${origin(response)}.`;
}
