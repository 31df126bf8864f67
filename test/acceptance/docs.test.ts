import assert from 'node:assert/strict';
import { blocksOf, docPages } from '../helpers/doc-blocks.js';
import { runBlock } from '../helpers/doc-runner.js';
import { sideBySide } from '../helpers/side-by-side.js';

const SHELL = ['sh', 'console'];
/** Fences that hold no commands; one without a language shows a diagram, or help. */
const OTHER = ['ts', 'yaml', 'json', ''];
const COMMAND_LINE = /^(\$ )?(ldctl|npm|npx|node|curl) \S/;

const blocks = docPages().flatMap((page) => blocksOf(page));
const shell = blocks.filter(({ language }) => SHELL.includes(language));
const run = shell.filter(({ marks }) => !marks.has('not run'));

describe('the shell blocks of README, CONTRIBUTING and docs', function () {
  this.timeout(300_000);

  it('are told apart from other blocks by their language', () => {
    for (const { where, language, lines } of blocks) {
      assert.ok(
        [...SHELL, ...OTHER].includes(language),
        `${where}: a block of ${language} is not run; say sh or console`,
      );
      const commands = language === '' ? lines.filter((line) => COMMAND_LINE.test(line)) : [];
      assert.deepEqual(commands, [], `${where}: commands in a block without a language are not run`);
    }
  });

  it('say why, where they are not run', () => {
    for (const { where, marks } of shell) {
      assert.match(marks.get('not run') ?? 'it is run', /^\S+ \S+/, `${where}: not run, and no reason why`);
    }
    assert.ok(run.length > shell.length / 2, 'most of them can be run');
  });

  // Those that need more than a fresh machine has are for `npm run check:programs`, which installs it.
  const here = run.filter(({ marks }) => marks.has('needs') === (process.env.LDCTL_TEST_NEEDS === '1'));
  sideBySide(
    Object.fromEntries(here.map((block) => [`${block.where} ${block.lines[0] ?? ''}`, () => runBlock(block)])),
    6,
  );
});
