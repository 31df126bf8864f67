import { Terminal } from '@xterm/headless';
import { type MemorySink } from '../../../helpers/memory-output.js';

/** What a user sees after everything that was written to a sink, above the screen too. */
export async function screenLines({ columns: cols, rows, text }: MemorySink): Promise<string[]> {
  const terminal = new Terminal({ cols, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text.replaceAll('\n', '\r\n'), resolve));
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true) ?? '',
  );
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}
