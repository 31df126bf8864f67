/** The few styles there are. The colours are among the 16 of the user's own theme, which knows its background. */
const SGR = {
  ok: ['32', '39'],
  bad: ['31', '39'],
  busy: ['36', '39'],
  bold: ['1', '22'],
  dim: ['2', '22'],
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
