import { errorDocument } from '../base/errors.js';
import { plainText, wrapWords } from '../base/text.js';
import type { Output, Sink, StyleName } from './streams.js';

/** A command within a text, without the punctuation after it. */
const COMMAND =
  /ldctl (?:activities|deployments|nodes|profiles|sandbox|whoami|help|--help)(?: [^\s`;?]*[^\s`;?.,])*/g;

/** How they are painted where a text starts with them. */
const FIRST_WORDS: ReadonlyMap<string, StyleName> = new Map([
  ['✓', 'ok'],
  ['✗', 'bad'],
  ['error:', 'bad'],
  ['warning:', 'bold'],
  ['hint:', 'bold'],
]);

/**
 * A text for people, wrapped at a terminal. Further lines are indented, so that none looks like
 * another error.
 * @param style of all of it; without it, some first words have one
 */
export function sentence({ isTTY, columns, paint }: Sink, text: string, style?: StyleName): string {
  const lines = text
    .trimEnd()
    .split(/\r?\n/)
    .map(plainText)
    // A command is not wrapped, so that it can be copied: its spaces are hidden meanwhile.
    .map((line) => line.replace(COMMAND, (command) => command.replaceAll(' ', '\0')))
    .flatMap((line) => (isTTY ? wrapWords(line, columns - 2) : [line]))
    .map((line, index) => (index === 0 ? line : `  ${line}`).replaceAll('\0', ' '));
  if (style) return lines.map((line) => `${paint(style, line)}\n`).join('');
  return `${lines.join('\n').replace(/^\S+/, (word) => paint(FIRST_WORDS.get(word), word))}\n`;
}

export function warningText(sink: Sink, message: string) {
  return sentence(sink, `warning: ${message}`);
}

/**
 * What happened, what to do next, and for support the code and id of a request. ldctl's own code
 * says nothing to people, so without a request only --debug and JSON show it.
 */
export function errorText({ stderr, options }: Output, error: unknown) {
  const { message, hint, code, request_id: request, next } = errorDocument(error);
  const isForSupport = options.debug || request !== null;
  const ofRequest = request === null ? '' : `, request ${request}`;
  return [
    sentence(stderr, `error: ${message}`),
    hint === null ? '' : sentence(stderr, `hint: ${hint}`),
    isForSupport ? sentence(stderr, `code ${code}${ofRequest}`, 'dim') : '',
    next === undefined ? '' : nextText(stderr, next),
  ].join('');
}

/** The commands that come next, the best first. */
export const nextTexts = (sink: Sink, commands: readonly string[]) =>
  commands.map((command, at) => nextText(sink, command, at === 0 ? 'next:' : 'or:'));

/**
 * A command on a line of its own, which is never wrapped, so that it can be copied. It may end with
 * flags of which there are none.
 */
export const nextText = (sink: Sink, command: string, word = 'next:') =>
  `${sink.paint('bold', word)} ${plainText(command).trimEnd()}\n`;
