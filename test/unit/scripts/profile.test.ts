import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { type CpuProfile, type ProfileNode } from '../../../bench/profile/cpu-profile.js';
import { packageOf } from '../../../bench/profile/packages.js';
import { sumsOf } from '../../../bench/profile/sum.js';
import { tables } from '../../../bench/profile/tables.js';

const CHUNK = 'file:///home/me/ldctl/dist/chunks/chunk-1.js';

/**
 * Line 0 is the bundler's. Line 1 is line 0 of the client, from column 40 on line 4 of the package; line 2 is line 9 of
 * the inner package; line 3 is what stands for a package that was left out.
 */
const MAP = new SourceMap({
  file: 'chunk-1.js',
  version: 3,
  sources: [
    '../../src/api/client.ts',
    '../../node_modules/@scope/outer/index.js',
    '../../node_modules/ui/node_modules/inner/x.js',
    'left-out:cache',
  ],
  sourcesContent: [],
  names: [],
  mappings: ';AAAA,wCCIA;ACKA;ACTA',
  sourceRoot: '',
});
const mapOf = (url: string): SourceMap | undefined => (url === CHUNK ? MAP : undefined);

const node = (
  id: number,
  functionName: string,
  place: readonly [url: string, line: number, column: number],
  ...children: number[]
): ProfileNode => {
  const [url, lineNumber, columnNumber] = place;
  return { id, callFrame: { functionName, url, lineNumber, columnNumber }, children };
};
const NATIVE = ['', -1, -1] as const;

const NODES: ProfileNode[] = [
  node(1, '(root)', NATIVE, 2, 3, 4, 11),
  node(2, '(program)', NATIVE),
  node(3, '(garbage collector)', NATIVE),
  {
    ...node(4, '', [CHUNK, 0, 0], 5, 6, 10),
    positionTicks: [
      { line: 2, ticks: 3 },
      { line: 3, ticks: 1 },
    ],
  },
  node(5, 'request', [CHUNK, 1, 10], 7, 8),
  node(6, '', [CHUNK, 1, 45], 9),
  node(7, 'RegExp: a|b', NATIVE),
  node(8, 'open', NATIVE),
  node(9, 'onSocket', ['node:_http_client', 99, 4]),
  node(10, 'Missing', [CHUNK, 3, 5]),
  node(11, '(idle)', NATIVE),
];

/** Each sample lasts until the next one: the one of node 2 for 100 µs, the last for the 70 µs until the end. */
const PROFILE: CpuProfile = {
  nodes: NODES,
  startTime: 1000,
  samples: [2, 4, 4, 5, 7, 8, 6, 9, 10, 11, 3],
  timeDeltas: [250, 100, 200, 200, 1000, 50, 150, 500, 700, 30, 900],
  endTime: 5150,
};

describe('the sums of a CPU profile', () => {
  it('by package: bundled ones by their source, bodies of modules by the lines that ran, regular expressions by caller', () => {
    const { us, packages } = sumsOf(PROFILE, mapOf);
    assert.equal(us, 3900);
    assert.deepEqual(
      packages.map((one) => [one.name, one.us]),
      [
        ['ldctl: api', 1000 + 50 + 300],
        ['native (idle)', 900],
        ['node: http', 700],
        ['@scope/outer', 500],
        ['native (calls)', 150],
        ['native (program)', 100],
        ['inner', 100],
        ['native (garbage)', 70],
        ['ldctl: bundle', 30],
      ],
    );
  });

  it('by function: where it was written, or who called it', () => {
    const { functions } = sumsOf(PROFILE, mapOf);
    assert.deepEqual(
      functions.map(({ name, at, us }) => [us, name, at]),
      [
        [1000, 'request', 'src/api/client.ts:1'],
        [900, '(idle)', ''],
        [700, 'onSocket', 'node:_http_client:100'],
        [500, '(anonymous)', 'node_modules/@scope/outer/index.js:5'],
        [300, '(body of the module)', 'src/api/client.ts'],
        [150, 'open', 'called from src/api/client.ts:1'],
        [100, '(program)', ''],
        [100, '(body of the module)', 'node_modules/ui/node_modules/inner/x.js'],
        [70, '(garbage collector)', ''],
        [50, 'RegExp: a|b', 'src/api/client.ts:1'],
        [30, 'Missing', 'dist/chunks/chunk-1.js:4'],
      ],
    );
  });

  it('add up what came back to the same function on other ways', () => {
    const twice: CpuProfile = {
      nodes: [
        node(1, '(root)', NATIVE, 2, 3),
        node(2, 'a', ['node:fs', 1, 0], 4),
        node(3, 'b', ['node:fs', 2, 0], 5),
        node(4, 'c', ['node:fs', 3, 0]),
        node(5, 'c', ['node:fs', 3, 0]),
      ],
      startTime: 0,
      samples: [4, 5],
      timeDeltas: [0, 10],
      endTime: 15,
    };
    assert.deepEqual(sumsOf(twice, mapOf).functions, [{ name: 'c', package: 'node: files', at: 'node:fs:4', us: 15 }]);
  });

  it('as tables, in percent and milliseconds, with as many functions as were asked for', () => {
    const sums = sumsOf(PROFILE, mapOf);
    const lines = tables(sums, 11).split('\n');
    // 1350 of 3900.
    assert.ok(lines.includes('| ldctl: api | 34.6 | 1.4 |'));
    assert.ok(lines.includes('| `RegExp: a\\|b` | ldctl: api | 1.3 | 0.1 | src/api/client.ts:1 |'));
    assert.equal(lines.length - tables(sums, 2).split('\n').length, 9);
  });
});

describe('the package of a function', () => {
  const at = (url: string): string =>
    packageOf({ frame: { functionName: 'f', url, lineNumber: 3, columnNumber: 0 }, caller: undefined }, mapOf);

  it('of Node is the part that its module belongs to', () => {
    const parts = {
      'node:internal/modules/esm/loader': 'node: module loader',
      'node:internal/bootstrap/realm': 'node: module loader',
      'node:internal/bootstrap/node': 'node: start',
      'node:internal/process/pre_execution': 'node: start',
      'node:https': 'node: http',
      'node:_tls_wrap': 'node: sockets and TLS',
      'node:net': 'node: sockets and TLS',
      'node:internal/streams/readable': 'node: streams',
      'node:internal/fs/promises': 'node: files',
      'node:internal/url': 'node: other',
    };
    assert.deepEqual(Object.fromEntries(Object.keys(parts).map((url) => [url, at(url)])), parts);
  });

  it('that is installed beside the bundle is known without a map', () => {
    assert.equal(at('file:///home/me/ldctl/node_modules/@napi-rs/keyring/index.js'), '@napi-rs/keyring');
    assert.equal(at('file:///home/me/ldctl/bin/run.js'), 'ldctl: bundle');
  });
});
