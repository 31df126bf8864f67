import { parseRuntime } from '../../src/base/activity.js';
import { parseId } from '../../src/base/ids.js';
import { type ActionName, type WaitRequest } from '../../src/library/old-requests.js';

/** What the command that a result names would wait for. */
export function waitRequestOf(command: string): WaitRequest {
  const words = command.split(' ').slice(['ldctl', 'activities', 'wait'].length);
  if (!words[0]?.startsWith('--')) return { ids: words.map((word) => parseId(word)) };
  const flags = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value = ''] = words.slice(at, at + 2);
    const before = flags.get(name);
    flags.set(name, before === undefined ? value : `${before},${value}`);
  }
  const nodes = flags.get('--node');
  const expectNodes = flags.get('--expect-nodes');
  return {
    after: parseId(flags.get('--after') ?? ''),
    runtime: parseRuntime(flags.get('--runtime') ?? ''),
    action: flags.get('--action') as ActionName,
    ...(nodes === undefined
      ? expectNodes !== undefined && { expectNodes: Number(expectNodes) }
      : { nodes: nodes.split(',').map((id) => parseId(id)) }),
  };
}
