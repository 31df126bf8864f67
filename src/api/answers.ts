import * as v from 'valibot';
import { InvalidAnswerError } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import type { ApiKey } from '../base/secret.js';
import { plainText } from '../base/text.js';

/** An HTTP answer; all that is known once the wire is left behind. */
export interface Answer {
  url: URL;
  status: number;
  /** Names in lower case, as Node gives them. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: string;
  /** Why there is no body to read, though the answer had one: it is compressed, though no one asked for that, or too large. */
  unread?: 'encoded' | 'too_large';
  /** When it came, milliseconds UTC on the local clock. */
  receivedAt: number;
  /** Taken out of every text of the answer that an error quotes. */
  apiKey: ApiKey;
}

/** A header's value; the first, when there are several. */
export function header(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return (typeof value === 'object' ? value[0] : value) ?? '';
}

/** The `ld-request` of an answer. */
export function requestIdOf(answer: Answer): string | undefined {
  return quote(header(answer, 'ld-request'), answer.apiKey, 100) || undefined;
}

/** The server's own clock as it answered, milliseconds UTC; null when it does not say. */
export function serverTimeOf(answer: Answer): number | null {
  return parseHttpDate(header(answer, 'date'));
}

/** An HTTP-date in any of its three forms (RFC 9110, 5.6.7), as milliseconds UTC; null for anything else. */
export function parseHttpDate(text: string): number | null {
  if (!/^[A-Z][a-z]{2,8},? [\w :-]+$/.test(text)) return null;
  // The asctime form names no zone, and means UTC as well.
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? null : time;
}

/**
 * The value out of the JSON of a 200, checked against its shape. Its `content-type` does not matter, as long as it is JSON.
 * @throws InvalidAnswerError that says what is wrong with it
 */
export function valueOf<T>(answer: Answer, schema: v.GenericSchema<unknown, T>): T {
  const result = v.safeParse(schema, jsonOf(answer), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue);
  const what = `${where ? `${where}: ` : ''}${issue.message}`;
  throw invalidAnswer(answer, `the answer has another shape: ${quote(what, answer.apiKey)}`);
}

function jsonOf(answer: Answer): unknown {
  const { url, status, body, unread, apiKey } = answer;
  if (status !== 200) throw invalidAnswer(answer, `${url.host} answered ${status} where 200 was expected`);
  if (unread === 'too_large')
    throw invalidAnswer(answer, 'the answer is larger than 32 MiB', { code: 'answer_too_large' });
  if (unread === 'encoded') {
    const encoding = quote(header(answer, 'content-encoding'), apiKey);
    throw invalidAnswer(answer, `the answer is encoded (${encoding}), which was not asked for`, {
      code: 'answer_encoded',
    });
  }
  if (body.trim() === '') throw invalidAnswer(answer, 'the answer is empty');
  try {
    return parseJson(body);
  } catch (error) {
    if (/^\s*</.test(body)) throw invalidAnswer(answer, `the answer is a web page: ${excerpt(body, apiKey)}`);
    const flaw = quote(error instanceof Error ? error.message : String(error), apiKey);
    throw invalidAnswer(answer, `the answer is not JSON, or was cut off: ${flaw}`);
  }
}

/** Its code, `invalid_answer` unless given, says whether it may be gone at the next try. */
export function invalidAnswer(
  answer: Answer,
  what: string,
  own: { code?: string; hint?: string } = {},
): InvalidAnswerError {
  const hint = `If it stays like this, check the URL, ${answer.url.origin}, and any proxy in between.`;
  return new InvalidAnswerError(what, { hint, requestId: requestIdOf(answer), ...own });
}

/** A reader of an error wants a sentence, not a page. */
const LONGEST_QUOTE = 300;
const EXCERPT_LENGTH = 120;
/** Of a page that may have megabytes, as much as it takes to find its first sentence. */
const PAGE_HEAD = 4096;

/** Text that somebody else wrote, fit for an error: without the API key, on one line, and short. */
export function quote(text: string, apiKey: ApiKey, longest = LONGEST_QUOTE): string {
  // Masked before it is cut: half a key would not be found.
  const line = apiKey.maskEvery(plainText(text).replace(/\s+/g, ' ').trim());
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** The first words of a body that is not JSON, such as a proxy's page of HTML. */
export function excerpt(body: string, apiKey: ApiKey): string {
  const words = apiKey
    .maskEvery(body)
    .slice(0, PAGE_HEAD)
    .replace(/<(script|style)\b.*?<\/\1>/gis, ' ')
    .replace(/<[^>]*>/g, ' ');
  return quote(words, apiKey, EXCERPT_LENGTH);
}
