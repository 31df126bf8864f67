import { Interrupted } from '../base/errors.js';
import { wrapWords } from '../base/text.js';
import { isInteractive, type Host } from './host.js';
import { discardPending } from './stdin.js';

export interface Choice<T> {
  value: T;
  name: string;
  /** Shown below the list while this one is picked. */
  description?: string;
}

/** What is wrong with an answer, or true. */
export type Validate = (answer: string) => true | string;

/** Somebody who can be asked. Every method throws Interrupted when the answer is Ctrl-C, or the terminal closes. */
export interface Prompts {
  confirm(message: string): Promise<boolean>;
  text(message: string, options?: { default?: string; validate?: Validate }): Promise<string>;
  /** What is typed, or pasted, is never shown. */
  secret(message: string, validate: Validate): Promise<string>;
  /** @param preset what Enter alone chooses, unless it is the first */
  choose<T>(message: string, choices: ReadonlyArray<Choice<T>>, preset?: T): Promise<T>;
  /** Any of them, also none. */
  some<T>(message: string, choices: ReadonlyArray<Choice<T>>): Promise<T[]>;
  /** A long list: what is typed narrows it down to the names that hold every word of it. */
  search<T>(message: string, choices: ReadonlyArray<Choice<T>>): Promise<T>;
}

/** The user at the terminal; null where there is none (design, "Consent"). */
export function terminalPrompts(host: Host, signal: AbortSignal): Prompts | null {
  if (!isInteractive(host)) return null;
  const ask = <T>(question: Question): Promise<T> => askInquirer(host, question, signal);
  return {
    confirm: (message) => ask({ type: 'confirm', message, default: false }),
    text: (message, options) => ask({ type: 'input', message, ...options }),
    secret: (message, validate) => ask({ type: 'password', mask: '*', toggleMask: false, message, validate }),
    choose: (message, choices, preset) => ask({ type: 'select', message, choices, default: preset }),
    some: (message, choices) => ask({ type: 'checkbox', message, choices }),
    search: (message, choices) => ask({ type: 'search', message, source: (term) => narrowed(choices, term) }),
  };
}

type Question = { message: string } & (
  | { type: 'confirm'; default: boolean }
  | { type: 'input'; default?: string; validate?: Validate }
  | { type: 'password'; mask: string; toggleMask: false; validate?: Validate }
  | { type: 'select' | 'checkbox'; choices: ReadonlyArray<Choice<unknown>>; default?: unknown }
  | { type: 'search'; source: (term: string | undefined) => ReadonlyArray<Choice<unknown>> }
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

/** The choices whose name holds every word of `term`, in any order and either case. */
export function narrowed<T>(choices: ReadonlyArray<Choice<T>>, term: string | undefined): ReadonlyArray<Choice<T>> {
  const words = (term ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}
