import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Run, type Ended } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';

/** Our own files, and the folders of packages, which need not hold the files that they were compiled from. */
const WRITTEN = /^(?:called from )?(src\/.*\.ts|node_modules\/(?:@[^/]+\/)?[^/]+\/)/;

function profile(...args: string[]): Promise<Ended> {
  const script = ['--import', 'tsx', join(ROOT, 'bench/profile.ts'), ...args];
  return new Run(process.execPath, script, process.env).input().ended();
}

function cellsOf(line: string): string[] {
  return line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, ''));
}

describe('the profile of a command', function () {
  this.timeout(120_000);

  it('says where all of its time went, by package and by function in the sources', async () => {
    const { code, stdout, stderr } = await profile('--runs', '1', '--top', '1000', '--', 'activities', 'list');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^`ldctl activities list`, Node v\d+\.\d+\.\d+: \d+ ms, the median of 1 run\.$/m);
    const [, packages = '', functions = ''] = stdout.split('\n\n');
    const rows = packages.split('\n').slice(2).map(cellsOf);
    const all = rows.reduce((sum, [, percent]) => sum + Number(percent), 0);
    assert.ok(Math.abs(all - 100) < 0.05 * rows.length + 0.1, `${all} %`);
    const names = rows.map(([name = '']) => name);
    assert.ok(names.includes('@oclif/core') && names.includes('node: module loader'), names.join());
    assert.ok(
      names.some((name) => /^ldctl: (?!bundle$)/.test(name)),
      names.join(),
    );
    const files = functions
      .trimEnd()
      .split('\n')
      .map((line) => WRITTEN.exec(cellsOf(line).at(-1) ?? '')?.[1])
      .filter((file) => file !== undefined);
    assert.ok(
      files.some((file) => file.startsWith('src/')) && files.some((file) => file.startsWith('node_modules/')),
      files.join(),
    );
    assert.deepEqual(
      files.filter((file) => !existsSync(join(ROOT, file))),
      [],
    );
  });

  it('is refused when it cannot be made, before anything runs', async () => {
    const none = await profile('--runs', '0', '--', '--version');
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^--runs takes a whole number from 1, not "0"\.\n/);
    const noNode = await profile('--node', join(ROOT, 'no-node'), '--', '--version');
    assert.equal(noNode.code, 2);
    assert.match(noNode.stderr, /no-node is no program of Node's: .*ENOENT/);
    const nothing = await profile('--runs', '1');
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /^Which command\? Name it after `--`\.\n/);
  });

  it('of a command that fails says so', async () => {
    const { code, stdout, stderr } = await profile('--runs', '1', '--', 'activities', 'list', '--limit', 'x');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /; it ended with 2\.$/m);
    assert.match(stderr, /--limit/);
  });
});
