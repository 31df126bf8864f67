import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

/** In `at name (/folder/main.cjs:1:2)`, and without a name in `at /folder/main.cjs:1:2`. */
const FRAME = /(?<=[( ])((?:\/|[A-Z]:\\)[^()]*\.cjs):(\d+):(\d+)/g;

/**
 * A stack trace by the files that were written, not by those of the bundle. Node maps a trace only if it is told so
 * before it loads anything (`--enable-source-maps`), which costs every start.
 */
export function sourceStack(stack: string): string {
  const maps = new Map<string, SourceMap | null>();
  return stack.replaceAll(FRAME, (frame, file: string, line: string, column: string) => {
    const map = maps.get(file) ?? mapOf(file);
    maps.set(file, map);
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!entry || !('originalSource' in entry)) return frame;
    return `${entry.originalSource.replace(/^(\.\.\/)+/, '')}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}
