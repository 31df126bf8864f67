import { readFileSync, statSync } from 'node:fs';
import { type Env } from '../base/text.js';
import { UsageError } from '../base/errors.js';
import { ApiKey } from '../base/secret.js';

/** A key is far shorter, in bytes; what holds more is the wrong file. */
export const LONGEST_KEY_FILE = 64 * 1024;

/** A key travels in a header: visible ASCII without spaces. Its prefix is not insisted on (contract, "Words the vendor's own tool already uses"). */
export function isApiKeyText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Whether a text is a key that was put where something else belongs. */
export function looksLikeKey(text: string): boolean {
  return /^ld_[a-z]+_\S{8,}$/.test(text.trim());
}

/** Refuses a key in place of another setting. @param what names the setting @throws UsageError, which does not show it */
export function refuseKey(text: string, what: string, env: Env): void {
  if (!looksLikeKey(text) && text.trim() !== env.LD_API_KEY?.trim()) return;
  throw new UsageError(`${what} holds what looks like an API key`, {
    code: 'key_in_place',
    hint: 'The key itself goes into LD_API_KEY, or into a profile. (It is not shown here.)',
  });
}

/** Those of the environment that can be read at once: what they mask, they mask from the first line on. */
export function environmentKeys(env: Env): ApiKey[] {
  const texts = [env.LD_API_KEY, textOf(env.LD_API_KEY_FILE)].map((text) => text?.trim() ?? '');
  return texts.filter(isApiKeyText).map((text) => new ApiKey(text));
}

/** Nothing for a pipe, which can be read only once, or what cannot be read: that is for the one who needs the key to say. */
function textOf(path: string | undefined): string | undefined {
  try {
    const stats = path ? statSync(path) : undefined;
    return path && stats?.isFile() && stats.size <= LONGEST_KEY_FILE ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a key from text that somebody typed, stored or printed; white space around it is dropped.
 * @param what says where it came from, for the error, which never shows the text
 * @throws UsageError
 */
export function parseApiKey(text: string, what: string): ApiKey {
  const key = text.trim();
  if (isApiKeyText(key)) return new ApiKey(key);
  if (key === '') {
    throw new UsageError(`${what}: no API key, it is empty`, {
      code: 'empty_key',
      hint: 'Is a variable unset, or a secret missing where it should come from?',
    });
  }
  throw new UsageError(`${what}: not an API key`, {
    code: 'invalid_key',
    hint: 'A key is one line of visible ASCII characters without spaces. (It is not shown here.)',
  });
}
