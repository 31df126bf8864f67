import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeenValues } from '../../../src/config/seen.js';
import { itOnPosix } from '../../helpers/platform.js';

const HOUR_MS = 60 * 60_000;

describe('values that were seen', () => {
  let folder: string;
  let path: string;
  let now: number;
  let seen: SeenValues;
  const nodes = (): string[] => seen.read().nodes.map(({ value }) => value);
  const node = (value: string) => ({ value, note: '71' });

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'ldctl-seen-')), 'config');
    path = join(folder, 'seen.json');
    now = Date.parse('2026-06-01T12:00:00Z');
    seen = new SeenValues(folder, { now: () => now });
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  it('are none where none were', () => {
    assert.deepEqual(seen.read(), { activities: [], nodes: [], deployments: [], keys: [] });
  });

  itOnPosix('are kept in a private file, the latest first, each once', 'it keeps no modes', () => {
    seen.remember('nodes', [node('1'), node('2')]);
    now += 2 * HOUR_MS;
    seen.remember('nodes', [node('2'), node('3')]);
    assert.deepEqual(nodes(), ['2', '3', '1']);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('are not written again within the hour', () => {
    seen.remember('nodes', [node('1')]);
    writeFileSync(path, `${readFileSync(path, 'utf8')} `);
    seen.remember('nodes', [node('1')]);
    assert.match(readFileSync(path, 'utf8'), / $/);
    seen.remember('nodes', [node('1'), node('2')]);
    assert.deepEqual(nodes(), ['1', '2']);
  });

  it('are forgotten: keys after a day, nodes after a month', () => {
    seen.remember('nodes', [node('1')]);
    seen.remember('keys', [{ value: 'run-1', note: '' }]);
    now += 25 * HOUR_MS;
    assert.deepEqual([nodes(), seen.read().keys], [['1'], []]);
    now += 30 * 24 * HOUR_MS;
    assert.deepEqual(nodes(), []);
  });

  it('are 500 at most', () => {
    seen.remember(
      'nodes',
      Array.from({ length: 600 }, (_, index) => node(String(index))),
    );
    assert.equal(nodes().length, 500);
  });

  for (const text of ['', 'nonsense', 'null', '[]', '{"nodes":7}', '{"nodes":[null,7,{"value":1,"note":"","at":0}]}']) {
    it(`are none in a file that holds ${text || 'nothing'}, and it is written anew`, () => {
      seen.remember('keys', [{ value: 'k', note: '' }]);
      writeFileSync(path, text);
      assert.deepEqual(nodes(), []);
      seen.remember('nodes', [node('1')]);
      assert.deepEqual(nodes(), ['1']);
    });
  }

  itOnPosix('fail no command where the file is open to others', 'it keeps no modes', () => {
    seen.remember('nodes', [node('1')]);
    chmodSync(path, 0o644);
    assert.deepEqual(nodes(), []);
  });

  it('fail no command where nothing can be written', () => {
    writeFileSync(folder, 'a file');
    seen.remember('nodes', [node('1')]);
    assert.deepEqual(nodes(), []);
  });
});
