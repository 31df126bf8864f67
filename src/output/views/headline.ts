import stringWidth from 'string-width';
import { type Id } from '../../core/ids.js';
import { plainText } from '../../core/text.js';

/** What a live view is about: `restart of iggy`, and where. */
export interface ViewTitle {
  what: string;
  deployment: { id: Id; name: string | null };
}

/** What goes on, and how far it has come, each in more and in fewer words. */
export interface Headline {
  titles: readonly string[];
  states: readonly string[];
}

/** A title in more and in fewer words; the name of the deployment is in each, and whole. */
export function titlesOf({ what, deployment: { id, name } }: ViewTitle): string[] {
  const words =
    name === null ? [`${what} on deployment ${id}`, `${what} on ${id}`, String(id)] : [`${what} on ${name} (${id})`, `${what} on ${name}`, name];
  return words.map(plainText);
}

/**
 * The headline that fits: the title in fewer words first, but still with what goes on; then the state, then the title
 * again, which is cut short only where nothing else helps.
 * @param width in columns
 * @param mark what says that something was cut off: `…`
 */
export function fitHeadline({ titles, states }: Headline, width: number, mark: string): { title: string; state: string } {
  const [fullest = '', shorter = fullest, shortest = shorter] = titles;
  const [full = '', ...fewer] = states;
  const [least = full] = fewer.slice(-1);
  const choices = [
    { title: fullest, state: full },
    ...states.map((state) => ({ title: shorter, state })),
    { title: shortest, state: least },
  ];
  const fits = choices.find(({ title, state }) => stringWidth(`${title}: ${state}`) <= width);
  return fits ?? { title: shorten(shortest, width - stringWidth(`${mark}: ${least}`)) + mark, state: least };
}

function shorten(text: string, width: number): string {
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  while (characters.length > 0 && stringWidth(characters.join('')) > width) characters.pop();
  return characters.join('');
}
