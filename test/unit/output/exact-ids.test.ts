import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseLossless } from 'lossless-json';
import { parse as parseYaml } from 'yaml';
import { MAX_ID } from '../../../src/base/ids.js';
import { activityColumns } from '../../../src/output/activity-columns.js';
import { printList } from '../../../src/output/list.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { type FormatName } from '../../../src/output/formats.js';
import { activity, options } from './support/samples.js';

async function print(ids: readonly bigint[], format: FormatName): Promise<string> {
  const output = memoryOutput();
  const items = ids.map((id) => activity({ id, node_id: MAX_ID - id }));
  await printList(output, [items], { noun: 'activities', columns: activityColumns }, options({ format }));
  return output.stdout.text;
}

/** Each reader gives the ids as decimal text, as it found them. */
const READERS: Record<string, { format: FormatName; read: (text: string) => string[] }> = {
  'JSON, by a lossless parser': {
    format: 'json',
    read: (text) => (parseLossless(text) as { items: Array<{ id: unknown }> }).items.map(({ id }) => String(id)),
  },
  'NDJSON, by a lossless parser': {
    format: 'ndjson',
    read: (text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => String((parseLossless(line) as { id: unknown }).id)),
  },
  'YAML, by a parser with big integers': {
    format: 'yaml',
    read: (text) =>
      (parseYaml(text, { intAsBigInt: true }) as { items: Array<{ id: bigint }> }).items.map(({ id }) => id.toString()),
  },
  'CSV, by its plain cells': {
    format: 'csv',
    read: (text) =>
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[0] ?? ''),
  },
  'a table, by its first word': {
    format: 'table',
    read: (text) =>
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ +/)[0] ?? ''),
  },
};

const EDGES = [0n, 1n, 2n ** 53n - 1n, 2n ** 53n + 1n, 610809900976570889n, 7261845022003200001n, 2n ** 63n, MAX_ID];

describe('ids are exact in', () => {
  for (const [title, { format, read }] of Object.entries(READERS)) {
    it(title, async () => {
      assert.deepEqual(read(await print(EDGES, format)), EDGES.map(String));
      const someIds = fc.array(fc.bigInt({ min: 0n, max: MAX_ID }), { minLength: 1, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(someIds, async (ids) => {
          assert.deepEqual(read(await print(ids, format)), ids.map(String));
        }),
        { numRuns: 50 },
      );
    });
  }
});
