// C0 and C1 controls, DEL, and the bidirectional overrides that make a line read as another one.
// eslint-disable-next-line no-control-regex -- naming control characters is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from the API made harmless for a terminal: one line, no escape sequences (design, "Output shapes"). */
export function plainText(text: string): string {
  return text.replace(CONTROL, ' ');
}

/** `3 nodes`, `1 node`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
