import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LDCTL, Run } from './ldctl.js';

const DIST = new URL('../../dist/', import.meta.url).href;
const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** What a process loaded of the built command. */
export interface Loaded {
  modules: number;
  bytes: number;
  /** The packages with code in any of it. */
  packages: ReadonlySet<string>;
}

/**
 * What the command loads to carry out a command line, whatever comes of it.
 * @param env all of its environment
 */
export function loadedBy(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Loaded> {
  return loadedByNode([LDCTL, ...args], env);
}

/** The same for any program. @param args what Node is given */
export async function loadedByNode(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Loaded> {
  const folder = await mkdtemp(join(tmpdir(), 'ldctl-loaded-'));
  try {
    await new Run(process.execPath, args, { ...env, NODE_V8_COVERAGE: folder }).input().ended();
    const files = [...new Set(readdirSync(folder).flatMap((file) => scriptsIn(join(folder, file))))];
    const sources = files.flatMap(sourcesOf);
    return {
      modules: files.length,
      bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
      packages: new Set(sources.flatMap((source) => PACKAGE.exec(source)?.[1] ?? [])),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of dist/ in a report of V8's coverage, which names every script that a process compiled. */
function scriptsIn(report: string): string[] {
  const { result } = JSON.parse(readFileSync(report, 'utf8')) as { result: Array<{ url: string }> };
  return result.flatMap(({ url }) => (url.startsWith(DIST) ? [fileURLToPath(url)] : []));
}

function sourcesOf(file: string): string[] {
  const map = `${file}.map`;
  // The bundler's own helpers have none.
  return existsSync(map) ? (JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources : [];
}
