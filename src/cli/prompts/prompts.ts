import { Interrupted } from '../../core/errors.js';
import type { Host } from '../host.js';
import { wrapWords } from '../word-wrap.js';

export interface Choice<T> {
  value: T;
  name: string;
  /** Shown below the list while this one is picked. */
  description?: string;
}

/** What is wrong with an answer, or true. */
export type Validate = (answer: string) => true | string;

export type Question = { message: string } & (
  | { type: 'confirm'; default: boolean }
  | { type: 'input'; default?: string; validate?: Validate }
  | { type: 'password'; mask: string; toggleMask: false; validate?: Validate }
  | { type: 'select'; choices: ReadonlyArray<Choice<unknown>> }
  | { type: 'search'; source: (term: string | undefined) => ReadonlyArray<Choice<unknown>> }
);

/**
 * Asks at the terminal, on stderr, since stdout is data. inquirer is slow to load, and few runs ask.
 * @returns what was typed, whether it was confirmed, or the value of what was chosen
 * @throws Interrupted at Ctrl-C, or when `signal` is aborted
 */
export async function ask<T = string | boolean>(host: Host, question: Question, signal: AbortSignal): Promise<T> {
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ input: host.stdin, output: process.stderr, signal });
  try {
    // inquirer would break a long line in the middle of a word; its mark and the answer want room too.
    const message = wrapWords(question.message, Math.max(host.output.stderr.columns - 12, 20)).join('\n');
    const answers = await prompt<{ answer: unknown }>([{ ...question, message, name: 'answer' }]);
    return answers.answer as T;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted('SIGINT');
    throw error;
  }
}
