import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Interrupted } from '../base/errors.js';
import { plainText, wrapWords } from '../base/text.js';
import { isInteractive, type Host } from './host.js';

export interface Choice<T> {
  value: T;
  name: string;
  /** Shown below the list while this one is picked. */
  description?: string;
}

/** What is wrong with an answer, or true. */
type Validate = (answer: string) => true | string;

/**
 * The user at the terminal, or null where no one can be asked. On stderr, since stdout is data.
 * Every method throws Interrupted when the answer is Ctrl-C.
 */
export function terminalPrompts(host: Host, signal: AbortSignal) {
  if (!isInteractive(host)) return null;
  const { stdin, stderr, output } = host;
  const ask = async <T>(
    type: 'confirm' | 'input' | 'password' | 'select' | 'checkbox' | 'search',
    question: string,
    options?: object,
  ): Promise<T> => {
    // It is slow to load, and few runs ask.
    const { default: inquirer } = await import('inquirer');
    const prompt = inquirer.createPromptModule({ input: stdin, output: stderr, signal });
    // inquirer would break a long line in the middle of a word; its mark and the answer want room
    // too.
    const message = wrapWords(plainText(question), Math.max(output.stderr.columns - 12, 20)).join(
      '\n',
    );
    // What was typed before a question is shown is no answer to it: read, and dropped, within two
    // turns.
    stdin.setRawMode(true).resume();
    await nextTurn();
    await nextTurn();
    try {
      return (await prompt<{ answer: unknown }>([{ name: 'answer', type, message, ...options }]))
        .answer as T;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new Interrupted('SIGINT');
      }
      throw error;
    }
  };
  return {
    confirm: (message: string) => ask<boolean>('confirm', message, { default: false }),
    text: (message: string, options?: { default?: string; validate?: Validate }) =>
      ask<string>('input', message, options),
    /** What is typed, or pasted, is never shown. */
    secret: (message: string, validate: Validate) =>
      ask<string>('password', message, { mask: '*', toggleMask: false, validate }),
    /** @param preset what Enter alone chooses, unless it is the first */
    choose: <T>(message: string, choices: ReadonlyArray<Choice<T>>, preset?: T) =>
      ask<T>('select', message, { choices: choices.map(plainChoice), default: preset }),
    /** One of many, which typing narrows down. */
    search: <T>(message: string, choices: ReadonlyArray<Choice<T>>) => {
      const source = (typed = '') => {
        const wanted = typed.toLowerCase();
        const found = choices.filter(({ name }) => name.toLowerCase().includes(wanted));
        return found.map(plainChoice);
      };
      return ask<T>('search', message, { source });
    },
    /** Any of them, also none. */
    some: <T>(message: string, choices: ReadonlyArray<Choice<T>>) =>
      ask<T[]>('checkbox', message, { choices: choices.map(plainChoice) }),
  };
}
export type Prompts = NonNullable<ReturnType<typeof terminalPrompts>>;

/** A name may be the server's. */
const plainChoice = <T>(choice: Choice<T>): Choice<T> => ({
  ...choice,
  name: plainText(choice.name),
});

/**
 * Reads what is piped into the command, to its end.
 * @throws the signal's reason
 */
export async function readStdin({ stdin }: Host, signal: AbortSignal): Promise<string> {
  try {
    return await text(addAbortSignal(signal, stdin));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
