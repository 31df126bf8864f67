/**
 * What a terminal acts on, or what stands in a text and is not seen: controls (C0, DEL, C1), separators of lines, the marks
 * that turn the direction of a line, and what has no shape of its own, such as zero-width spaces and tags. Not the joiners
 * and the variation selectors, without which emoji and several scripts fall apart.
 */
export const UNSAFE_CHARACTER = /[\p{Cc}\p{Zl}\p{Zp}\p{DI}\ufff9-\ufffb](?<![\u200c\u200d\p{VS}])/gu;

/** Text from the API made harmless for a terminal: one line, no escape sequences (design, "Output shapes"). */
export function plainText(text: string): string {
  return text.replace(UNSAFE_CHARACTER, ' ');
}

/** `3 nodes`, `1 node`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
