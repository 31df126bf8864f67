import { createRequire } from 'node:module';
import type * as XTerm from '@xterm/headless';

// It is CommonJS, and what `import` makes of that depends on who loads this file.
const xterm = createRequire(import.meta.url)('@xterm/headless') as typeof XTerm;

export interface Size {
  columns: number;
  rows: number;
}

/** Bytes from a terminal, and when it was this large. */
export interface Written {
  text: string;
  size: Size;
}

/**
 * What stands on a screen after all of this was written to it, with what has scrolled away above it: a line each,
 * without trailing blanks and blank lines at the end.
 */
export async function screenText(raw: string, size: Size): Promise<string[]> {
  const emulator = await emulate([{ text: raw, size }]);
  const buffer = emulator.buffer.active;
  const lines: string[] = [];
  for (let index = 0; index < buffer.length; index += 1) {
    const line = buffer.getLine(index);
    const text = line?.translateToString(false) ?? '';
    // What only the width of the terminal broke in two is one line.
    if (line?.isWrapped) lines.push((lines.pop() ?? '') + text);
    else lines.push(text);
  }
  const trimmed = lines.map((line) => line.trimEnd());
  while (trimmed.at(-1) === '') trimmed.pop();
  return trimmed;
}

/** A terminal that has been written all of this, resized in between where the size changes. */
export async function emulate(parts: readonly Written[]): Promise<XTerm.Terminal> {
  const { columns: cols = 80, rows = 24 } = parts[0]?.size ?? {};
  const emulator = new xterm.Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true });
  for (const { text, size } of parts) {
    if (size.columns !== emulator.cols || size.rows !== emulator.rows) emulator.resize(size.columns, size.rows);
    await new Promise<void>((resolve) => emulator.write(text, resolve));
  }
  return emulator;
}
