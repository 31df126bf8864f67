import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Interrupted, UsageError, withHint, type StopSignal } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import { capitalized, plainText, wrapWords } from '../../base/text.js';
import type { Output } from '../../output/streams.js';
import type { Tty } from './keyboard.js';
import type { NodeChoice } from './node-picker.js';

const ESCAPE = '\u001b';
/** Ctrl-U. */
const EMPTY_LINE = '\u0015';
/** Digits that were typed, not those of a sequence such as that of Ctrl-Down. */
const DIGITS = new RegExp(`(?<!${ESCAPE}(?:\\[|O)[\\d;]*)\\d`, 'g');

/**
 * Where a person can be asked. `stderr` is where `output.stderr` goes, for what draws by itself:
 * prompts and the spinner.
 */
export interface Terminal extends Tty {
  output: Output;
  /** What says that no one is asked; null for nothing. */
  unaskedBy: '--no-input' | 'CI' | null;
}

/** A terminal is where stdin and stderr are TTYs; prompts go to stderr. */
export function isInteractive({ stdin, output }: Terminal) {
  return stdin.isTTY && output.stderr.isTTY;
}

/** `ldctl cannot ask without a terminal` */
export const cannotAskText = (terminal: Terminal) =>
  `ldctl cannot ask ${
    terminal.unaskedBy !== null && isInteractive(terminal)
      ? `with ${terminal.unaskedBy === 'CI' ? 'CI in the environment' : terminal.unaskedBy}`
      : 'without a terminal'
  }`;

/** The answer "no". At a terminal its sentence is all that is printed. */
export class Declined extends UsageError {
  /** @param undone such as `nothing was removed` */
  constructor(readonly undone = 'nothing was done') {
    super(`not confirmed; ${undone}`, { code: 'consent_missing' });
  }
}

/**
 * Lets an interrupt, or a no, say what was left undone: `work().catch(leaving('nothing was stored'))`.
 */
export function leaving(undone: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof Declined) throw new Declined(undone);
    throw error instanceof Interrupted ? withHint(error, `${capitalized(undone)}.`) : error;
  };
}

export interface Choice<T> {
  value: T;
  name: string;
  /** In place of the name, once it is chosen. */
  short?: string;
  /** Shown below the list while this one is picked. */
  description?: string;
}

/** What is wrong with an answer, or true. */
type Validate = (answer: string) => true | string;

/** An answer may be no, or be refused yet: it gets no green tick. */
const THEME = { prefix: { done: '?' } };

/**
 * The user at the terminal, or null where no one can be asked. On stderr, since stdout is data.
 * Every method throws Interrupted when the answer is Ctrl-C, and Declined when it is Ctrl-D or
 * Escape.
 */
export function terminalPrompts(terminal: Terminal, signal: AbortSignal) {
  if (terminal.unaskedBy !== null || !isInteractive(terminal)) return null;
  const ask = asker(terminal, signal);
  const shown = <T>(choice: Choice<T>): Choice<T> => ({
    ...choice,
    name: shownText(terminal, choice.name),
  });
  return {
    confirm: (message: string) => ask<boolean>('confirm', message, { default: false }),
    text: (message: string, options?: { default?: string; validate?: Validate }) =>
      ask<string>('input', message, options),
    /** What is typed, or pasted, is never shown. */
    secret: (message: string, validate: Validate) => {
      // inquirer keeps a refused answer, hidden, and would add the next paste to it.
      let isRefused = false;
      const options = {
        mask: '*',
        toggleMask: false,
        validate: (answer: string) => {
          const verdict = validate(answer);
          isRefused = verdict !== true;
          return verdict;
        },
      };
      const emptiedFirst = (keys: string) => {
        const before = isRefused ? EMPTY_LINE : '';
        isRefused = false;
        return before + keys;
      };
      return ask<string>('password', message, options, emptiedFirst);
    },
    /** The first one is marked at first, and at any key that inquirer does not know. */
    choose: <T>(message: string, choices: ReadonlyArray<Choice<T>>) =>
      // inquirer treats a digit as the number of a choice: a stray one would mark a yes.
      ask<T>('select', message, { choices: choices.map(shown) }, (keys) =>
        keys.replace(DIGITS, ''),
      ),
    /** One of many, which typing narrows down. */
    search: <T>(message: string, choices: ReadonlyArray<Choice<T>>) => {
      const isWanted = (name: string, typed: string) =>
        name.toLowerCase().includes(typed.toLowerCase());
      const source = (typed = '') => choices.map(shown).filter(({ name }) => isWanted(name, typed));
      return ask<T>('search', message, { source });
    },
    /** One or more of them. */
    nodes: (message: string, nodes: readonly NodeChoice[]) =>
      ask<Id[]>('nodes', message, {
        nodes: nodes.map((row) => ({ ...row, state: shownText(terminal, row.state) })),
        screen: terminal.output.stderr,
      }),
  };
}
export type Prompts = NonNullable<ReturnType<typeof terminalPrompts>>;

/** Asks one question after the other. */
function asker(terminal: Terminal, signal: AbortSignal) {
  return async <T>(
    type: 'confirm' | 'input' | 'password' | 'select' | 'search' | 'nodes',
    question: string,
    options?: object,
    filter = (keys: string) => keys,
  ): Promise<T> => {
    // They are slow to load, and few runs ask.
    const { openKeyboard } = await import('./keyboard.js');
    const { default: inquirer } = await import('inquirer');
    const picker = type === 'nodes' && (await import('./node-picker.js')).nodePicker;
    const left = new AbortController();
    const leave = (by: 'no' | StopSignal) =>
      left.abort(by === 'no' ? new Declined() : new Interrupted(by));
    const keyboard = openKeyboard(terminal, leave, filter);
    const ends = AbortSignal.any([signal, left.signal]);
    const { input, output } = keyboard;
    const prompt = inquirer.createPromptModule({ input, output, signal: ends });
    if (picker) prompt.registerPrompt(type, picker);
    // inquirer would break a long line in the middle of a word; its mark and the answer want room
    // too.
    const width = Math.max(terminal.output.stderr.columns - 12, 20);
    const message = wrapWords(shownText(terminal, question), width).join('\n');
    try {
      await keyboard.dropTyped(ends);
      const asked = { name: 'answer', type, message, theme: THEME, ...options };
      return (await prompt<{ answer: T }>([asked])).answer;
    } catch (error) {
      ends.throwIfAborted();
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new Interrupted('SIGINT');
      }
      throw error;
    } finally {
      keyboard.close();
    }
  };
}

/** Says what is wrong with an answer: what `parse` throws. */
export const accepts =
  (parse: (answer: string) => unknown): Validate =>
  (answer) => {
    try {
      parse(answer);
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  };

/** A text may be the server's, and even repeat the key. */
const shownText = ({ output }: Terminal, text: string) => plainText(output.stderr.masked(text));

/**
 * Reads what is piped into the command, to its end.
 * @throws the signal's reason
 */
export async function readStdin({ stdin }: Pick<Terminal, 'stdin'>, signal: AbortSignal) {
  try {
    return await text(addAbortSignal(signal, stdin));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
