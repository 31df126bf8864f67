import { UsageError } from '../base/errors.js';
import { ApiKey } from '../base/secret.js';

/** A key travels in a header: visible ASCII without spaces. Its prefix is not insisted on (contract, "Words the vendor's own tool already uses"). */
export function isApiKeyText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
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
