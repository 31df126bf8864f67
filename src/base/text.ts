/** Environment variables, as `process.env` holds them. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * What a terminal acts on, or no one sees: controls (C0, DEL, C1), line separators, marks that
 * change the direction of a line, and characters without a shape, such as zero-width spaces. Not
 * the joiners and variation selectors that emoji and several scripts need.
 */
export const UNSAFE_CHARACTER =
  /[\p{Cc}\p{Zl}\p{Zp}\p{DI}\ufff9-\ufffb](?<![\u200c\u200d\p{VS}])/gu;

/** Makes a text of the API harmless for a terminal: one line, no escape sequences. */
export function plainText(text: string): string {
  return text.replace(UNSAFE_CHARACTER, ' ');
}

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** A name of the API for a sentence: harmless, and no longer than a line may be. */
export const nameText = (name: string) => plainText(name).slice(0, 200);

/** `3 nodes`, `1 node`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** `1, 2 and 8 more`. */
export function shortList(items: readonly unknown[], most = 10): string {
  const rest = items.length - most;
  return `${items.slice(0, most).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Breaks a text at its spaces. A word that is longer than a line stays whole. */
export function wrapWords(text: string, width: number): string[] {
  const line = `(?<!\\S).{1,${Math.max(1, width)}}(?!\\S)`;
  return text.match(new RegExp(`${line}|\\S+`, 'g')) ?? [''];
}

/** A base URL as it is stored and shown, without the slash that `URL` adds. */
export function urlText(url: { readonly href: string }): string {
  return url.href.replace(/\/$/, '');
}

/** As `$'…'` has it in bash and zsh: a line end by its name, all else byte by byte. */
const escaped = (char: string) =>
  char === '\n' ? '\\n' : Buffer.from(char).toString('hex').replace(/../g, '\\x$&');

/**
 * A word as a shell takes it. Only names and lists of ids need quotes; PowerShell makes two words
 * of 7,8. What a terminal acts on is escaped: a new line in a gate is a part of it.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:./-]+$/.test(word)) return word;
  if (plainText(word) !== word) {
    const quoted = word.replace(/[\\']/g, '\\$&');
    return `$'${quoted.replace(UNSAFE_CHARACTER, escaped)}'`;
  }
  return /^[\d,]+$/.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Whether a variable that is a switch is on: set, and neither empty, `0` nor `false`. */
export const isOn = (text: string | undefined) =>
  !['', '0', 'false'].includes(text?.toLowerCase() ?? '');
