import { type MemorySink } from '../../../helpers/memory-output.js';

// eslint-disable-next-line no-control-regex -- escape sequences are what this reads
const TOKEN = /\u001B\[(\??)([\d;]*)([A-Za-z])|\n|[^\u001B\n]/gu;

/**
 * A terminal in miniature: what a user sees after everything that was written to a sink, above the
 * screen too. It knows the sequences that log-update uses, and wraps at its right edge. Colours are
 * dropped; all characters are one column wide.
 */
export function screenLines(sink: MemorySink): string[] {
  const lines: string[][] = [[]];
  let row = 0;
  let column = 0;
  const moveTo = (next: number): void => {
    row = Math.max(next, 0);
    while (lines.length <= row) lines.push([]);
  };
  for (const [token, mark, digits, command] of sink.text.matchAll(TOKEN)) {
    const count = Number(digits || '1');
    if (token === '\n') {
      moveTo(row + 1);
      column = 0;
    } else if (command === undefined) {
      if (column === sink.columns) {
        moveTo(row + 1);
        column = 0;
      }
      lines[row] = Object.assign(
        Array.from({ length: column }, () => ' '),
        lines[row],
        { [column]: token },
      );
      column += 1;
    } else if (command === 'A') moveTo(row - count);
    else if (command === 'B') moveTo(row + count);
    else if (command === 'G') column = 0;
    // `ESC[2K` erases the line, `ESC[K` what is right of the cursor.
    else if (command === 'K') lines[row] = count === 2 ? [] : (lines[row] ?? []).slice(0, column);
    else if (command !== 'm' && mark !== '?') {
      throw new Error(`the screen does not know ${command}`);
    }
  }
  const texts = lines.map((characters) => characters.join('').trimEnd());
  return texts.slice(0, texts.findLastIndex((text) => text !== '') + 1);
}
