/** What is typed; a text is split at its spaces. */
export type Words = string | readonly string[];

export function wordsOf(words: Words): readonly string[] {
  return typeof words === 'string' ? words.split(' ') : words;
}
