import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { packageProgram } from '../../../src/main.js';
import { LOADER } from '../../helpers/loader.js';
import { ROOT } from '../../helpers/root.js';

const MAIN = JSON.stringify(import.meta.resolve('../../../src/main.js'));

/** Runs `whoami` of a program that loads it by this expression. */
function run(command: string): ReturnType<typeof spawnSync> {
  const script = `import(${MAIN}).then(({ main, packageProgram }) => main(packageProgram(${JSON.stringify(ROOT)}), { whoami: () => ${command} }));`;
  return spawnSync(process.execPath, [...LOADER, '-e', script, '--', 'ldctl', 'whoami'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
}

describe('a command line', function () {
  this.timeout(60_000);

  for (const [what, command, said] of [
    [
      'waits for what never comes',
      'new Promise(() => {})',
      /^error: a bug in ldctl: it ended before the command did\n$/,
    ],
    [
      'throws where nothing waits',
      "(setTimeout(() => { throw new Error('too late'); }, 1), new Promise(() => {}))",
      /^error: a bug in ldctl: Error: too late\nhint: .*\n$/,
    ],
    [
      'fails before its command starts',
      "Promise.reject(new Error('no manifest'))",
      /^error: a bug in ldctl: Error: no manifest/,
    ],
  ] as const) {
    it(`that ${what} does not end as if it were done`, () => {
      const { status, stderr } = run(command);
      assert.match(String(stderr), said);
      assert.equal(status, 1);
    });
  }
});

describe('a command that may have sent something', function () {
  this.timeout(60_000);

  for (const [what, end, said] of [
    [
      'throws where nothing waits',
      "throw new Error('too late')",
      /^error: a bug in ldctl, after it/,
    ],
    [
      'waits for what never comes',
      '',
      /^error: a bug in ldctl: it ended before the command did\n$/,
    ],
    [
      'throws twice at once',
      "process.nextTick(() => { throw new Error('second') }); throw new Error('too late')",
      /^error: a bug in ldctl, after it/,
    ],
    [
      'cannot say so',
      "process.stderr.write = () => { throw new Error('no stderr') }; throw new Error('too late')",
      /^$/,
    ],
  ] as const) {
    it(`and ${what}: 7, since 1 says that nothing was sent`, () => {
      const command = `class {
        constructor(argv, config, host) { host.mayHaveSent = true; }
        run() { return new Promise(() => setTimeout(() => { ${end} }, 1)); }
      }`;
      const { status, stderr } = run(`Promise.resolve({ default: ${command} })`);
      assert.match(String(stderr), said);
      assert.equal(status, 7);
    });
  }
});

describe('an installed package', () => {
  it('reads its files, and is started again by the Node that runs it, with its options', () => {
    const program = packageProgram(ROOT);
    assert.equal((JSON.parse(program.read('package.json')) as { name: string }).name, 'ldctl');
    const { execPath, execArgv, argv } = process;
    assert.deepEqual(program.command, [execPath, ...execArgv, argv[1]]);
  });
});
