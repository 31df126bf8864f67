import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../helpers/root.js';

const [MAIN, PROGRAM] = ['main', 'host'].map((name) =>
  JSON.stringify(pathToFileURL(join(ROOT, `src/cli/${name}.ts`)).href),
);

/** Runs `whoami` of a program that loads it by this expression. */
function run(command: string): ReturnType<typeof spawnSync> {
  const script = `Promise.all([import(${MAIN}), import(${PROGRAM})]).then(([{ runCommandLine }, { packageProgram }]) => runCommandLine(packageProgram(${JSON.stringify(ROOT)}), { whoami: () => ${command} }));`;
  return spawnSync(process.execPath, ['--import=tsx', '-e', script, '--', 'ldctl', 'whoami'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
}

describe('a command line', function () {
  this.timeout(60_000);

  it('that waits for what never comes does not end as if it were done', () => {
    const { status, stderr } = run('new Promise(() => {})');
    assert.equal(stderr, 'error: a fault in ldctl itself: it ended before the command did\n');
    assert.equal(status, 1);
  });

  it('is told of what is thrown where nobody waits', () => {
    const { status, stderr } = run("(setTimeout(() => { throw new Error('too late'); }, 1), new Promise(() => {}))");
    assert.match(String(stderr), /^error: a fault in ldctl itself: Error: too late\nhint: .*\ncode internal\n$/);
    assert.equal(status, 1);
  });

  it('that fails before its command begins says why', () => {
    const { status, stderr } = run("Promise.reject(new Error('no manifest'))");
    assert.match(String(stderr), /^error: a fault in ldctl itself: Error: no manifest/);
    assert.equal(status, 1);
  });
});
