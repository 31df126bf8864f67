import { Interrupted } from '../base/errors.js';
import type { Host } from './host.js';

/** A terminal that has had nothing to say for so long has nothing that was typed before. */
const QUIET_MS = 50;
const CTRL_C = 3;

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

/**
 * Drops what was typed at the terminal so far: it is no answer to a question that nobody had seen.
 * @throws Interrupted when Ctrl-C is among it; the signal's reason
 */
export async function discardPending({ stdin, clock }: Host, signal: AbortSignal): Promise<void> {
  const dropped: Buffer[] = [];
  const drop = (chunk: Buffer): void => void dropped.push(chunk);
  const interrupted = (): boolean => dropped.some((chunk) => chunk.includes(CTRL_C));
  // Line by line, what has no Enter behind it yet would stay.
  stdin.setRawMode(true);
  stdin.on('data', drop);
  try {
    for (let before = -1; before < dropped.length && !interrupted();) {
      before = dropped.length;
      await clock.sleep(QUIET_MS, signal);
    }
  } finally {
    stdin.off('data', drop).pause().setRawMode(false);
  }
  if (interrupted()) throw new Interrupted('SIGINT');
}
