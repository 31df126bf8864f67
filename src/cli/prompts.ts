import { addAbortSignal } from 'node:stream';
import { Interrupted } from '../base/errors.js';
import { wrapWords } from '../base/text.js';
import { isInteractive, type Host } from './host.js';

export interface Choice<T> {
  value: T;
  name: string;
  /** Shown below the list while this one is picked. */
  description?: string;
}

/** What is wrong with an answer, or true. */
type Validate = (answer: string) => true | string;

/** The user at the terminal. Every method throws Interrupted when the answer is Ctrl-C, or the terminal closes. */
export interface Prompts {
  confirm(message: string): Promise<boolean>;
  text(message: string, options?: { default?: string; validate?: Validate }): Promise<string>;
  /** What is typed, or pasted, is never shown. */
  secret(message: string, validate: Validate): Promise<string>;
  /** @param preset what Enter alone chooses, unless it is the first */
  choose<T>(message: string, choices: ReadonlyArray<Choice<T>>, preset?: T): Promise<T>;
  /** Any of them, also none. */
  some<T>(message: string, choices: ReadonlyArray<Choice<T>>): Promise<T[]>;
}

/** Null where no one can be asked. */
export function terminalPrompts(host: Host, signal: AbortSignal): Prompts | null {
  if (!isInteractive(host)) return null;
  const ask = <T>(question: Question): Promise<T> => askInquirer(host, question, signal);
  return {
    confirm: (message) => ask({ type: 'confirm', message, default: false }),
    text: (message, options) => ask({ type: 'input', message, ...options }),
    secret: (message, validate) => ask({ type: 'password', mask: '*', toggleMask: false, message, validate }),
    choose: (message, choices, preset) => ask({ type: 'select', message, choices, default: preset }),
    some: (message, choices) => ask({ type: 'checkbox', message, choices }),
  };
}

type Question = { message: string } & (
  | { type: 'confirm'; default: boolean }
  | { type: 'input'; default?: string; validate?: Validate }
  | { type: 'password'; mask: string; toggleMask: false; validate?: Validate }
  | { type: 'select' | 'checkbox'; choices: ReadonlyArray<Choice<unknown>>; default?: unknown }
);

/** Asks on stderr, since stdout is data. inquirer is slow to load, and few runs ask. */
async function askInquirer<T>(host: Host, question: Question, signal: AbortSignal): Promise<T> {
  const { default: inquirer } = await import('inquirer');
  const closed = new AbortController();
  const close = (): void => {
    // readline would throw what its change of the terminal's mode now fails with.
    host.stdin.removeAllListeners('error').on('error', () => undefined);
    closed.abort(new Interrupted('SIGHUP'));
  };
  const ended = AbortSignal.any([signal, closed.signal]);
  const prompt = inquirer.createPromptModule({ input: host.stdin, output: host.stderr, signal: ended });
  host.stdin.once('end', close);
  try {
    // inquirer would break a long line in the middle of a word; its mark and the answer want room too.
    const message = wrapWords(question.message, Math.max(host.output.stderr.columns - 12, 20)).join('\n');
    await discardPending(host, ended);
    const answers = await prompt<{ answer: unknown }>([{ ...question, message, name: 'answer' }]);
    return answers.answer as T;
  } catch (error) {
    if (ended.aborted) throw ended.reason;
    if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted('SIGINT');
    throw error;
  } finally {
    host.stdin.off('end', close);
  }
}

/** A terminal that has had nothing to say for so long has nothing that was typed before. */
const QUIET_MS = 50;
const CTRL_C = 3;

/**
 * Drops what was typed at the terminal so far: it is no answer to a question that was not there yet.
 * @throws Interrupted when Ctrl-C is among it; the signal's reason
 */
export async function discardPending({ stdin, clock }: Host, signal: AbortSignal): Promise<void> {
  const dropped: Buffer[] = [];
  const drop = (chunk: Buffer): void => void dropped.push(chunk);
  // Line by line, what has no Enter behind it yet would stay.
  stdin.setRawMode(true);
  stdin.on('data', drop);
  try {
    for (let before = -1; before < dropped.length;) {
      before = dropped.length;
      await clock.sleep(QUIET_MS, signal);
      if (dropped.some((chunk) => chunk.includes(CTRL_C))) throw new Interrupted('SIGINT');
    }
  } finally {
    stdin.off('data', drop).pause().setRawMode(false);
  }
}

/**
 * Reads what is piped into the command, to its end.
 * @throws the signal's reason
 */
export async function readStdin({ stdin }: Host, signal: AbortSignal): Promise<string> {
  let text = '';
  try {
    for await (const chunk of addAbortSignal(signal, stdin.setEncoding('utf8'))) text += String(chunk);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  return text;
}
