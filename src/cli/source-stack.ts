import { SourceMap, type SourceMapPayload } from 'node:module';
import { relative } from 'node:path';
import type { Program } from './program.js';

/** In `at name (/folder/main.cjs:1:2)`, and without a name in `at /folder/main.cjs:1:2`. */
const FRAME = /(?<=[( ])((?:\/|[A-Z]:\\)[^()]*\.cjs|ldctl\.cjs):(\d+):(\d+)/g;

/**
 * A stack trace by the files that were written, not by those of the bundle. Node maps a trace only if it is told so
 * before it loads anything (`--enable-source-maps`), which costs every start.
 */
export function sourceStack(stack: string, program: Program): string {
  const maps = new Map<string, SourceMap | null>();
  return stack.replaceAll(FRAME, (frame, file: string, line: string, column: string) => {
    const map = maps.get(file) ?? mapOf(file, program);
    maps.set(file, map);
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!entry || !('originalSource' in entry)) return frame;
    return `${entry.originalSource.replace(/^(\.\.\/)+/, '')}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function mapOf(file: string, { root, read }: Program): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(read(relative(root, `${file}.map`))) as SourceMapPayload);
  } catch {
    return null;
  }
}
