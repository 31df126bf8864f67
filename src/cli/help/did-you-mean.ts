import { closestMatch } from 'leven';

/** So many letters may be wrong in a word of so many. */
const MOST_WRONG = 3;
const LETTERS_A_MISTAKE = 3;

/**
 * What may have been meant by what was typed: a flag, or the first words of a command line as one of the commands.
 * @returns null when nothing is near it
 */
export function didYouMean(typed: string, known: readonly string[]): string | null {
  const words = typed.split(' ');
  // The longest first: `activities lst` is meant as `activities list` rather than as `activities`.
  for (let count = words.length; count > 0; count -= 1) {
    const begin = words.slice(0, count).join(' ');
    const candidates = known.filter((name) => name.split(' ').length === count);
    const maxDistance = Math.min(MOST_WRONG, Math.floor(begin.length / LETTERS_A_MISTAKE));
    const nearest = closestMatch(begin, candidates, { maxDistance });
    if (nearest !== undefined) return nearest;
  }
  return null;
}
