import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Host } from '../../../../src/cli/host.js';
import { readNodesFrom } from '../../../../src/cli/activities/nodes-from.js';
import { Interrupted, UsageError } from '../../../../src/base/errors.js';

const LARGEST = 18446744073709551615n;
const NODE = 610809900976570889n;
const never = new AbortController().signal;

describe('--nodes-from', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ldctl-nodes-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const host = (stdin: PassThrough): Host => ({ stdin }) as unknown as Host;

  function fromFile(text: string): Promise<bigint[]> {
    const path = join(folder, 'nodes');
    writeFileSync(path, text);
    return readNodesFrom(host(new PassThrough()), path, never);
  }

  const good: Array<[string, string, bigint[]]> = [
    ['an id a line, in the order given', `${LARGEST}\n${NODE}\n1`, [LARGEST, NODE, 1n]],
    ['lines of Windows, blank ones and comments', `# all of them\r\n${NODE}\r\n\r\n  2 # the slow one\r\n`, [NODE, 2n]],
    ['each once', '2\n1\n2\n02\n', [2n, 1n]],
    ['a list of ids', ` [${LARGEST}, "${NODE}", 1]`, [LARGEST, NODE, 1n]],
    [
      'what `activities list -o json` prints',
      `{"items":[{"id":5,"node_id":${NODE}},{"id":6,"node_id":${NODE}},{"id":7,"node_id":2}],"total_results":3}`,
      [NODE, 2n],
    ],
    [
      'what `activities trigger -o json` prints, ids as strings or not',
      `{"outcome":"rejected","nodes":[{"node_id":"${LARGEST}"},{"node_id":2}]}`,
      [LARGEST, 2n],
    ],
    ['a list of such entries', `[{"node_id":${NODE}}]`, [NODE]],
    ['a text that begins with a byte order mark', `\uFEFF[${NODE}]`, [NODE]],
    ['lines that do', `\uFEFF${NODE}\n`, [NODE]],
  ];
  for (const [what, text, nodes] of good) {
    it(`reads ${what}`, async () => assert.deepEqual(await fromFile(text), nodes));
  }

  const bad: Array<[string, string]> = [
    ['an empty file', ''],
    ['blank lines', '\n \n'],
    ['nothing but comments', '# 1\n# 2\n'],
    ['an empty list', '[]'],
    ['an empty list of nodes', '{"nodes":[]}'],
    ['no items', '{"items":[],"total_results":0}'],
    ['JSON without a list', '{"error":{"code":"not_found"}}'],
    ['JSON that breaks off', '{"items":[{"node_id":1},'],
    ['several documents', '{"node_id":1}\n{"node_id":2}\n'],
    ['a line that is no id', '1\ntwo\n'],
    ['several ids on a line', '1,2'],
    ['an id that is out of range', '18446744073709551616'],
    ['a negative number', '[-1]'],
    ['a number with a fraction', '[1.5]'],
    ['a number that was rounded', '[6.108e17]'],
    ['null', '[null]'],
    // Of a run that expected a node and never saw it: leaving it out would forget one.
    ['a node without an id', '{"nodes":[{"node_id":1},{"node_id":null}]}'],
  ];
  for (const [what, text] of bad) {
    it(`refuses ${what}`, async () => assert.rejects(fromFile(text), UsageError));
  }

  it('refuses a file that is not there, a folder, and no name at all', async () => {
    for (const path of [join(folder, 'nothing'), folder, '']) {
      await assert.rejects(readNodesFrom(host(new PassThrough()), path, never), UsageError, path);
    }
  });

  it('reads stdin to its end', async () => {
    const stdin = new PassThrough();
    const nodes = readNodesFrom(host(stdin), '-', never);
    stdin.write('1\n');
    stdin.end(`${NODE}`);
    assert.deepEqual(await nodes, [1n, NODE]);
  });

  it('stops reading stdin at Ctrl-C', async () => {
    const stdin = new PassThrough();
    const stop = new AbortController();
    const nodes = readNodesFrom(host(stdin), '-', stop.signal);
    stdin.write('1\n');
    stop.abort(new Interrupted('SIGINT'));
    await assert.rejects(nodes, Interrupted);
  });
});
