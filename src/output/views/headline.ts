import stringWidth from 'string-width';
import { type Id } from '../../base/ids.js';
import { plainText } from '../../base/text.js';

/** What a live view is about: `restart of iggy`, and where. */
export interface ViewTitle {
  what: string;
  deployment: { id: Id; name: string | null };
}

/** What goes on, and how far it has come, each in more and in fewer words. */
export interface Headline {
  titles: readonly string[];
  /** All of it; without what matters least; and what is never left out. */
  states: readonly [full: string, less: string, least: string];
}

/** Puts each state together from its parts. @param bare what is never left out @param elapsed stands last */
export function statesOf(
  bare: readonly string[],
  more: readonly string[],
  most: readonly string[],
  elapsed: string,
): Headline['states'] {
  const join = (parts: readonly string[]): string => [...bare, ...parts, elapsed].join(', ');
  return [join(most), join(more), join([])];
}

/** A title in more and in fewer words; the name of the deployment is in each, and whole. */
export function titlesOf({ what, deployment: { id, name } }: ViewTitle): string[] {
  const words =
    name === null
      ? [`${what} on deployment ${id}`, `${what} on ${id}`, String(id)]
      : [`${what} on ${name} (${id})`, `${what} on ${name}`, name];
  return words.map(plainText);
}

/**
 * The headline that fits: the title and the state in fewer and fewer words, by turns. The name is cut short only where
 * nothing else helps.
 * @param width in columns
 * @param mark what says that something was cut off: `…`
 */
export function fitHeadline(
  { titles, states }: Headline,
  width: number,
  mark: string,
): { title: string; state: string } {
  const [fullest = '', shorter = fullest, shortest = shorter] = titles;
  const [full, less, least] = states;
  const choices = [
    { title: fullest, state: full },
    { title: shorter, state: full },
    { title: shorter, state: less },
    { title: shortest, state: less },
    { title: shortest, state: least },
  ];
  const fits = choices.find(({ title, state }) => stringWidth(`${title}: ${state}`) <= width);
  return (
    fits ?? { title: `${linesOf(shortest, width - stringWidth(`${mark}: ${least}`))[0] ?? ''}${mark}`, state: least }
  );
}

/** A text as a terminal of this width breaks it, between characters. */
export function linesOf(text: string, width: number): string[] {
  const lines = [''];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const line = `${lines.at(-1) ?? ''}${segment}`;
    if (stringWidth(line) <= width) lines[lines.length - 1] = line;
    else lines.push(segment);
  }
  return lines;
}
