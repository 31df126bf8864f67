import { dirname, join, posix } from 'node:path';
import { Script } from 'node:vm';

/** A file of `dist/`: CommonJS. */
export interface Chunk {
  source: string;
  /** What V8 made of it in an earlier run. Where that was another V8, or one with other flags, it compiles the source. */
  code?: Uint8Array;
}

export interface ChunkSource {
  /** What names of files in stack traces begin with. */
  root: string;
  /** @param name the path below `root`, with slashes @throws Error where there is none */
  read: (name: string) => Chunk;
  /** Node's own module of that name. @throws Error where there is none */
  builtin: (id: string) => unknown;
  /** Hears of each file that is loaded. */
  loaded?: (name: string, script: Script) => void;
}

type Body = (
  exports: object,
  require: (id: string) => unknown,
  module: object,
  filename: string,
  dirname: string,
) => void;

const BEGIN = '(function (exports, require, module, __filename, __dirname) {';

/**
 * Loads the files of `dist/` without a file system, and without compiling what was compiled before.
 * @returns what gives the exports of a file, by its name
 */
export function chunkLoader({ root, read, builtin, loaded }: ChunkSource): (name: string) => unknown {
  const modules = new Map<string, { exports: object }>();
  return load;

  function load(name: string): unknown {
    const known = modules.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const filename = join(root, name);
    const { source, code } = read(name);
    const script = new Script(`${BEGIN}${source}\n})`, { filename, cachedData: code, columnOffset: -BEGIN.length });
    loaded?.(name, script);
    const require = (id: string): unknown =>
      id.startsWith('.') ? load(posix.join(posix.dirname(name), id)) : builtin(id);
    (script.runInThisContext() as Body)(module.exports, require, module, filename, dirname(filename));
    return module.exports;
  }
}

/** Node's own module of that name. @throws Error where there is none */
export function builtin(id: string): unknown {
  const found: unknown = process.getBuiltinModule(id);
  if (found === undefined) throw new Error(`there is no module ${id} in this program`);
  return found;
}
