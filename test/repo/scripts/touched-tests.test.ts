import assert from 'node:assert/strict';
import { touchedTests } from '../../../scripts/touched-tests.js';

const SOURCES = new Map([
  ['src/a/one.ts', "import { x } from './two.js';"],
  ['src/a/two.ts', "import { y } from '../b/three.js';"],
  ['src/b/three.ts', ''],
  ['test/parts/a/one.test.ts', "import { one } from '../../../src/a/one.js';"],
  ['test/parts/b/three.test.ts', "const three = await import('../../../src/b/three.js');"],
  ['test/process/b.test.ts', "import { three } from '../../src/b/three.js';"],
]);
const touched = (...changed: string[]): string[] => touchedTests(changed, SOURCES);

describe('the tests that a change touches', () => {
  it('are those that import it, the nearest first, without the slow ones', () => {
    assert.deepEqual(touched('src/a/two.ts'), ['test/parts/a/one.test.ts']);
    assert.deepEqual(touched('src/b/three.ts'), [
      'test/parts/b/three.test.ts',
      'test/parts/a/one.test.ts',
    ]);
    assert.deepEqual(touched('test/process/b.test.ts'), []);
  });

  it('are the test itself, too, and each once', () => {
    assert.deepEqual(touched('src/a/one.ts', 'test/parts/a/one.test.ts', 'src/a/two.ts'), [
      'test/parts/a/one.test.ts',
    ]);
  });

  it('of the source of a page of the log are tests of the log', () => {
    const tests = touchedTests(['src/log/list.ts']);
    assert.ok(tests.includes('test/parts/log/list.test.ts'), tests.join());
  });
});
