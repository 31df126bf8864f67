/** All that a stream has, in bytes; null as soon as it is longer than `most` bytes. */
export async function readUpTo(
  most: number,
  stream: AsyncIterable<unknown>,
): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Where a line of a gate, or of another program, is cut. */
const LONGEST_LINE = 64 * 1024;

/**
 * The lines of a stream, as UTF-8. Long ones are cut, so that a stream without line ends does
 * not fill the memory.
 */
export async function* linesOf(input: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const text = rest + decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = text.split(/\r?\n|\r(?!$)/);
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) yield line.slice(0, LONGEST_LINE);
  }
  if (rest !== '') yield rest;
}
