import { UsageError } from '../../base/errors.js';
import { refuseDebuggedStreams, type ApiKey } from '../../base/secret.js';
import { isApiKeyText, parseApiKey } from '../../config/api-key.js';
import type { Host } from '../host.js';
import type { Prompts } from '../prompts.js';
import { readStdin } from '../stdin.js';

/** A key is far shorter; whoever pipes in more has the wrong file. */
const LONGEST_INPUT = 64 * 1024;

/** Reads a key from piped stdin, to its end. @throws UsageError when there is none in it; the signal's reason */
export async function readKey(host: Host, signal: AbortSignal): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  const text = await readStdin(host, signal, LONGEST_INPUT);
  if (text.length > LONGEST_INPUT) throw new UsageError('stdin holds far more than a key', { code: 'invalid_key' });
  return parseApiKey(text, 'stdin');
}

/** Asks for a key, masked. @param found a key that Enter takes, such as that of LD_API_KEY */
export async function askKey(prompts: Prompts, found: ApiKey | null): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  const message = found ? `API key (Enter takes ${found.mask()} from the environment):` : 'API key:';
  const text = await prompts.secret(message, (typed) => {
    if (typed.trim() === '') return found !== null || 'Paste the key; it is not shown.';
    return isApiKeyText(typed.trim()) || 'A key is one line of visible ASCII characters without spaces.';
  });
  return text.trim() === '' && found ? found : parseApiKey(text, 'what was typed');
}
