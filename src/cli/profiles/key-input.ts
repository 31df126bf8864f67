import { UsageError } from '../../core/errors.js';
import { refuseDebuggedStreams } from '../../core/node-debug.js';
import type { ApiKey } from '../../core/secret.js';
import { isApiKeyText, parseApiKey } from '../../profiles/api-key.js';
import type { Host } from '../host.js';
import type { Questions } from '../prompts/questions.js';

/** A key is far shorter; whoever pipes in more has the wrong file. */
const LONGEST_INPUT = 64 * 1024;

/** Reads a key from piped stdin, to its end. @throws UsageError when there is none in it; the signal's reason */
export async function readKey(host: Host, signal: AbortSignal): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  let text = '';
  const stop = (): void => void host.stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of host.stdin.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > LONGEST_INPUT) throw new UsageError('stdin holds far more than a key', { code: 'invalid_key' });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return parseApiKey(text, 'stdin');
}

/** Asks for a key, masked. @param found a key that Enter takes, such as that of LD_API_KEY */
export async function askKey(questions: Questions, found: ApiKey | null): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  const message = found ? `API key (Enter takes ${found.mask()} from the environment):` : 'API key:';
  const text = await questions.secret(message, (typed) => {
    if (typed.trim() === '') return found !== null || 'Paste the key; it is not shown.';
    return isApiKeyText(typed.trim()) || 'A key is one line of visible ASCII characters without spaces.';
  });
  return text.trim() === '' && found ? found : parseApiKey(text, 'what was typed');
}
