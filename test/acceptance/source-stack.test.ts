import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sourceStack } from '../../src/cli/source-stack.js';

const BUILT = new URL('../../dist/cli/main.js', import.meta.url);
const SOURCE = new URL('../../src/cli/main.ts', import.meta.url);

/** Where a word stands in a file, counted from 1. */
function positionOf(word: string, file: URL): [line: number, column: number] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes(word));
  return [line + 1, (lines[line] ?? '').indexOf(word) + 1];
}

describe('a stack trace', () => {
  it('names the file that was written, with line and column', () => {
    const word = 'drained';
    const [line, column] = positionOf(word, BUILT);
    const [sourceLine, sourceColumn] = positionOf(word, SOURCE);
    const mapped = sourceStack(`Error: x\n    at main (${BUILT.href}:${line}:${column})\n    at node:internal/process:1:2`);
    assert.equal(mapped, `Error: x\n    at main (src/cli/main.ts:${sourceLine}:${sourceColumn})\n    at node:internal/process:1:2`);
  });

  it('stays as it is where there is no map', () => {
    const stack = `Error: x\n    at ${new URL('../../bin/run.js', import.meta.url).href}:9:1`;
    assert.equal(sourceStack(stack), stack);
  });
});
