import assert from 'node:assert/strict';
import { blocksOf, docPages } from '../helpers/doc-blocks.js';
import { problemsIn } from '../helpers/doc-programs.js';
import { runBlock } from '../helpers/doc-runner.js';
import { sideBySide } from '../helpers/side-by-side.js';

const blocks = docPages()
  .flatMap((page) => blocksOf(page))
  .filter(({ language }) => language === 'ts');
const run = blocks.filter(({ marks }) => !marks.has('not run'));

describe('the TypeScript in README and docs', function () {
  this.timeout(300_000);

  it('is there', () => assert.ok(blocks.length > 0));

  it('compiles with the types that are shipped', () => {
    const problems = problemsIn(blocks);
    assert.deepEqual(
      blocks.map(({ where }, index) => [where, problems[index]]),
      blocks.map(({ where }) => [where, []]),
    );
  });

  describe('runs', () => sideBySide(Object.fromEntries(run.map((block) => [block.where, () => runBlock(block)])), 6));
});
