import { isInteractive, type Host } from '../host.js';
import { ask, type Choice, type Validate } from './prompts.js';

/** Somebody who can be asked. Every method throws Interrupted when the answer is Ctrl-C. */
export interface Questions {
  confirm(message: string): Promise<boolean>;
  text(message: string, options?: { default?: string; validate?: Validate }): Promise<string>;
  /** What is typed, or pasted, is never shown. */
  secret(message: string, validate: Validate): Promise<string>;
  choose<T>(message: string, choices: ReadonlyArray<Choice<T>>): Promise<T>;
  /** A long list: what is typed narrows it down to the names that hold every word of it. */
  search<T>(message: string, choices: ReadonlyArray<Choice<T>>): Promise<T>;
}

/** The user at the terminal; null where there is none (design, "Consent"). */
export function terminalQuestions(host: Host, signal: AbortSignal): Questions | null {
  if (!isInteractive(host)) return null;
  return {
    confirm: (message) => ask<boolean>(host, { type: 'confirm', message, default: false }, signal),
    text: (message, options) => ask<string>(host, { type: 'input', message, ...options }, signal),
    secret: (message, validate) =>
      ask<string>(host, { type: 'password', mask: '*', toggleMask: false, message, validate }, signal),
    choose: (message, choices) => ask(host, { type: 'select', message, choices }, signal),
    search: (message, choices) =>
      ask(host, { type: 'search', message, source: (term) => narrowed(choices, term) }, signal),
  };
}

/** The choices whose name holds every word of `term`, in any order and either case. */
export function narrowed<T>(choices: ReadonlyArray<Choice<T>>, term: string | undefined): ReadonlyArray<Choice<T>> {
  const words = (term ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}
