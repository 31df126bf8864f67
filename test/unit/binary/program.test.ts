import assert from 'node:assert/strict';
import { join, sep } from 'node:path';
import { singleExecutable } from '../../../src/binary/program.js';
import { sourceStack } from '../../../src/cli/source-stack.js';

const EXECUTABLE = join('/', 'opt', 'bin', 'ldctl');

/** Line 1, column 1 of what is bundled is line 1, column 1 of `src/cli/main.ts`. */
const MAP = JSON.stringify({ version: 3, sources: ['../src/cli/main.ts'], names: [], mappings: 'AAAA' });

function executable(assets: Record<string, string>): ReturnType<typeof singleExecutable> {
  return singleExecutable((name) => {
    const found = assets[name];
    if (found === undefined) throw new Error(`no asset ${name}`);
    return found;
  }, EXECUTABLE);
}

describe('a single executable', () => {
  it('is started again by itself alone', () => {
    const { command, singleExecutable: isOne, keyringProcess } = executable({});
    assert.deepEqual(
      { command, isOne, keyringProcess },
      { command: [EXECUTABLE], isOne: true, keyringProcess: { module: '__keyring' } },
    );
  });

  it('reads the files of the package from itself, however paths are written here', () => {
    const { read } = executable({ 'completions/ldctl.bash': 'complete' });
    assert.equal(read(['completions', 'ldctl.bash'].join(sep)), 'complete');
    assert.equal(read('completions\\ldctl.bash'), 'complete');
    assert.throws(() => read('README.md'), /no asset README\.md/);
  });

  it('tells where in the sources a fault was', () => {
    const program = executable({ 'dist/main.cjs.map': MAP });
    const [inIt, outside] = [join('/opt/bin/dist', 'main.cjs'), '/opt/bin/other.cjs'];
    const stack = `Error: x\n    at main (${inIt}:1:1)\n    at ${outside}:1:1`;
    assert.equal(sourceStack(stack, program), `Error: x\n    at main (src/cli/main.ts:1:1)\n    at ${outside}:1:1`);
  });
});
