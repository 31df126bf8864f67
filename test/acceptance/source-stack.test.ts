import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageProgram } from '../../src/cli/program.js';
import { sourceStack } from '../../src/cli/source-stack.js';
import { ROOT } from '../helpers/root.js';

const BUILT = new URL('../../dist/main.cjs', import.meta.url);
const SOURCE = new URL('../../src/cli/main.ts', import.meta.url);

const map = (stack: string): string => sourceStack(stack, packageProgram(ROOT));

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
    const built = fileURLToPath(BUILT);
    const mapped = map(
      `Error: x\n    at main (${built}:${line}:${column})\n    at async ${built}:${line}:${column}\n    at node:internal/process:1:2`,
    );
    const place = `src/cli/main.ts:${sourceLine}:${sourceColumn}`;
    assert.equal(mapped, `Error: x\n    at main (${place})\n    at async ${place}\n    at node:internal/process:1:2`);
  });

  it('stays as it is where there is no map', () => {
    const stack = `Error: x\n    at run (${fileURLToPath(new URL('../../bin/run.js', import.meta.url))}:9:1)`;
    assert.equal(map(stack), stack);
  });
});
