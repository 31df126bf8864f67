import { type Env } from '../core/env.js';

/** What stands for a sign where only ASCII can be shown. */
const SIGNS: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '·': '.',
  '–': '-',
  '…': '...',
  '’': "'",
  '›': '>',
  '█': '#',
  '░': '.',
  ...turning('⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'),
};
const SIGN = new RegExp(`[${Object.keys(SIGNS).join('')}]`, 'g');

/** The spinner, frame by frame. */
function turning(dots: string): Record<string, string> {
  return Object.fromEntries(Array.from(dots, (frame, index) => [frame, '|/-\\'.charAt(index % 4)]));
}

/**
 * Whether the locale says of itself that it knows no more than ASCII, or another character set that we do not write
 * (POSIX: the first of these that is set). Where none is set, as in most containers, nothing is known of the reader.
 */
export function isAsciiOnly({ LC_ALL, LC_CTYPE, LANG }: Env): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return locale !== undefined && !/utf-?8/i.test(locale);
}

/** ldctl's own signs in ASCII; names that the API gave are left as they are. */
export function inAscii(text: string): string {
  return text.replace(SIGN, (sign) => SIGNS[sign] ?? sign);
}
