import { type CallFrame, type Spent } from './cpu-profile.js';
import { sourceOf, type MapOf } from './sources.js';

const IN_PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const IN_ROOM = /^src\/([^/]+)\//;

/** What Node's own modules are for, by their names; the first that fits. */
const OF_NODE: ReadonlyArray<readonly [pattern: RegExp, what: string]> = [
  [/^(module|internal\/(modules|source_map|vm|bootstrap\/realm)|vm)\b/, 'module loader'],
  [/^internal\/(main|bootstrap|per_context|process\/pre_execution)\b/, 'start'],
  [/^(_http_|(internal\/)?https?\b)/, 'http'],
  [/^(_tls_|(internal\/)?(net|tls|dns|crypto)\b|internal\/js_stream_socket)/, 'sockets and TLS'],
  [/^(_stream_|(internal\/)?streams?\b|events$|internal\/stream_base)/, 'streams'],
  [/^((internal\/)?fs|path)\b/, 'files'],
];

/** What V8 calls its own doings. */
const OF_V8: Readonly<Record<string, string>> = {
  '(garbage collector)': 'native (garbage)',
  '(idle)': 'native (idle)',
  '(program)': 'native (program)',
  '(root)': 'native (program)',
};

/**
 * Whose time it is: a room of ldctl, a package, a part of Node, or what is native. A regular expression belongs to who
 * uses it.
 */
export function packageOf({ frame, caller }: Pick<Spent, 'frame' | 'caller'>, mapOf: MapOf): string {
  if (frame.url !== '') return packageAt(frame, mapOf);
  if (caller && isRegExp(frame)) return packageAt(caller, mapOf);
  return OF_V8[frame.functionName] ?? 'native (calls)';
}

export function isRegExp({ url, functionName }: CallFrame): boolean {
  return url === '' && functionName.startsWith('RegExp: ');
}

function packageAt(frame: CallFrame, mapOf: MapOf): string {
  const { file } = sourceOf(frame, mapOf);
  if (file.startsWith('node:')) return `node: ${partOfNode(file.slice('node:'.length))}`;
  const name = IN_PACKAGE.exec(file)?.[1];
  if (name !== undefined) return name;
  // What is in no room was put there by the bundler, or starts it: bin/run.js.
  return `ldctl: ${IN_ROOM.exec(file)?.[1] ?? 'bundle'}`;
}

function partOfNode(module: string): string {
  return OF_NODE.find(([pattern]) => pattern.test(module))?.[1] ?? 'other';
}
