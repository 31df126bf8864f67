/** Whether a text survives as the value of a header: printable ASCII, with no blank at either end, not empty. */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}
