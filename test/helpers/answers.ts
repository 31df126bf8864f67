import assert from 'node:assert/strict';
import { Interrupted } from '../../src/base/errors.js';
import { type Id } from '../../src/base/ids.js';
import { type NodeRow } from '../../src/cli/node-picker.js';
import { type Prompts } from '../../src/cli/prompts.js';

/** An answer to the next question whose message matches; for a choice, what its name matches. */
export type Scripted = [message: RegExp, answer: string | boolean | RegExp | Interrupted];

/**
 * A user who answers from a list, and must be asked exactly that.
 * @param asked takes the questions, with what there was to choose from: `Sure?: no / yes`
 */
export function scriptedAnswers(answers: Scripted[], asked: string[] = []): Prompts {
  const next = (message: string): Scripted[1] => {
    asked.push(message);
    const [expected, answer] =
      answers.shift() ?? assert.fail(`nobody expected to be asked: ${message}`);
    assert.match(message, expected);
    if (answer instanceof Interrupted) throw answer;
    return answer;
  };
  const pick = <T>(message: string, choices: ReadonlyArray<{ value: T; name: string }>): T => {
    const names = choices.map(({ name }) => name);
    const wanted = next(message);
    asked.push(`${asked.pop()}: ${names.join(' / ')}`);
    const found = choices.find(({ name }) => wanted instanceof RegExp && wanted.test(name));
    return (found ?? assert.fail(`${String(wanted)} is not among ${names.join(', ')}`)).value;
  };
  const pickNodes = (message: string, rows: readonly NodeRow[]): Id[] => {
    const wanted = next(message);
    const lines = rows.map(({ label, state }) => `${label} ${state}`);
    asked.push(`${asked.pop()}: ${lines.join(' / ')}`);
    return rows
      .filter((_, index) => wanted instanceof RegExp && wanted.test(lines[index] ?? ''))
      .map(({ node }) => node);
  };
  const typed = (message: string, validate: (text: string) => true | string): string => {
    const text = String(next(message));
    assert.equal(validate(text), true);
    return text;
  };
  const soon = <T>(answer: () => T): Promise<T> => Promise.resolve().then(answer);
  return {
    confirm: (message) => soon(() => next(message) === true),
    text: (message, { default: preset = '', validate = (): true => true } = {}) =>
      soon(() => typed(message, (text) => validate(text === '' ? preset : text)) || preset),
    secret: (message, validate) => soon(() => typed(message, validate)),
    choose: (message, choices) => soon(() => pick(message, choices)),
    search: (message, choices) => soon(() => pick(message, choices)),
    nodes: (message, rows) => soon(() => pickNodes(message, rows)),
  };
}
