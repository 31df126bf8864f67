import assert from 'node:assert/strict';
import { packageProgram } from '../../../src/cli/host.js';
import { ROOT } from '../../helpers/root.js';

describe('an installed package', () => {
  const program = packageProgram(ROOT);

  it('reads its files', () => {
    assert.equal((JSON.parse(program.read('package.json')) as { name: string }).name, 'ldctl');
    assert.throws(() => program.read('not/there'), { code: 'ENOENT' });
  });

  it('is started again by the Node that runs it, with its options', () => {
    const { execPath, execArgv, argv } = process;
    assert.deepEqual(program.command, [execPath, ...execArgv, argv[1]]);
    assert.equal(program.singleExecutable, false);
  });
});
