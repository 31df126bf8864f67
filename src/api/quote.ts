import { type ApiKey } from '../base/secret.js';
import { plainText } from '../base/text.js';

/** A reader of an error wants a sentence, not a page. */
const LONGEST_QUOTE = 300;
const EXCERPT_LENGTH = 120;
/** Of a page that may have megabytes, as much as it takes to find its first sentence. */
const PAGE_HEAD = 4096;

/** Text that somebody else wrote, fit for an error: without the API key, on one line, and short. */
export function quote(text: string, apiKey: ApiKey | undefined, longest: number = LONGEST_QUOTE): string {
  const line = masked(plainText(text).replace(/\s+/g, ' ').trim(), apiKey);
  // Only now: half a key would not be found.
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** The first words of a body that is not JSON, such as a proxy's page of HTML. */
export function excerpt(body: string, apiKey: ApiKey | undefined): string {
  // Before the cut as well, for the same reason.
  const words = masked(body, apiKey)
    .slice(0, PAGE_HEAD)
    .replace(/<(script|style)\b.*?<\/\1>/gis, ' ')
    .replace(/<[^>]*>/g, ' ');
  return quote(words, apiKey, EXCERPT_LENGTH);
}

function masked(text: string, apiKey: ApiKey | undefined): string {
  return apiKey?.maskEvery(text) ?? text;
}
