import assert from 'node:assert/strict';
import { join } from 'node:path';
import ts from 'typescript';
import { blocksOf, docPages } from '../helpers/doc-blocks.js';
import { ROOT } from '../helpers/root.js';

const blocks = docPages().flatMap((page) => blocksOf(page)).filter(({ language }) => language === 'ts');

/** As a reader's project would compile it, strictly; it lies in the package, which can import itself by its name. */
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  noUnusedLocals: true,
  noEmit: true,
};

describe('the TypeScript in the docs', function () {
  this.timeout(120_000);

  it('is there', () => assert.ok(blocks.length > 0));

  for (const { where, lines } of blocks) {
    it(`${where} compiles with the types that are shipped`, () => {
      const path = join(ROOT, 'block-of-the-docs.ts');
      const host = ts.createCompilerHost(OPTIONS);
      host.fileExists = (file) => file === path || ts.sys.fileExists(file);
      host.readFile = (file) => (file === path ? lines.join('\n') : ts.sys.readFile(file));
      const program = ts.createProgram([path], OPTIONS, host);
      const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
      assert.deepEqual(problems, []);
    });
  }
});
