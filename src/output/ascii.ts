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
  // The bars of a histogram; the highest is above.
  '▁': '.',
  '▂': ':',
  '▃': '-',
  '▄': '=',
  '▅': '+',
  '▆': '*',
  '▇': '%',
};
const SIGN = new RegExp(`[${Object.keys(SIGNS).join('')}]`, 'g');

/** The spinner, frame by frame. */
function turning(dots: string): Record<string, string> {
  return Object.fromEntries(Array.from(dots, (frame, index) => [frame, '|/-\\'.charAt(index % 4)]));
}

/** ldctl's own signs in ASCII; names that the API gave are left as they are. */
export function inAscii(text: string): string {
  return text.replace(SIGN, (sign) => SIGNS[sign] ?? sign);
}
