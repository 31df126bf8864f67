import assert from 'node:assert/strict';
import { join, sep } from 'node:path';
import { type Script } from 'node:vm';
import { builtin, chunkLoader, type Chunk } from '../../../src/binary/chunks.js';

/** V8 remembers what it has compiled in this process, by its name: each load has names of its own. */
let loads = 0;

/** Loads `dist/main.cjs` of these files, by what each has below `dist/`. */
function load(files: Record<string, string | Chunk>, loaded?: (name: string, script: Script) => void): unknown {
  const read = (name: string): Chunk => {
    const file = files[name.replace('dist/', '')];
    if (file === undefined) throw new Error(`no ${name}`);
    return typeof file === 'string' ? { source: file } : file;
  };
  return chunkLoader({ root: join('/', `somewhere-${(loads += 1)}`), read, builtin, loaded })('dist/main.cjs');
}

describe('the files in a single executable', () => {
  it('require each other from where they are, and Node’s own modules', () => {
    const files = {
      'main.cjs': "exports.all = [require('./chunks/a.cjs').name, require('node:path').sep]",
      'chunks/a.cjs': "exports.name = require('./b.cjs') + require('../c.cjs')",
      'chunks/b.cjs': "module.exports = 'b'",
      'c.cjs': "module.exports = 'c'",
    };
    assert.deepEqual(load(files), { all: ['bc', sep] });
  });

  it('run once each, also where two need each other', () => {
    const files = {
      'main.cjs': "exports.early = 1; exports.seen = require('./a.cjs').seen; exports.times = require('./a.cjs').times",
      'a.cjs': "exports.times = (exports.times ?? 0) + 1; exports.seen = require('./main.cjs').early",
    };
    assert.deepEqual(load(files), { early: 1, seen: 1, times: 1 });
  });

  it('have a place in stack traces, in the line and column where it stands in the file', () => {
    const { stack } = load({ 'main.cjs': "module.exports = new Error('x')" }) as Error;
    assert.match(String(stack), /\(?[/\\]somewhere-\d+[/\\]dist[/\\]main\.cjs:1:18\)?$/m);
  });

  it('and what is not there says so', () => {
    assert.throws(() => load({ 'main.cjs': "require('typescript')" }), /there is no module typescript in this program/);
    assert.throws(() => load({ 'main.cjs': "require('./a.cjs')" }), /no dist\/a\.cjs/);
  });

  describe('with code that was compiled before', () => {
    const source = 'exports.twice = (number) => 2 * number';
    let code: Buffer;
    const loadWith = (kept: Buffer): [twice: number, rejected: boolean | undefined] => {
      let rejected: boolean | undefined;
      const exports = load(
        { 'main.cjs': { source, code: kept } },
        (_name, script) => (rejected = script.cachedDataRejected),
      );
      return [(exports as { twice: (number: number) => number }).twice(21), rejected];
    };

    before(() => {
      let made: Script | undefined;
      const { twice } = load({ 'main.cjs': source }, (_name, script) => (made = script)) as {
        twice: (number: number) => number;
      };
      twice(1);
      assert.ok(made);
      code = made.createCachedData();
    });

    it('use it', () => assert.deepEqual(loadWith(code), [42, false]));

    it('do without what is damaged, or of another V8', () => {
      const other = Buffer.from(code);
      other.fill(0xff, 4, 12);
      assert.deepEqual(loadWith(other), [42, true]);
      assert.deepEqual(loadWith(code.subarray(0, code.length / 2)), [42, true]);
    });
  });
});
