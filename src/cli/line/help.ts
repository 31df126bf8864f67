import { readManifest, type Host } from '../host.js';

/**
 * Of groups, commands and topics, by their words with colons between; the build makes it
 * (scripts/help.ts).
 */
const TEXTS = 'dist/help.json';
/** Alone in a line, or before what it is about. */
const HEADER = /^[A-Z][A-Z ]*(?=$| {2}[-a-z])/gm;

/** @throws UsageError where the words name nothing */
export async function printHelp({ program, output: { stdout } }: Host, words: readonly string[]) {
  const texts = new Map(Object.entries(JSON.parse(program.read(TEXTS)) as Record<string, string>));
  const text = texts.get(words.join(':'));
  if (text === undefined) {
    throw (await import('./suggestions.js')).unknownTopic(
      words,
      texts,
      readManifest(program).commands,
    );
  }
  stdout.write(text.replace(HEADER, (header) => stdout.paint('bold', header)));
  await stdout.drained();
  return 0;
}
