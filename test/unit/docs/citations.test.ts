import assert from 'node:assert/strict';
import { citationsIn, codeFiles, flawOf } from '../../helpers/citations.js';

/** Its own texts hold citations that are wrong on purpose. */
const THIS = 'test/unit/docs/citations.test.ts';

describe('the rules that comments cite', () => {
  it('are headings of the design and of the API contract', () => {
    const cited = codeFiles().filter((file) => file !== THIS).flatMap((file) => citationsIn(file).map((citation) => ({ file, citation })));
    assert.ok(cited.length > 50, `only ${cited.length} citations were found`);
    const flaws = cited.flatMap(({ file, citation }) => flawOf(citation)?.replace(/^/, `${file}: `) ?? []);
    assert.deepEqual(flaws, []);
  });

  it('are found across the lines of a comment', () => {
    const text = '/**\n * Once only (design,\n * "Sequence" 3).\n */\n// So it is (contract,\n// "Errors").\nconst a = 1; // (design, "Rolling")\n';
    assert.deepEqual(citationsIn('a.ts', text), ['(design, "Sequence" 3)', '(contract, "Errors")', '(design, "Rolling")']);
  });

  for (const [citation, flaw] of [
    ['(design, "Sequence" 3 and 4)', null],
    ['(contract, "Core: how many nodes")', null],
    ['(design, "Sequences")', /no such heading/],
    ['(design, "Sequence" 9)', /no 9/],
    ['(design, "Polling" 1)', /no 1/],
    ['(contract)', /say \(design, "Heading"\)/],
    ['(contract: keys expire)', /say/],
    ['design.md', /say/],
  ] as const) {
    it(`${citation}: ${flaw === null ? 'is right' : 'is found out'}`, () => {
      if (flaw === null) assert.equal(flawOf(citation), null);
      else assert.match(flawOf(citation) ?? '', flaw);
    });
  }
});
