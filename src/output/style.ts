/**
 * The few styles there are. The colours come from the fixed part of the 256-colour palette, picked for a contrast of
 * at least 3:1 on white, on black and on the usual greys; the first 16 are the user's theme, and unreadable in some.
 */
const SGR = {
  ok: ['38;5;28', '39'],
  bad: ['38;5;196', '39'],
  busy: ['38;5;32', '39'],
  bold: ['1', '22'],
} as const;

export type StyleName = keyof typeof SGR;

/** Puts a style on a text, or leaves it alone where there is no colour. */
export type Paint = (style: StyleName | undefined, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => {
    if (!colour || style === undefined || text === '') return text;
    const [on, off] = SGR[style];
    return `\u001B[${on}m${text}\u001B[${off}m`;
  };
}
