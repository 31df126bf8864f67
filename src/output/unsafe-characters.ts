// What JSON leaves as it is although a terminal may act on it: DEL, the C1 controls, and the marks that turn the
// direction of a line. C0 controls are escaped by JSON itself.
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Writes them as `\uXXXX`, which JSON and a double-quoted YAML scalar read back as the same character. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function hasUnsafe(text: string): boolean {
  return text.search(UNSAFE) >= 0;
}
