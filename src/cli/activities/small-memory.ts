/** The V8 of Node 20 to 26. One that did not know the flag would complain of it on stderr. */
const [FIRST_V8, LAST_V8] = [11, 14];
/** By then, V8 has taken as much room as keeps most of what is read from outliving its use. */
const EARLY = 10;

/**
 * Hands on what is read in batches, and has V8 use no more room for new objects than it took for the first of them. It
 * would take four times as much in the end, since it counts what ever passed through, even if little is alive at a time;
 * and what is more is not faster here (docs/performance.md). For a command that only reads: Node says of
 * `setFlagsFromString` that it is to be used with care.
 */
export async function* inSmallMemory<T>(batches: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const batch of batches) {
    yield batch;
    count += 1;
    if (count === EARLY) await keepYoungSpace();
  }
}

async function keepYoungSpace(): Promise<void> {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version < FIRST_V8 || version > LAST_V8) return;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
}
