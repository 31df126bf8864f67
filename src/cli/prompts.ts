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

/** The user at the terminal. Every method throws Interrupted when the answer is Ctrl-C. */
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

/** Null where no one can be asked. On stderr, since stdout is data. */
export function terminalPrompts(host: Host, signal: AbortSignal): Prompts | null {
  if (!isInteractive(host)) return null;
  const ask = async <T>(
    type: 'confirm' | 'input' | 'password' | 'select' | 'checkbox',
    question: string,
    options: object,
  ) => {
    // It is slow to load, and few runs ask.
    const { default: inquirer } = await import('inquirer');
    const prompt = inquirer.createPromptModule({ input: host.stdin, output: host.stderr, signal });
    // inquirer would break a long line in the middle of a word; its mark and the answer want room too.
    const message = wrapWords(question, Math.max(host.output.stderr.columns - 12, 20)).join('\n');
    try {
      const answers = await prompt<{ answer: unknown }>([{ name: 'answer', type, message, ...options }]);
      return answers.answer as T;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted('SIGINT');
      throw error;
    }
  };
  return {
    confirm: (message) => ask('confirm', message, { default: false }),
    text: (message, options = {}) => ask('input', message, options),
    secret: (message, validate) => ask('password', message, { mask: '*', toggleMask: false, validate }),
    choose: (message, choices, preset) => ask('select', message, { choices, default: preset }),
    some: (message, choices) => ask('checkbox', message, { choices }),
  };
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
