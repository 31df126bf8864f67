import { closestMatch } from 'leven';
import { MEANT_BY } from './synonyms.js';

/** So many letters may be wrong in a word of so many. */
const MOST_WRONG = 3;
const LETTERS_A_MISTAKE = 3;

/**
 * What may have been meant by what was typed: a flag, or the first words of a command line as one of the commands.
 * @param typed words, each with a single blank between
 * @returns null when nothing is near it
 */
export function didYouMean(typed: string, known: readonly string[]): string | null {
  const words = typed.split(' ');
  // The longest first: `activities lst` is meant as `activities list` rather than as `activities`.
  for (let count = words.length; count > 0; count -= 1) {
    const begin = words.slice(0, count).join(' ');
    const meant = byOtherName(begin, known) ?? nearest(begin, known);
    if (meant !== null) return meant;
  }
  return null;
}

/** By the name that other tools have for it, as a whole or word by word (`profile rm`). */
function byOtherName(begin: string, known: readonly string[]): string | null {
  const translated = begin
    .split(' ')
    .map((word) => MEANT_BY.words[word] ?? word)
    .join(' ');
  if (known.includes(translated)) return translated;
  const meant = MEANT_BY.commands[begin] ?? MEANT_BY.commands[translated];
  return meant !== undefined && known.some((name) => meant === name || meant.startsWith(`${name} `)) ? meant : null;
}

function nearest(begin: string, known: readonly string[]): string | null {
  const candidates = known.filter((name) => name.split(' ').length === begin.split(' ').length);
  const maxDistance = Math.min(MOST_WRONG, Math.floor(begin.length / LETTERS_A_MISTAKE));
  return closestMatch(begin, candidates, { maxDistance }) ?? null;
}
