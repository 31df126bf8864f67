import type { Host } from './host.js';

/**
 * Reads what is piped into the command, to its end.
 * @param most stops after so many characters: the text is then longer than that
 * @throws the signal's reason; whoever types may also think better of it
 */
export async function readStdin({ stdin }: Host, signal: AbortSignal, most = Infinity): Promise<string> {
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  let text = '';
  try {
    for await (const chunk of stdin.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > most) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return text;
}
