import assert from 'node:assert/strict';
import { type Ended } from '../helpers/ldctl.js';
import { DATA_FORMATS, pythonFormats, readAs, readByPython, type DataFormat } from '../helpers/readers.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];
const BOTH_NODES = [...RESTART, '--node', '7,18446744073709551615', '--appear-timeout', '1s'];

/** Everything that was printed for programs, for readers of another language to try as well. */
const printed: Array<readonly [DataFormat, string]> = [];

async function print(scene: Scene, format: DataFormat, args: readonly string[], exitCode: number): Promise<Ended> {
  const ended = await scene.ldctl([...args, '-o', format]);
  assert.equal(ended.code, exitCode, ended.stderr);
  printed.push([format, ended.stdout]);
  return ended;
}

/** `node status` of every target, out of what was printed. */
function targetsIn(format: DataFormat, stdout: string): string[] {
  if (format === 'csv') {
    const rows = readAs(format, stdout) as Array<{ node: string; status: string }>;
    return rows.map(({ node, status }) => `${node} ${status}`);
  }
  const value = readAs(format, stdout);
  const result = format === 'ndjson' ? (value as unknown[]).at(-1) : value;
  if (format === 'ndjson') assert.equal((result as { event: string }).event, 'result');
  const { nodes } = result as { nodes: Array<{ node_id: bigint; status: string }> };
  return nodes.map(({ node_id, status }) => `${node_id} ${status}`);
}

describe('stdout is in the format that was asked for', function () {
  this.timeout(300_000);

  const scenarios: Record<string, () => Promise<void>> = {};
  for (const format of DATA_FORMATS) {
    const options = { nodes: [7n, 18446744073709551615n], workMs: 100, history: 3 };

    scenarios[`(${format}) when a node rejected the action`] = () =>
      withScene({ ...options, troubles: [[7n, 'reject']] }, async (scene) => {
        const { stdout } = await print(scene, format, BOTH_NODES, 3);
        assert.deepEqual(targetsIn(format, stdout), ['7 rejected', '18446744073709551615 completed']);
      });

    scenarios[`(${format}) when an entry never appeared`] = () =>
      withScene({ ...options, troubles: [[18446744073709551615n, 'missing']] }, async (scene) => {
        const { stdout } = await print(scene, format, BOTH_NODES, 7);
        assert.deepEqual(targetsIn(format, stdout), ['7 completed', '18446744073709551615 missing']);
      });

    scenarios[`(${format}) when nothing was sent`] = () =>
      withScene(options, async (scene) => {
        const { stdout, stderr } = await print(scene, format, RESTART, 2);
        assert.match(stderr, /^error: .*consent_missing\)$/m);
        if (format === 'csv') {
          assert.equal(stdout, '');
          return;
        }
        const value = readAs(format, stdout);
        const [document] = format === 'ndjson' ? (value as unknown[]) : [value];
        const { error } = document as { error: Record<string, unknown> };
        assert.deepEqual([error.code, error.exit_code, error.request_id], ['consent_missing', 2n, null]);
      });

    scenarios[`(${format}) when the log is listed`] = () =>
      withScene({ ...options, history: 250, order: 'asc' }, async (scene) => {
        const { stdout } = await print(scene, format, ['activities', 'list', '--limit', '0'], 0);
        const value = readAs(format, stdout);
        const isDocument = format === 'json' || format === 'yaml';
        const items = (isDocument ? (value as { items: unknown[] }).items : value) as Array<{ id: bigint | string }>;
        const ids = items.map(({ id }) => BigInt(id));
        assert.equal(new Set(ids).size, 250);
        assert.deepEqual(ids, ids.toSorted((a, b) => (a < b ? 1 : -1)), 'newest first');
        if (isDocument) assert.equal((value as { total_results: bigint }).total_results, 250n);
      });
  }

  sideBySide(scenarios);

  const pythons = pythonFormats();
  const tried = pythons.join(', ') || 'nothing, for there is no python3 here';
  it(`and Python reads the same out of it, in: ${tried}`, () => {
    const items = printed.filter(([format]) => pythons.includes(format));
    const read = pythons.length === 0 ? [] : readByPython(items);
    assert.deepEqual(
      read,
      items.map(([format, text]) => readAs(format, text)),
    );
  });
});
