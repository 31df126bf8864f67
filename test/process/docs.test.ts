import assert from 'node:assert/strict';
import { blocksOf, docPages } from '../helpers/docs.js';
import { runBlock } from '../helpers/doc-runner.js';
import { plan } from '../helpers/scene.js';

const SHELL = ['sh', 'console'];
/** Fences that hold no commands; one without a language shows a diagram, or help. */
const OTHER = ['ts', 'yaml', 'json', 'diff', 'dockerfile', 'mermaid', ''];
const COMMAND_LINE = /^(\$ )?(ldctl|npm|npx|node|curl) \S/;

const blocks = docPages().flatMap((page) => blocksOf(page));
const shell = blocks.filter(({ language }) => SHELL.includes(language));
const programs = blocks.filter(({ language }) => language === 'ts');

describe('the blocks of README, CONTRIBUTING and docs', () => {
  it('are told apart by their language', () => {
    for (const { where, language, lines } of blocks) {
      const isKnown = [...SHELL, ...OTHER].includes(language);
      assert.ok(isKnown, `${where}: a block of ${language} is not run; say sh or console`);
      const commands = language === '' ? lines.filter((line) => COMMAND_LINE.test(line)) : [];
      assert.deepEqual(
        commands,
        [],
        `${where}: commands in a block without a language are not run`,
      );
    }
  });

  it('say why, where they are not run; most are', () => {
    for (const { where, marks } of shell) {
      assert.match(
        marks.get('not run') ?? 'it is run',
        /^\S+ \S+/,
        `${where}: not run, and no reason why`,
      );
    }
    assert.ok(shell.filter(({ marks }) => !marks.has('not run')).length > shell.length / 2);
    assert.ok(programs.length > 0);
  });

  // Those that need more than a fresh machine has are for `npm run check:programs`, which installs
  // it.
  const needs = process.env.LDCTL_TEST_NEEDS === '1';
  for (const block of [...shell, ...programs].filter(
    ({ marks }) => !marks.has('not run') && marks.has('needs') === needs,
  )) {
    plan(`run: ${block.where} ${block.lines[0] ?? ''}`, () => runBlock(block));
  }
});
