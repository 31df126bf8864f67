import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapping, type SourceMapPayload } from 'node:module';
import { type CallFrame } from './cpu-profile.js';

/** What comes before the files that run, in their URLs. */
const RUN = /^file:.*\/(?=(dist|bin|node_modules)\/)/;

/** Where something was written; the line counts from 1. */
export interface Source {
  /** `src/…` or `node_modules/…`; `dist/…` for what nobody wrote, such as the bundler's helpers; `node:…`. */
  file: string;
  line: number;
}

/** The source map of a script, by its URL; undefined for one without. */
export type MapOf = (url: string) => SourceMap | undefined;

/** The place in the sources that a place in what runs comes from. */
export function sourceOf({ url, lineNumber, columnNumber }: CallFrame, mapOf: MapOf): Source {
  // Before the first mapping it is an empty object, whatever its type says.
  const entry: Partial<SourceMapping> = mapOf(url)?.findEntry(lineNumber, columnNumber) ?? {};
  const file = entry.originalSource?.replace(/^(\.\.\/)+/, '') ?? '';
  if (!/^(src|node_modules)\//.test(file)) return { file: url.replace(RUN, ''), line: lineNumber + 1 };
  return { file, line: (entry.originalLine ?? 0) + 1 };
}

/** Reads the maps that lie beside the scripts below a folder, each once. @param below the folder's URL */
export function mapsBeside(below: string): MapOf {
  const maps = new Map<string, SourceMap | undefined>();
  return (url) => {
    if (!url.startsWith(below)) return undefined;
    if (!maps.has(url)) maps.set(url, mapOf(url));
    return maps.get(url);
  };
}

/** The bundler's own helpers have none. */
function mapOf(url: string): SourceMap | undefined {
  const file = new URL(`${url}.map`);
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload) : undefined;
}
