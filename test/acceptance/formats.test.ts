import assert from 'node:assert/strict';
import { type Ended } from '../helpers/ldctl.js';
import { DATA_FORMATS, readAs, type DataFormat } from '../helpers/readers.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];
const LARGEST = 18446744073709551615n;

async function print(scene: Scene, format: DataFormat, args: readonly string[], exitCode: number): Promise<Ended> {
  const ended = await scene.ldctl([...args, '-o', format]);
  assert.equal(ended.code, exitCode, ended.stderr);
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
    scenarios[`(${format}) when a node rejected the action and the entry of another never appeared`] = () =>
      withScene({ nodes: [7n, 8n, LARGEST], workMs: 100 }, async (scene) => {
        scene.sandbox.setTrouble(7n, 'reject');
        scene.sandbox.setTrouble(LARGEST, 'missing');
        const args = [...RESTART, '--node', `7,8,${LARGEST}`, '--appear-timeout', '1s'];
        const { stdout } = await print(scene, format, args, 7);
        assert.deepEqual(targetsIn(format, stdout), ['7 rejected', '8 completed', `${LARGEST} missing`]);
      });

    scenarios[`(${format}) when the log is listed`] = () =>
      withScene({ history: 250, order: 'asc' }, async (scene) => {
        const { stdout } = await print(scene, format, ['activities', 'list', '--limit', '0'], 0);
        const value = readAs(format, stdout);
        const isDocument = format === 'json' || format === 'yaml';
        const items = (isDocument ? (value as { items: unknown[] }).items : value) as Array<{ id: bigint | string }>;
        const ids = items.map(({ id }) => BigInt(id));
        assert.equal(new Set(ids).size, 250);
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => (a < b ? 1 : -1)),
          'newest first',
        );
        if (isDocument) assert.equal((value as { total_results: bigint }).total_results, 250n);
      });
  }

  sideBySide(scenarios);
});
